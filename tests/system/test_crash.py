"""Writers that are killed, machines that stop, disks that are full.

How each is tried, and what is promised, is in tests/crash/crash.py; these are
its rows, `make crash` tries them with any facts.
"""

import contextlib
import os
import random
import subprocess
import sys

import pytest

from programs import until

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "crash"))
# pylint: disable-next=wrong-import-position
import crash as c  # noqa: E402

SMALL = [c.NETWORK, c.instance(1)]
LARGE = [c.NETWORK, *(c.instance(n) for n in range(300))]
GONE = [c.gone(n) for n in range(300)]


def steps(*lines):
    return [c.transaction(step, str(n)) for n, step in enumerate(lines)]


# What is written, and how much of it before something happens.
ROWS = {
    "a store is made": (steps(SMALL, [c.instance(2)]), 0),
    "a fact more": (steps(SMALL, [c.instance(2)]), 1),
    "a fact less": (steps(SMALL, [c.gone(1)]), 1),
    "many facts": (steps(SMALL, LARGE, [c.gone(7)]), 1),
    "all go": (steps(LARGE, GONE, [c.instance(1)]), 1),
    "a network goes": (steps(LARGE, [{"delete": "network", "id": "acme"}]), 1),
    "long values": (steps(SMALL, [c.instance(n, "x" * 200)
                                  for n in range(40)]), 1),
    # Its last pages are taken and given back, not written: the file is
    # lengthened behind it.
    "come and gone": (steps(
        LARGE, GONE, LARGE, GONE, LARGE,
        [{**c.instance(302), "metadata": {f"k{n}": "x" * 1000
                                          for n in range(64)}},
         *({"delete": "app", "network": "acme", "name": f"app{n}"}
           for n in range(7))]), 5),
    "space is given back": ([*steps(LARGE, [c.gone(n) for n in range(299)]),
                             c.COMPACT], 2),
}


@pytest.fixture(name="crash", scope="module")
def fixture_crash():
    with contextlib.closing(c.Crash()) as crash:
        yield crash


@pytest.mark.parametrize("row", ["a store is made", "a fact more",
                                 "many facts", "all go"])
def test_killed(crash, row):
    """At every call of the kernel, one after the other."""
    c.kill_everywhere(crash, *ROWS[row])
    assert crash.count["killed"] > 10


def test_killed_before_it_lengthens_the_file(crash):
    whole, first = ROWS["come and gone"]
    points = []

    def is_length(point):
        points.append(point)
        return point[0] == "ftruncate"
    c.kill_everywhere(crash, whole, first, is_length)
    assert any(name == "ftruncate" for name, _ in points), points


def text(log):
    if not os.path.exists(log):
        return ""
    with open(log, encoding="utf-8") as f:
        return f.read()


def test_held_up_before_it_lengthens_the_file(crash):
    """Readers that come meanwhile take it for good, whoever looks how."""
    whole, first = ROWS["come and gone"]
    store = crash.filled(whole[:first])
    log = store + ".log"
    states = crash.states(whole)
    crash.world.ask("open", store)
    # pylint: disable-next=consider-using-with
    writer = subprocess.Popen(
        ["strace", "-f", "-o", log, "-e", "trace=ftruncate",
         "-e", "inject=ftruncate:delay_enter=60000000",
         c.DNSCTL, "-s", store, "follow", "-"], stdin=subprocess.PIPE)
    try:
        writer.stdin.write(whole[first].encode())
        writer.stdin.close()
        until(lambda: "ftruncate(" in text(log), "it is held up")
        assert crash.world.ask("look") == states[-1]
        assert crash.world.ask("check", store) == states[-1]
        # It has committed: who reads needs no more of it.
        assert c.run("-s", store, "check").stdout == "ok\n"
    finally:
        writer.kill()
        writer.wait()


def test_killed_compacting(crash):
    """At those that change files; each costs the next writer a second."""
    c.kill_everywhere(crash, *ROWS["space is given back"],
                      lambda point: point[0] in ("write", "pwrite64", "fsync",
                                                 "link", "rename", "unlink"))


@pytest.mark.parametrize("whole,first", ROWS.values(), ids=ROWS.keys())
def test_stopped(crash, whole, first):
    """The machine, and of what was not synced some is on the disk."""
    c.stop_everywhere(crash, random.Random(1), whole, first,
                      (0, 1, 0.1, 0.5, 0.9))
    assert crash.count["stopped"] > 10


@pytest.mark.parametrize("whole,first", ROWS.values(), ids=ROWS.keys())
def test_full(crash, whole, first):
    """At every so many octets, with those around them."""
    c.fill_everywhere(crash, whole, first, lambda most: sorted({
        *range(0, most, most // 12 + 1), 1, most - 1, most}))
    assert crash.count["full"] > 10


@pytest.mark.parametrize("pages", [0, 1, 2, 4, 8])
@pytest.mark.parametrize("row", ["a fact more", "many facts"])
def test_full_disk(crash, tmp_path, row, pages):
    """A real one, with so many pages left."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none",
                    str(tmp_path)], check=True)
    c.fill_disk(crash, *ROWS[row], str(tmp_path), pages)


def test_full_but_for_root(crash, tmp_path):
    """ext4 has blocks that are free, and not for us: root keeps them."""
    image, folder = tmp_path / "image", tmp_path / "mount"
    image.write_bytes(bytes(6 << 20))
    folder.mkdir()
    for command in (["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "25", image],
                    ["tune2fs", "-u", "65534", image],
                    ["mount", "-o", "loop", image, folder]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    try:
        store = crash.filled(steps(SMALL), folder)
        done = c.write(
            store, steps([c.instance(n, "x" * 200) for n in range(6000)]),
            prefix=["setpriv", "--bounding-set=-sys_resource"])
        assert done.returncode == 1
        assert "no space left" in done.stderr
        assert os.statvfs(folder).f_bfree > 1000
        assert c.run("-s", store, "check").stdout == "ok\n"
    finally:
        subprocess.run(["umount", folder], check=True)
