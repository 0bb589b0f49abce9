"""dnsctl follow --relay, and stores that follow relays."""

import contextlib
import os
import random
import re
import resource
import signal
import socket
import subprocess
import threading

import pytest

from etcd import Cluster, Node, delete, put, same
from programs import DNSCTL, UNBOXED, lines, until
from test_etcd import certificates

NETWORKS = [{"put": "network", "id": name,
             "prefixes": [f"fdaa:0:{i:x}::/48"]}
            for i, name in enumerate("abcd", 1)]
REGION = {"put": "region", "id": "iad", "latitude": 38.95,
          "longitude": -77.46}
BASE = [REGION, *NETWORKS]
COMMITS = 60


def instance(network, number, **fields):
    return {"put": "instance", "network": network, "app": "web",
            "id": f"i{number}", "region": "iad",
            "addresses": [f"fdaa:0:{'abcd'.index(network) + 1:x}::"
                          f"{number + 1:x}"], **fields}


def address(number):
    return f"127.0.0.1:{9400 + number}"


class Source(Node):
    """`dnsctl follow - --relay`: what it is told it passes on."""

    def __init__(self, store, directory, number, *options):
        self.stdin = None
        self.at = address(number)
        super().__init__(store, directory, "-", "--relay", self.at, *options)

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                self.command, text=True, stdin=subprocess.PIPE, stdout=log,
                stderr=log, restore_signals=False)  # no file: no end

    def tell(self, facts, cursor):
        self.process.stdin.write(lines([*facts, {"commit": cursor}]))
        self.process.stdin.flush()
        self.wait(cursor)


@pytest.fixture(name="source")
def fixture_source(servers, started):
    source = Source(servers.store(), servers.fresh(), 0)
    started.append(source)
    source.tell(BASE, "base")
    return source


@pytest.fixture(name="follow")
def fixture_follow(servers, started):
    """Makes a store that follows the relays of NUMBERS."""
    def make(numbers, *options):
        url = "relay://" + ",".join(map(address, numbers))
        node = Node(servers.store(), servers.fresh(), url, *options)
        started.append(node)
        return node
    return make


def changes(chance, cursor):
    """Some facts that come, change and go."""
    for _ in range(chance.randrange(1, 8)):
        number = chance.randrange(20)
        fact = instance(chance.choice("abcd"), number, group=f"g{cursor}")
        what = chance.random()
        if what < 0.7:
            yield fact
        elif what < 0.9:
            yield {"delete": "instance", **{key: fact[key] for key in
                                            ("network", "app", "id")}}
        else:
            yield {"delete": "app", "network": fact["network"],
                   "name": "web"}


def test_changes_pass_through_two_relays(source, follow):
    middle = follow([0], "--relay", address(1))
    leaf = follow([1])
    chance = random.Random(7)
    for i in range(COMMITS):
        source.tell(list(changes(chance, i)), f"c{i}")
        if i % 20 == 0:
            leaf.wait(f"c{i}")
            assert same(leaf.facts(), source.facts())
    leaf.wait(f"c{COMMITS - 1}")
    assert same(leaf.facts(), source.facts())
    assert same(middle.facts(), source.facts())
    assert source.store.tell("status").count("cursor: c59") == 1


def test_goes_on_where_it_stood(source, follow):
    leaf = follow([0])
    leaf.wait("base")
    leaf.stop(signal.SIGKILL)
    source.tell([instance("a", 1)], "away")
    leaf.start()
    leaf.wait("away")
    assert "following from base" in leaf.told()
    assert same(leaf.facts(), source.facts())


def test_relay_that_forgot_sends_a_snapshot(source, follow):
    """Its memory is of this run; who missed nothing needs none."""
    leaf = follow([0], "--allow-delete")
    leaf.wait("base")
    leaf.stop()
    source.process.stdin.close()
    assert source.process.wait() == 0
    source.start()
    leaf.start()
    source.tell([instance("b", 1)], "next")
    leaf.wait("next")
    leaf.stop()
    source.tell([{"delete": "network", "id": "c"}], "gone")
    source.process.stdin.close()
    assert source.process.wait() == 0
    source.start()
    leaf.start()
    leaf.wait("gone")
    assert same(leaf.facts(), source.facts())


def test_another_relay_takes_over(source, follow):
    first = follow([0], "--relay", address(1))
    second = follow([0], "--relay", address(2))
    leaf = follow([1, 2])
    for i, relay in enumerate((first, second, first)):
        relay.stop(signal.SIGKILL)
        source.tell([instance("a", i)], f"without{i}")
        leaf.wait(f"without{i}")
        relay.start()
        relay.wait(f"without{i}")
    assert same(leaf.facts(), source.facts())


def test_only_its_networks(source, follow):
    source.tell([instance(n, 1) for n in "abcd"], "all")
    leaf = follow([0], "--network", "a,c")
    leaf.wait("all")
    want = [REGION, NETWORKS[0], NETWORKS[2], instance("a", 1),
            instance("c", 1)]
    assert same(leaf.facts(), want)
    source.tell([instance("b", 2), instance("c", 2)], "more")
    leaf.wait("more")
    assert same(leaf.facts(), [*want, instance("c", 2)])
    leaf.stop()
    leaf.command[leaf.command.index("a,c")] = "b"
    leaf.command.append("--allow-delete")
    leaf.start()
    until(lambda: same(leaf.facts(), [
        REGION, NETWORKS[1], instance("b", 1), instance("b", 2)]),
          "another network's facts")


def test_app_of_etcd_goes_without_its_instances(servers, started, follow,
                                                tmp_path):
    cluster = Cluster(tmp_path, 1)
    started.append(cluster)
    app = {"put": "app", "network": "a", "name": "web", "domain": "shop"}
    cluster.tell([*BASE, app, instance("a", 1)])
    node = Node(servers.store(), servers.fresh(), cluster.url, "--relay",
                address(0))
    started.append(node)
    leaf = follow([0])
    leaf.wait(cluster.cursor)
    assert same(leaf.facts(), [*BASE, app, instance("a", 1)])
    cluster.commit(delete(app))
    leaf.wait(cluster.cursor)
    assert same(leaf.facts(), [*BASE, instance("a", 1)])
    cluster.commit(delete(instance("a", 1)), put(instance("a", 2)))
    leaf.wait(cluster.cursor)
    assert same(leaf.facts(), [*BASE, instance("a", 2)])


def test_only_who_has_a_certificate(servers, started, follow, tmp_path):
    certificates(tmp_path)
    for name in "server", "client":
        assert (tmp_path / f"{name}.pem").exists()
    tls = {who: ["--cacert", str(tmp_path / "ca.pem"),
                 "--cert", str(tmp_path / f"{who}.pem"),
                 "--key", str(tmp_path / f"{who}.key")]
           for who in ("server", "client")}
    source = Source(servers.store(), servers.fresh(), 0, *tls["server"])
    started.append(source)
    source.tell(BASE, "base")
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    certificates(stranger)
    foreign = ["--cacert", str(tmp_path / "ca.pem"),
               "--cert", str(stranger / "client.pem"),
               "--key", str(stranger / "client.key")]
    for options in [], foreign:
        node = follow([0], *options)
        until(lambda node=node: "the store stays as it is" in node.told(),
              "a warning")
        assert node.store.run("list").returncode == 1
    leaf = follow([0], *tls["client"])
    leaf.wait("base")
    assert same(leaf.facts(), BASE)


def test_snapshot_that_cannot_be_made_is_asked_for_again(source, follow):
    """Each time after a pause of who asks; the relay itself does not try."""
    resource.prlimit(source.process.pid, resource.RLIMIT_FSIZE, (0, -1))
    leaf = follow([0])

    def asked():
        return leaf.told().count("following from a snapshot")
    until(lambda: asked() > 3, "more attempts")
    assert source.told().count("a file for a snapshot: ") <= asked()
    resource.prlimit(source.process.pid, resource.RLIMIT_FSIZE, (-1, -1))
    leaf.wait("base")
    assert same(leaf.facts(), BASE)


def test_relay_without_anything_is_waited_for(servers, started, follow):
    empty = Source(servers.store(), servers.fresh(), 0)
    started.append(empty)
    leaf = follow([0])
    until(lambda: "following from a snapshot" in leaf.told(), "a leaf")
    empty.tell(BASE, "base")
    leaf.wait("base")
    assert same(leaf.facts(), BASE)


def test_two_claims_have_one_owner_behind_a_relay(servers, started, follow,
                                                  tmp_path):
    """The newer one by etcd's word, for who watched, was away, came later."""
    cluster = Cluster(tmp_path, 1)
    started.append(cluster)
    alone = [instance("a", i) for i in range(10, 50)]
    twice = [instance("a", i, addresses=alone[-1]["addresses"])
             for i in range(3)]
    cluster.commit(*map(put, [*BASE, *alone]))
    node = Node(servers.store(), servers.fresh(), cluster.url, "--relay",
                address(0))
    started.append(node)
    watched, away = follow([0]), follow([0])
    nodes = [node, watched, away]

    def owner(node):
        found = re.search("the newest, (.*), owns", node.store.tell("check"))
        return found and found.group(1)

    def all_say(name):
        for each in nodes:
            each.wait(cluster.cursor)
        assert {owner(each) for each in nodes} == {name}
    for each in nodes:
        each.wait(cluster.cursor)
    cluster.commit(*map(put, twice[1::-1]))
    all_say("instance web/i0")  # of one revision: the first by name
    away.stop()
    cluster.commit(put(twice[1]))  # the same again: it is newer now
    node.wait(cluster.cursor)
    node.stop()
    node.start()  # and knows no more what it sent
    away.start()
    nodes.append(follow([0]))
    all_say("instance web/i1")
    cluster.commit(put(twice[0]))
    nodes.append(follow([0]))
    all_say("instance web/i0")
    cluster.commit(put(twice[2]), put(twice[1]))
    nodes.append(follow([0]))
    all_say("instance web/i1")


@pytest.mark.parametrize("arguments,words", [
    (["relay://"], ["must be relay://HOST:PORT"]),
    (["relay://a/b"], ["must be relay://HOST:PORT"]),
    (["-", "--relay", "here"], ["here", "must be an address and a port"]),
    (["-", "--relay", "0.0.0.0:9154"],
     ["others than this host", "--cacert, --cert and --key"]),
    (["-", "--relay", "127.0.0.1:9154", "--cert", "x"],
     ["--cacert, --cert and --key go together"]),
    (["-", "--relay", "127.0.0.1:9154", "--cert", "/no/x", "--key", "/no/y",
      "--cacert", "/no/z"], ["/no/z"]),
])
def test_mistakes_of_the_command_line(servers, arguments, words):
    done = subprocess.run(
        [DNSCTL, "-s", servers.store().path, "follow", *UNBOXED,
         *arguments], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
        env=os.environ)
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr


def test_relay_that_lags_leads_nobody_backwards(servers, started, follow):
    """A relay behind who asks is waited for; one that stays so was restored."""
    behind = Source(servers.store(), servers.fresh(), 0)
    started.append(behind)
    behind.tell(BASE, "3")
    ahead = Source(servers.store(), servers.fresh(), 1)
    started.append(ahead)
    ahead.tell([*BASE, instance("a", 1)], "5")
    leaf = follow([1])
    leaf.wait("5")
    leaf.stop()
    leaf.command[leaf.command.index("relay://" + address(1))] = \
        "relay://" + address(0)
    leaf.start()
    behind.tell([], "4")
    assert "cursor: 5" in leaf.store.tell("status")
    behind.tell([instance("b", 2)], "6")
    leaf.wait("6")
    leaf.stop()
    assert same(leaf.facts(), behind.facts())
    ahead.tell([], "5")
    leaf.command[leaf.command.index("relay://" + address(0))] = \
        "relay://" + address(1)
    leaf.start()

    def is_restored():
        ahead.tell([], "5")
        return same(leaf.facts(), ahead.facts())
    until(is_restored, "what the restored one has")


def endless(requests):
    """One that answers each request with a line that has no end."""
    while True:
        try:
            s, _ = requests.accept()
        except OSError:
            return
        with s, contextlib.suppress(OSError):
            s.recv(4096)
            s.sendall(b"HTTP/1.1 200 OK\r\n\r\n{" + b" " * (1 << 20))
            s.recv(1)


def test_line_without_an_end_is_another_relays_turn(source, follow):
    """Whichever of the two is asked first."""
    with socket.create_server(("127.0.0.1", 9401)) as bad:
        thread = threading.Thread(target=endless, args=(bad,),
                                  daemon=True)
        thread.start()
        leaf = follow([1, 0])
        leaf.wait("base")
        source.process.stdin.close()
        assert source.process.wait() == 0
        until(lambda: f"warning: relay {address(1)}: it sent a line of more "
              f"than 1 MiB; trying {address(0)}" in leaf.told(), "it says so")
        source.start()
        source.tell([instance("a", 1)], "next")
        leaf.wait("next")
        assert same(leaf.facts(), source.facts())
        bad.shutdown(socket.SHUT_RDWR)
        thread.join()
