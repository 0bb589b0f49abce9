"""What the server gives away before the first packet is read."""

import ctypes
import errno
import os
import pwd
import shutil
import stat
import struct
import subprocess

import pytest

import upstreams
from ask import ACME, PATIENCE, ask, ede, rcode, values
from programs import (DNSCTL, EVERYWHERE, IS_RELEASE, NOT_UPSTREAMS, UNBOXED,
                      sample, until)

NAME = "paulgra-ham.internal"
# Where we are root in a user namespace of our own, there is nobody else.
with open("/proc/self/uid_map", encoding="ascii") as uid_map:
    USER = "nobody" if "4294967295" in uid_map.read() else "root"


def status_of(task):
    with open(f"/proc/{task}/status", encoding="ascii") as f:
        return {key: value.split() for key, value in
                (line.rstrip().split(":", 1) for line in f)}


def tasks(d):
    return [f"{d.process.pid}/task/{task}"
            for task in os.listdir(f"/proc/{d.process.pid}/task")]


@pytest.fixture(name="lesser")
def fixture_lesser(servers):
    """Started by root for somebody who may write but the lock file."""
    store = servers.store(sample())
    run = servers.fresh()
    shutil.chown(run, USER)
    for folder in run.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    os.chmod(store.path, 0o755)
    os.chmod(store.path + "/data.mdb", 0o644)
    os.chmod(store.path + "/lock.mdb", 0o666)
    d = servers.serve(store, user=USER, control=str(run / "control"))
    os.chmod(d.conf, 0o644)
    return d


def test_user_and_rights(lesser):
    """Nothing of root's is left but the right to ports below 1024."""
    assert values(ask(NAME)) == [ACME]
    for task in tasks(lesser):
        status = status_of(task)
        assert status["Uid"] == [str(pwd.getpwnam(USER).pw_uid)] * 4
        assert status["CapPrm"] == status["CapEff"] == ["0000000000000400"]
        if IS_RELEASE:
            assert status["NoNewPrivs"] == ["1"]
            assert status["Seccomp"] == ["2"]


def test_reload_with_another_port(lesser):
    """Also below 1024, by who is not root any more."""
    lesser.configure(dict(lesser.config, workers=3, listen=EVERYWHERE + [
        {"address": "127.0.0.1:54", "network": "acme"}]))
    lesser.hup()
    until(lambda: "reloaded" in lesser.read_log(), "it is reread")
    assert "not reloaded" not in lesser.read_log()
    assert values(ask(NAME, source="127.0.0.1", server="127.0.0.1",
                      port=54)) == [ACME]


def test_commit_is_seen(lesser):
    lesser.store.apply([{"put": "app", "network": "acme", "name": "new"}])
    until(lambda: ask("new.internal").rcode() == 0, "the app is there")


def test_no_such_user(servers):
    d = servers.serve(servers.store(sample()), ready=False, user="nosuchuser")
    assert d.process.wait(PATIENCE) == 1
    servers.running.remove(d)
    assert "cannot become the user nosuchuser" in d.read_log()


def test_root_is_told(servers):
    d = servers.serve(servers.store(sample()))
    assert "the server is root" in d.read_log()
    for task in tasks(d):
        if IS_RELEASE:
            assert status_of(task)["CapEff"] == ["0000000000000400"]


LANDLOCK = 444  # the call that begins it, on every kind of processor


def without_landlock():
    """For this process and those that it becomes, as in an older kernel."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = b"".join(struct.pack("=HBBI", *one) for one in (
        (0x20, 0, 0, 0),            # the number of the call
        (0x15, 0, 1, LANDLOCK),     # is it this one?
        (0x06, 0, 0, 0x50000 | errno.ENOSYS),
        (0x06, 0, 0, 0x7fff0000)))  # let through
    code = ctypes.create_string_buffer(program)
    head = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, head, 0, 0) == 0  # PR_SET_SECCOMP, a filter


def test_kernel_without_landlock(servers):
    """It is said once, and the server goes on with the rest."""
    if not IS_RELEASE:
        return
    d = servers.serve(servers.store(sample()),
                      started={"preexec_fn": without_landlock})
    assert values(ask(NAME)) == [ACME]
    d.hup()
    until(lambda: "reloaded" in d.read_log(), "it is reread")
    assert d.read_log().count("the kernel lets no landlock restrict us") == 1
    for task in tasks(d):
        assert status_of(task)["Seccomp"] == ["2"]


def test_another_store_is_out_of_reach(servers):
    """It is said, and the one that is there goes on."""
    if not IS_RELEASE:
        return
    d = servers.serve(servers.store(sample()))
    d.configure(dict(d.config, store=servers.store(sample()).path))
    d.hup()
    until(lambda: "not reloaded" in d.read_log(), "it is refused")
    assert "out of reach until a restart" in d.read_log()
    assert values(ask(NAME)) == [ACME]


def test_lock_file_that_is_made_anew_is_out_of_reach(servers, started):
    """It says what to do, and goes on with other people's names."""
    if not IS_RELEASE:
        return
    up = upstreams.Upstream("192.0.2.1",
                            lambda q, _: [upstreams.address_of(q)])
    started.append(up)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      forward={"upstreams": ["udp://192.0.2.1"],
                               "allow": ["127.0.0.0/8"]})
    assert values(ask(NAME)) == [ACME]
    os.remove(d.store.path + "/lock.mdb")
    d.store.apply([{"put": "app", "network": "acme", "name": "new"}])
    until(lambda: ede(ask(NAME)) == [14], "it is out of reach")
    assert rcode(ask(NAME)) == "SERVFAIL"
    assert "a lock.mdb that was made anew is out of the sandbox's reach " \
        "until a restart" in d.read_log()
    assert values(ask("a.example", "A", source="127.0.0.1",
                      server="127.0.0.1")) == ["198.51.100.7"]
    d.stop()
    servers.serve(d.store, listen=NOT_UPSTREAMS)
    assert values(ask(NAME)) == [ACME]
    assert rcode(ask("new.internal")) == "NOERROR"


def test_follower_gives_away_the_same(servers):
    """A source is a stranger, too; it writes its store all the same."""
    store = servers.store(sample())
    for path in os.listdir(store.path):
        shutil.chown(os.path.join(store.path, path), USER)
    shutil.chown(store.path, USER)
    for folder in servers.directory.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    for folder in servers.directory, *servers.directory.iterdir():
        folder.chmod(0o755)
    with subprocess.Popen([DNSCTL, "-s", store.path, "follow", "-",
                           "--run-as", USER, *UNBOXED], text=True,
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as follower:
        assert "standing" in follower.stdout.readline()
        status = status_of(follower.pid)
        follower.stdin.write('{"put":"app","network":"acme","name":"new"}\n'
                             '{"commit":"1"}\n')
        follower.stdin.flush()
        assert "committed" in follower.stdout.readline()
        follower.stdin.close()
        assert follower.wait(PATIENCE) == 0
    assert status["Uid"] == [str(pwd.getpwnam(USER).pw_uid)] * 4
    assert status["CapEff"] == ["0000000000000400"]
    if IS_RELEASE:
        assert status["Seccomp"] == ["2"]
