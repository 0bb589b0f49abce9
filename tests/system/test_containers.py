"""Processes of the same number, in process namespaces as containers have.

Each `unshare --pid` makes a namespace, in which what it starts is process 1.
"""

import itertools
import os
import re
import subprocess
import time

import dns.exception
import pytest
import yaml

from ask import PATIENCE, ask, values
from programs import DNSCTL, DNSD, IS_RELEASE, UNBOXED, lines, until

NET = {"put": "network", "id": "acme", "prefixes": ["fdaa:0:18::/48"]}
INSIDE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
PORTS = itertools.count(5301)


def instance(number):
    return {"put": "instance", "network": "acme", "app": "web",
            "id": f"i{number}", "region": "iad",
            "addresses": [f"fdaa:0:18::{number + 16:x}"]}


class Container:
    """A server as process 1, which answers on a port of its own."""

    def __init__(self, folder, store):
        self.port = next(PORTS)
        conf = os.path.join(folder, "dnsd.conf")
        with open(conf, "w", encoding="utf-8") as f:
            yaml.safe_dump({"store": store.path, "workers": 2,
                            "sandbox": IS_RELEASE,
                            "listen": [{"address": f"127.0.0.1:{self.port}",
                                        "network": "acme"}]}, f)
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([*INSIDE, DNSD, "-c", conf])
        self.is_killed = False

    def has(self, number):
        """Whether it answers with that instance."""
        try:
            reply = ask(f"i{number}.vm.web.internal", source="127.0.0.1",
                        server="127.0.0.1", port=self.port, timeout=0.5)
        except (dns.exception.Timeout, OSError):
            return False
        return values(reply) == [f"fdaa:0:18::{number + 16:x}"]

    def kill(self):
        self.is_killed = True
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self):
        if not self.is_killed:
            self.kill()


def status(store):
    return dict(line.split(": ", 1)
                for line in store.tell("status").splitlines())


def inside(store, *arguments, **how):
    """dnsctl as process 1."""
    # pylint: disable-next=consider-using-with
    return subprocess.Popen([*INSIDE, DNSCTL, "-s", store.path, *arguments],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True, **how)


def apply_inside(store, *facts):
    process = inside(store, "apply", "-")
    process.communicate(lines(facts))
    assert process.returncode == 0


@pytest.fixture(name="contained")
def fixture_contained(servers, started):
    """A store, and a function that starts a server of it in a namespace."""
    store = servers.store([NET, instance(0)])

    def start():
        container = Container(servers.fresh(), store)
        started.append(container)
        return container

    return store, start


def test_four(contained):
    """Servers and writers, killed ones among them, of one number and store."""
    store, start = contained
    four = [start() for _ in range(4)]
    for server in four:
        until(lambda s=server: s.has(0), "it answers")
    apply_inside(store, instance(1))
    assert all(server.has(1) for server in four)
    for server in four[:2]:
        server.kill()
    four = [start(), *four[2:], start()]
    until(lambda: four[0].has(1) and four[3].has(1), "new ones answer")
    for number in range(2, 20):
        apply_inside(store, instance(number))
        assert all(server.has(number) for server in four)
    assert store.tell("check") == "ok\n"
    # Three slots each and one of dnsctl: who was killed has none.
    assert int(status(store)["readers"].split()[0]) <= 13


def test_killed_writers(contained):
    """Whatever writer dies, what the others wrote is there."""
    store, start = contained
    server = start()
    until(lambda: server.has(0), "it answers")
    for number in range(1, 30):
        writers = [inside(store, "apply", "-") for _ in range(3)]
        for writer, at in zip(writers, range(3)):
            writer.stdin.write(lines([instance(3 * number + at)]))
            writer.stdin.flush()
        writers[0].stdin.close()
        writers[1].kill()
        writers[2].communicate()
        assert [w.wait(PATIENCE) for w in (writers[0], writers[2])] == [0, 0]
        writers[1].communicate()
        assert server.has(3 * number) and server.has(3 * number + 2)
    assert store.tell("check") == "ok\n"


def test_who_waits_is_killed(contained):
    """The kernel takes who waits for whom he waits for: both are thread 1."""
    store, _ = contained
    first = inside(store, "follow", "-", *UNBOXED)
    assert "standing" in first.stdout.readline()
    # More than it keeps back: the transaction is open.
    first.stdin.write(lines([instance(n) for n in range(1, 3000)]))
    first.stdin.flush()
    waits = inside(store, "apply", "-")
    waits.stdin.write(lines([instance(5000)]))
    waits.stdin.close()
    time.sleep(0.5)
    assert waits.poll() is None
    waits.kill()
    waits.wait(PATIENCE)
    third = inside(store, "apply", "-")
    third.stdin.write(lines([instance(5001)]))
    third.stdin.close()
    time.sleep(0.5)
    assert third.poll() is None
    first.stdin.write(lines([{"commit": "first"}]))
    first.stdin.flush()
    assert "first" in first.stdout.readline()
    assert third.wait(PATIENCE) == 0
    first.stdin.close()
    assert first.wait(PATIENCE) == 0
    assert store.tell("check") == "ok\n"
    listed = store.tell("list", "instances")
    assert "i2999" in listed and "i5001" in listed and "i5000" not in listed


def test_who_reads(contained):
    """As we see it, if we do; else as it sees itself."""
    store, _ = contained
    store.apply([instance(n) for n in range(1, 3000)])
    reader = inside(store, "export")  # waits for who takes it from its pipe
    assert reader.stdout.readline()
    assert "oldest reader" not in status(store)
    apply_inside(store, instance(5000))
    assert re.fullmatch(r"\d+ dnsctl, behind for [0-9.]+ s, keeps \d+ pages",
                        status(store)["oldest reader"])
    seen = inside(store, "status")
    assert "oldest reader: 1 in another process namespace, behind" in \
        seen.communicate()[0]
    reader.kill()
    reader.communicate()
    assert "oldest reader" not in status(store)
