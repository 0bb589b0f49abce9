"""What `make run` and the README show works as it is printed."""

import os
import re
import subprocess

import pytest

from ask import PATIENCE
from programs import BUILD, DNSCTL
from upstreams import Upstream, address_of

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
SERVE = os.path.join("tests", "sample", "serve.sh")

# The two that are closest take turns.
EITHER = {"fdaa:0:18:a7b:181:5918:5664:2", "fdaa:0:18:a7b:128:3d8d:9250:2"}


def shell(command):
    done = subprocess.run(command, shell=True, cwd=ROOT, text=True,
                          capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture(name="serve")
def fixture_serve(tmp_path, started):
    """Serves the sample on a machine whose resolv.conf is given, as
    `make run` does: the store's folder, and the lines that it printed."""
    running = []

    def start(resolv):
        conf = tmp_path / "resolv.conf"
        conf.write_text(resolv)
        # pylint: disable-next=consider-using-with
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c",
             'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(conf),
             SERVE, BUILD, str(tmp_path / "run")],
            # A sanitizer cannot look for leaks within the sandbox.
            env={**os.environ,
                 "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"},
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        running.append(process)
        printed = []
        for line in process.stdout:
            printed.append(line)
            if "workers" in line:
                return str(tmp_path / "run"), printed
        raise AssertionError("".join(printed))

    started.append(Upstream("192.0.2.1", lambda q, _: [address_of(q)]))
    yield start
    for process in running:
        process.terminate()
        process.communicate()
        assert process.returncode == 0


def digs(printed):
    return [line.strip() for line in printed if line.startswith("  dig ")]


def test_printed_lines_work(serve):
    _, printed = serve("search example\nnameserver 192.0.2.1\n"
                       "nameserver fe80::1%eth0\n")
    lines = digs(printed)
    answers = {line.split("+short ")[1]: shell(line) for line in lines}
    assert len(answers) == 10
    assert all(answers.values()), answers
    assert answers["paulgra-ham.internal AAAA"] == \
        ["fdaa:0:18:a7b:7d:f066:b83b:2"]
    assert set(answers["top2.nearest.of.random-potato-45.internal AAAA"]) == \
        EITHER
    assert answers["debian.org A"] == ["198.51.100.7"]


def test_without_a_resolver(serve):
    _, printed = serve("# nothing here\n")
    assert len(digs(printed)) == 9
    assert any("no resolver" in line for line in printed)
    assert all(shell(line) for line in digs(printed))


def consoles():
    """Commands of the README's console blocks and what each shows; those that
    begin with root's are test_wireguard_device.py's."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        blocks = re.findall(r"```console\n(.*?)```", f.read(), re.S)
    for block in blocks:
        if block.startswith("# "):
            continue
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *shown = part.splitlines()
            while command.endswith("|"):
                command += " " + shown.pop(0).strip()
            yield command, shown


def test_readme(serve):
    """Each command, in their order, prints what stands below it."""
    directory, _ = serve("nameserver 192.0.2.1\n")
    count = 0
    for command, shown in consoles():
        command = command.replace("build/dnsctl", DNSCTL) \
            .replace("build/run", directory)
        found = shell(command)
        count += command.startswith("dig")
        if "top1.nearest" in command:
            assert set(found + shown) <= EITHER and len(found) == len(shown)
        elif shown and "TXT" in command:
            assert [sorted(re.split('[",]', line)) for line in found] == \
                [sorted(re.split('[",]', line)) for line in shown]
        elif shown:
            assert sorted(found) == sorted(shown), command
    assert count >= 10
