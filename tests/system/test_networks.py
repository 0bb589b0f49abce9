"""dnsctl follow --network-file: what a node needs, and that it changes."""

import os
import signal
import subprocess

import pytest

from etcd import Changes, Cluster, Node, put, same
from programs import until

COUNT = 100
EACH = 40  # instances of a network
RELAY = "127.0.0.1:9440"


def network(n):
    return {"put": "network", "id": f"n{n}", "prefixes": [f"fdaa:0:{n + 1:x}::/48"]}


def instance(n, i, **fields):
    return {"put": "instance", "network": f"n{n}", "app": f"app{i % 4}",
            "id": f"i{i}", "region": "iad",
            "addresses": [f"fdaa:0:{n + 1:x}::{i + 1:x}"], **fields}


def export(n, to):
    return {"put": "export", "network": f"n{n}", "app": "app1",
            "to": f"n{to}"}


ALL = [*map(network, range(COUNT)),
       {"put": "region", "id": "iad", "latitude": 1.5, "longitude": 2.5},
       *[instance(n, i) for n in range(COUNT) for i in range(EACH)],
       export(1, 2), export(2, 1), export(3, 1), export(1, 3)]


def only(facts, *networks):
    names = {f"n{n}" for n in networks}
    return [fact for fact in facts if fact["put"] == "region"
            or (fact["put"] == "network" and fact["id"] in names)
            or (fact.get("network") in names
                and fact.get("to", fact["network"]) in names)]


def received(node):
    """Octets at the connections that it has."""
    told = subprocess.run(["ss", "-tinpOH"], capture_output=True, text=True,
                          check=True).stdout
    return sum(int(word.split(":")[1]) for line in told.splitlines()
               if f"pid={node.process.pid}," in line for word in line.split()
               if word.startswith("bytes_received:"))


class Needs:
    """A file of networks."""

    def __init__(self, path):
        self.path = path

    def say(self, text):
        """Another file in its place."""
        with open(f"{self.path}.new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(f"{self.path}.new", self.path)


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path, started):
    cluster = Cluster(tmp_path, 1)
    started.append(cluster)
    cluster.tell(ALL)
    return cluster


@pytest.fixture(name="source", params=["etcd", "relay"])
def fixture_source(request, cluster, servers, started):
    """Where to follow, and a node that has all."""
    relay = Node(servers.store(), servers.fresh(), cluster.url, "--relay",
                 RELAY)
    started.append(relay)
    relay.wait(cluster.cursor)
    if request.param == "etcd":
        return cluster.url
    return "relay://" + RELAY


@pytest.fixture(name="follow")
def fixture_follow(source, servers, started):
    def make(*options):
        node = Node(servers.store(), servers.fresh(), source, *options)
        started.append(node)
        return node
    return make


def test_a_hundredth_costs_a_hundredth(cluster, follow, tmp_path):
    needs = Needs(tmp_path / "needs")
    needs.say("n7\n")
    whole, part = follow(), follow("--network-file", str(needs.path))
    costs = []
    for node in whole, part:
        node.wait(cluster.cursor)
        costs.append((received(node), os.path.getsize(
            os.path.join(node.store.path, "data.mdb"))))
    assert same(part.facts(), only(ALL, 7))
    for all_of_it, some in zip(*costs):
        assert some * 10 < all_of_it, costs  # 1 %, and what is never less


def test_networks_come_and_go(cluster, follow, tmp_path):
    needs = Needs(tmp_path / "needs")
    needs.say("n1\n")
    node = follow("--network-file", str(needs.path))
    node.wait(cluster.cursor)
    changes = Changes(cluster, lambda k: [
        put(instance(n, k % EACH, group=f"g{k}")) for n in (1, 2, 3)], 20)
    try:
        for names in "n1\nn2\n", "n2\n\nn3\nn1\n", "n3\n", "n1\nn3\nnone\n":
            needs.say(names)
            have = {word[1:] for word in names.split() if word != "none"}
            until(lambda have=have: {
                fact["id"][1:] for fact in node.facts()
                if fact["put"] == "network"} == have, names)
    finally:
        changes.end()
    node.wait(cluster.cursor)
    assert same(node.facts(), only(cluster.facts(), 1, 3))
    told = node.told()
    assert told.count("a snapshot") == 1, told


def test_file_that_changed_while_nobody_looked(cluster, follow, tmp_path):
    needs = Needs(tmp_path / "needs")
    needs.say("n1\nn2\n")
    node = follow("--network-file", str(needs.path))
    node.wait(cluster.cursor)
    node.stop(signal.SIGKILL)
    cluster.commit(put(instance(2, 0, group="g")), put(instance(5, 0,
                                                                group="g")))
    needs.say("n2\nn5\n")
    node.start()
    node.wait(cluster.cursor)
    until(lambda: same(node.facts(), only(cluster.facts(), 2, 5)),
          "the others")
    assert "a snapshot" not in node.told()


def test_of_all_some_then_all_again(cluster, follow):
    node = follow()
    node.wait(cluster.cursor)
    node.stop()
    node.command += ["--network", "n1,n2"]
    node.start()
    until(lambda: same(node.facts(), only(ALL, 1, 2)), "two")
    node.stop()
    del node.command[-2:]
    node.start()
    until(lambda: same(node.facts(), ALL), "all")


@pytest.mark.parametrize("text,words", [
    ("n1\nn 2\n", [":2: network: must ", '"n 2"']),
    ("\n", [":1: network: must be at least one"]),
    ("".join(f"{'x' * 60}{i:03}\n" for i in range(300)),
     ["must leave all at most 16384 octets"]),
], ids=["blank", "empty", "long"])
def test_bad_file_changes_nothing(cluster, follow, tmp_path, text, words):
    needs = Needs(tmp_path / "needs")
    needs.say("n1\n")
    node = follow("--network-file", str(needs.path))
    node.wait(cluster.cursor)
    needs.say(text)
    until(lambda: all(word in node.told() for word in words), "a complaint")
    cluster.commit(put(instance(1, 1, group="g")))
    node.wait(cluster.cursor)
    assert same(node.facts(), only(cluster.facts(), 1))
    node.stop()
    node.start()
    assert node.process.wait() == 2
    assert words[0] in node.told()
