"""Who reads the store: slots, who holds them, and what that costs."""

import subprocess
import sys

from programs import DNSCTL, IS_RELEASE, UNBOXED, lines, until

# Another program's reader, with a table of two slots and both of them taken.
TABLE = """
import ctypes, sys, time
lmdb = ctypes.CDLL("liblmdb.so.0")
env, txn = ctypes.c_void_p(), ctypes.c_void_p()
assert lmdb.mdb_env_create(ctypes.byref(env)) == 0
assert lmdb.mdb_env_set_maxreaders(env, 2) == 0
assert lmdb.mdb_env_open(env, sys.argv[1].encode(), 0x200000, 0o664) == 0
for _ in range(2):
    assert lmdb.mdb_txn_begin(env, None, 0x20000, ctypes.byref(txn)) == 0
print("ready", flush=True)
sys.stdin.read()
"""
NET = '{"put":"network","id":"n","prefixes":["fdaa:0:18::/48"]}\n'


def holder(store):
    # pylint: disable-next=consider-using-with
    held = subprocess.Popen([sys.executable, "-c", TABLE, store.path],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert held.stdout.readline() == b"ready\n"
    return held


def test_no_slot_is_left(servers):
    """A reader is told who has them all; a writer needs none."""
    store = servers.store(NET)
    (servers.directory / "server1/store/lock.mdb").unlink()
    held = holder(store)
    done = store.run("export")
    assert done.returncode == 1
    assert f"{held.pid} python3 (2)" in done.stderr, done.stderr
    store.apply(NET.replace('"n"', '"m"').replace("18", "19"))
    server = servers.serve(store, ready=False, control="control")
    until(lambda: "too many readers" in server.read_log(), "dnsd says so")
    held.communicate()
    assert '"m"' in store.tell("export")
    server.wait_ready()


def test_memory_is_given_back(servers):
    """What a follower took for a large transaction."""
    store = servers.store(NET)
    facts = [{"put": "instance", "network": "n", "app": f"a{n % 100}",
              "id": f"i{n}", "region": "iad",
              "addresses": [f"fdaa:0:18::{n:x}"], "metadata": {"k": "v" * 99}}
             for n in range(16, 40000)]
    # pylint: disable-next=consider-using-with
    feed = subprocess.Popen([DNSCTL, "-s", store.path, "follow", "-",
                             *UNBOXED],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    feed.stdout.readline()
    feed.stdin.write(lines([*facts, {"commit": "1"}]))
    feed.stdin.flush()
    assert "1" in feed.stdout.readline()
    with open(f"/proc/{feed.pid}/smaps_rollup", encoding="ascii") as f:
        anonymous = next(line for line in f if line.startswith("Anonymous"))
    feed.communicate()
    # A sanitizer keeps what was freed.
    assert not IS_RELEASE or int(anonymous.split()[1]) < 16384
