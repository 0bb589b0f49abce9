"""A store that is cut, overwritten, damaged or replaced under who reads it."""

import contextlib
import ipaddress
import os
import re
import shutil
import subprocess
import threading

import pytest

from ask import ask, ede, rcode, values
from programs import sample, until

APPS = 2000
NAME = "paulgra-ham.internal"


def facts():
    """The sample, and enough besides that no page holds all of it."""
    return sample() + "".join(
        '{"put":"instance","network":"acme","app":"app%d","id":"i%d",'
        '"region":"iad","addresses":["fdaa:0:18:1::%x"]}\n'
        % (i, i, i + 1) for i in range(APPS))


def name_and_value(i):
    return f"app{i}.internal", f"fdaa:0:18:1::{i + 1:x}"


def is_right(i):
    """An answer is the right one, or none."""
    name, value = name_and_value(i % APPS)
    reply = ask(name)
    if rcode(reply) == "SERVFAIL":
        assert ede(reply) == [14]
        return False
    assert values(reply) == [value], reply
    return True


@contextlib.contextmanager
def questions():
    """Asked all the while: none is answered falsely or not at all."""
    stop, wrong = threading.Event(), []

    def run(first):
        try:
            for i in range(first, 1 << 30, 7):
                if stop.is_set():
                    return
                is_right(i)
        except Exception as e:  # pylint: disable=broad-except
            wrong.append(e)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong, wrong


@pytest.fixture(name="server")
def fixture_server(servers):
    store = servers.store(facts())
    d = servers.serve(store)
    d.data = store.path + "/data.mdb"
    d.backup = store.path + "/../backup"
    shutil.copy(d.data, d.backup)
    return d


def all_right():
    return all(is_right(i) for i in range(0, APPS, 100))


def whole_again(d):
    """Without a word from us it answers, and takes the next commit."""
    until(all_right, "it answers from the good store")
    d.store.apply('{"put":"instance","network":"acme","app":"new","id":"new",'
                  '"region":"iad","addresses":["fdaa:0:18::ff"]}\n')
    until(lambda: values(ask("new.internal")) == ["fdaa:0:18::ff"],
          "the commit is seen")
    assert d.process.poll() is None


@pytest.mark.parametrize("pages", [0, 2, 50])
def test_cut(server, pages):
    """PAGES are left."""
    with questions():
        os.truncate(server.data, pages * 4096)
        until(lambda: rcode(ask(NAME)) == "SERVFAIL", "it is noticed")
        for i in range(0, APPS, 100):
            assert not is_right(i)
        shutil.copyfile(server.backup, server.data)
        until(all_right, "it answers from the good store")
    whole_again(server)
    assert "store is damaged" in server.read_log()
    assert "can be read" in server.read_log()


def test_overwritten_in_place(server):
    """cp backup data.mdb, again and again, after commits of which it has none."""
    with questions():
        for _ in range(3):
            server.store.apply('{"delete":"instance","network":"acme",'
                               '"app":"app0","id":"i0"}\n'
                               '{"put":"instance","network":"acme",'
                               '"app":"app0","id":"i0","region":"iad",'
                               '"addresses":["fdaa:0:18:1::1"]}\n')
            shutil.copyfile(server.backup, server.data)
            until(all_right, "it answers from the copy")
    whole_again(server)


def test_tool(servers):
    store = servers.store(facts())
    for pages in -1, 50, 2, 1, 0:
        length = os.path.getsize(store.path + "/data.mdb")
        os.truncate(store.path + "/data.mdb",
                    pages * 4096 + (length if pages < 0 else 0))
        for command in "check", "list", "status", "export":
            done = store.run(command)
            assert done.returncode == 1
            assert f"store {store.path}: " in done.stderr


def test_damaged_page(servers):
    """A page that is not as LMDB wrote it is found before the first answer."""
    store = servers.store(facts())
    with open(store.path + "/data.mdb", "r+b") as f:
        f.seek(20 * 4096)
        page = f.read(4096)
        f.seek(20 * 4096 + 10)
        f.write(b"\xff" * 40)
        f.flush()
        d = servers.serve(store)
        assert rcode(ask(NAME)) == "SERVFAIL"
        assert "of data.mdb is damaged" in d.read_log()
        done = store.run("check")
        assert done.returncode == 1
        assert "store is damaged" in done.stderr
        f.seek(20 * 4096)
        f.write(page)
        f.flush()
        until(all_right, "it answers")
        # And while it is open: written by who makes no commit.
        f.seek(20 * 4096 + 10)
        f.write(b"\xff" * 40)
        f.flush()
        until(lambda: rcode(ask(NAME)) == "SERVFAIL", "it is found")


def rename_file(store, other):
    os.rename(other.path + "/data.mdb", store.path + "/data.mdb")


def rename_folder(store, other):
    os.rename(store.path, store.path + ".old")
    os.rename(other.path, store.path)


def mount_folder(store, other):
    subprocess.run(["mount", "--bind", other.path, store.path], check=True)


def remove_lock(store, _):
    os.remove(store.path + "/lock.mdb")
    until(lambda: os.path.exists(store.path + "/lock.mdb"), "it is made")
    store.apply(OTHER)


OTHER = ('{"put":"instance","network":"acme","app":"other","id":"other",'
         '"region":"iad","addresses":["fdaa:0:18::aaaa"]}\n')


@pytest.mark.parametrize("how", [rename_file, rename_folder, mount_folder,
                                 remove_lock])
def test_changed_while_it_sleeps(servers, how):
    """A server that nobody asks anything waits for the kernel's word alone."""
    store, other = servers.store(sample()), servers.store(sample() + OTHER)
    # In its sandbox no lock file is written but the one that was there.
    d = servers.serve(store, sandbox=False)
    until(d.keeper_waits, "it sleeps")
    how(store, other)
    try:
        until(lambda: values(ask("other.internal")) == ["fdaa:0:18::aaaa"],
              "it is seen")
        # And it sleeps again.
        until(d.keeper_waits, "it sleeps")
        store.apply(OTHER.replace("other", "more"))
        until(lambda: rcode(ask("more.internal")) == "NOERROR", "a commit")
    finally:
        if how is mount_folder:
            subprocess.run(["umount", "-l", store.path], check=True)


def put_format(file, by):
    """In the head, which may stand in pages of before as well."""
    head = b"\0\0\0\0m\0"
    with open(file, "r+b") as f:
        octets = f.read()
        (ours,) = set(re.findall(head + b"([\x01-\x1f])", octets))
        f.seek(0)
        f.write(octets.replace(head + ours, head + bytes([ours[0] + by])))


def test_another_format(servers):
    """What was open stays in use, and it is said once."""
    store, other = servers.store(sample()), servers.store(sample() + OTHER)
    good = other.path + "/good"
    shutil.copy(other.path + "/data.mdb", good)
    put_format(other.path + "/data.mdb", 1)
    d = servers.serve(store, sandbox=False)
    until(d.keeper_waits, "it sleeps")
    rename_file(store, other)
    until(lambda: "of another format" in d.read_log(), "it is said")
    assert rcode(ask(NAME)) == "NOERROR"
    assert rcode(ask("other.internal")) == "NXDOMAIN"
    os.rename(good, store.path + "/data.mdb")
    until(lambda: rcode(ask("other.internal")) == "NOERROR", "a good one")
    assert d.read_log().count("of another format") == 1
    assert "SERVFAIL" not in d.read_log()


def test_damaged_values(servers):
    """The last fact, and all that is made of it, alike: no key leaves its place."""
    store = servers.store(facts())
    copy = store.path + "/../copy"
    store.tell("backup", copy)
    with open(store.path + "/data.mdb", "r+b") as f:
        good = f.read()
        was, new = (ipaddress.ip_address("fdaa:0:18:1::" + end).packed
                    for end in ("7d0", "7d1"))
        assert good.count(was) >= 2
        bad = good.replace(was, new)
        f.seek(0)
        f.write(bad)
        f.flush()
        d = servers.serve(store)
        assert rcode(ask("app1999.internal")) == "SERVFAIL"
        assert ": data.mdb is damaged; put a backup" in d.read_log()
        done = store.run("check")
        assert done.returncode == 1
        assert "store is damaged" in done.stderr
        f.seek(0)
        f.write(good)
        f.flush()
        until(all_right, "it answers")
        assert store.tell("check") == "ok\n"
        # And while it is open: written by who makes no commit.
        f.seek(0)
        f.write(bad)
        f.flush()
        until(lambda: rcode(ask(NAME)) == "SERVFAIL", "it is found")
    store.tell("restore", copy)
    until(all_right, "it answers from the copy")
    assert d.read_log().count("data.mdb is damaged") == 2


def test_backup_and_restore(server, servers):
    """While it serves, and while another server has the lock file open."""
    other = [{"address": "[fdaa::3]:5353"}]
    servers.serve(server.store, ready=False, listen=other)
    copy = server.store.path + "/../copy"
    server.store.tell("backup", copy)
    with questions():
        for turn in range(2):
            server.store.apply('{"put":"app","network":"acme","name":"x"}\n')
            until(lambda: rcode(ask("x.internal")) == "NOERROR", "it is seen")
            server.store.tell("restore", copy)
            for port in 53, 5353:
                until(lambda port=port: rcode(
                    ask("x.internal", port=port)) == "NXDOMAIN", turn)
            assert server.store.tell("check") == "ok\n"
    whole_again(server)
    # Onto another machine; and what is no store replaces none.
    new = servers.store()
    new.tell("restore", copy)
    assert "app1999" in new.tell("list", "apps")
    with open(copy, "r+b") as f:
        f.truncate(30 * 4096)
    done = new.run("restore", copy)
    assert done.returncode == 1
    assert "store is damaged" in done.stderr
    assert new.tell("check") == "ok\n"
    assert sorted(os.listdir(new.path)) == ["data.mdb", "lock.mdb"]


@pytest.mark.parametrize("by", [-1, 1])
def test_a_store_of_another_format(servers, by):
    """As after another version was installed: each command says what it is,
    and a backup of our format takes its place."""
    store = servers.store(sample())
    copy = store.path + "/../copy"
    store.tell("backup", copy)
    put_format(store.path + "/data.mdb", by)
    old = shutil.copy(store.path + "/data.mdb", copy + ".old")

    def is_said(*command):
        done = store.run(*command, stdin=OTHER)
        assert done.returncode == 1
        assert "store has another format than this program" in done.stderr

    for command in ["check"], ["apply", "-"], ["backup", copy + ".more"]:
        is_said(*command)
    store.tell("restore", copy)
    assert store.tell("check") == "ok\n"
    is_said("restore", old)
    assert store.tell("check") == "ok\n"
