"""How many instructions a query costs, against bounds in instructions.txt.

    BUILD=build python3 tests/bench/instructions.py [--walks]

The query path answers a fixed list of questions on a small fixed store
under callgrind, which counts the same on every machine that the same
compiler made the program for, once the C library may not choose its
memcpy() by the processor.  Nothing here depends on time.  So does each form
of name, among few facts and many (walks.py); --walks: that alone.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import data
import walks

BUILD = Path(os.environ["BUILD"])
BOUNDS = Path(__file__).with_name("instructions.txt")
QUESTIONS = 2_000
# What every x86-64 has: glibc's manual, "Hardware Capability Tunables".
PLAIN = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join("-" + ability
         for ability in ("AVX", "AVX2", "AVX512F", "AVX512BW", "AVX512VL",
                         "AVX_Fast_Unaligned_Load", "BMI1", "BMI2", "ERMS",
                         "Fast_Unaligned_Copy", "Fast_Unaligned_Load", "FSRM", "LZCNT", "MOVBE",
                         "RTM", "SSE4_1", "SSE4_2", "SSSE3"))}


def bounds():
    """Of each row, how many at most: one number, or one a size."""
    lines = (line.split("#")[0].split() for line in open(BOUNDS))
    return {row: [int(most) for most in numbers]
            for row, numbers in ((" ".join(w for w in line if not w.isdigit()),
                                  [w for w in line if w.isdigit()])
                                 for line in lines if line)}


def count(folder, network, questions):
    """Instructions for all questions of each file."""
    out = folder / "callgrind.out"
    run = subprocess.run(
        ["valgrind", "-q", "--tool=callgrind", "--collect-atstart=no",
         f"--callgrind-out-file={out}", BUILD / "trace", folder / "store",
         network, questions[0], "1", *questions[1:]],
        capture_output=True, text=True, env=os.environ | PLAIN)
    if run.returncode != 0:
        sys.exit(run.stderr)
    dumps = [f"{out}.{n}" for n in range(1, len(questions))] + [out]
    return [int(re.search(r"^totals: (\d+)", Path(dump).read_text(), re.M)[1])
            for dump in dumps]


def apply(folder, *options):
    subprocess.run([BUILD / "dnsctl", "-s", folder / "store", "apply",
                    *options, folder / "feed"], check=True)


def count_mixes(folder):
    """Of each row: how many instructions a query."""
    mixes = {"mix": (data.MIX, 0), "mix_of_askers": (data.MIX, 1_000)}
    mixes |= {ask.__name__: (((1, ask),), 0) for _, ask in data.MIX}
    fleet = data.fleet_main(apps=2_000, empty=100, instances=6_200)
    data.write_feed(fleet, folder / "feed")
    apply(folder)
    questions = folder / "questions"
    for mix, (asks, askers) in mixes.items():
        data.write_questions(fleet, questions, QUESTIONS, mix=asks, sources=askers)
        counted = count(folder, "-" if askers else data.NETWORK, [questions])
        yield mix, [counted[0] / QUESTIONS]


def count_walks(folder, write_feed=walks.write_feed, of=walks.rows):
    write_feed(folder / "feed")
    apply(folder, "--no-sync")
    counted = count(folder, "-", walks.write_questions(folder, of))
    rows = list(of(walks.SIZES[0]))
    for n, row in enumerate(rows):
        yield row, [all_ / walks.QUESTIONS for all_ in counted[n::len(rows)]]


def count_sets(folder):
    return count_walks(folder, walks.write_sets, walks.set_rows)


def main():
    stages = [count_walks, count_sets]
    if "--walks" not in sys.argv:
        stages.insert(0, count_mixes)
    most, passed, failed = bounds(), 0, 0
    for stage in stages:
        with tempfile.TemporaryDirectory() as name:
            for row, is_ in stage(Path(name)):
                good = all(n <= bound for n, bound in zip(is_, most[row], strict=True))
                passed, failed = passed + good, failed + (not good)
                print(f"{'ok' if good else 'not ok'} {row}: "
                      f"{' '.join(f'{n:.0f}' for n in is_)} instructions a query, "
                      f"at most {' '.join(map(str, most[row]))}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
