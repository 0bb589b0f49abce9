"""How many instructions a query costs, against bounds in instructions.txt.

    BUILD=build python3 tests/bench/instructions.py

The query path answers a fixed list of questions on a small fixed store
under callgrind, which counts the same on every machine that the same
compiler made the program for, once the C library may not choose its
memcpy() by the processor.  Nothing here depends on time.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import data

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
    lines = (line.split("#")[0].split() for line in open(BOUNDS))
    return {line[0]: int(line[1]) for line in lines if line}


def count(folder, fleet, mix, askers):
    questions, out = folder / "questions", folder / "callgrind.out"
    data.write_questions(fleet, questions, QUESTIONS, mix=mix, sources=askers)
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no",
         f"--callgrind-out-file={out}", BUILD / "trace", folder / "store",
         "-" if askers else data.NETWORK, questions],
        capture_output=True, text=True, env=os.environ | PLAIN)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return int(re.search(r"Collected : (\d+)", run.stderr)[1]) / QUESTIONS


def main():
    mixes = {"mix": (data.MIX, 0), "mix_of_askers": (data.MIX, 1_000)}
    mixes |= {ask.__name__: (((1, ask),), 0) for _, ask in data.MIX}
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = data.fleet_main(apps=2_000, empty=100, instances=6_200)
        data.write_feed(fleet, folder / "feed")
        subprocess.run([BUILD / "dnsctl", "-s", folder / "store", "apply",
                        folder / "feed"], check=True)
        most = bounds()
        for mix, (asks, askers) in mixes.items():
            is_ = count(folder, fleet, asks, askers)
            good = is_ <= most[mix]
            failed += not good
            print(f"{'ok' if good else 'not ok'} {mix}: {is_:.0f} "
                  f"instructions a query, at most {most[mix]}")
    print(f"{len(mixes) - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
