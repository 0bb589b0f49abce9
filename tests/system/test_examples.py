"""The control planes of docs/examples, run as they stand."""

import json
import os
import subprocess

import pytest

from ask import ask, values
from etcd import Asker, Cluster, Node
from programs import BUILD, until

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "docs",
                        "examples")
DOOR = {"source": "fdaa:0:77::1:1", "server": "fdaa::3", "port": 5301}
# The network may be another one in the end: what is bound to it sees it all.
LISTEN = [{"address": "[fdaa::3]:5301", "network": "shop"}]


def run(*command, **env):
    done = subprocess.run(command, text=True, capture_output=True,
                          check=False, env={
                              **os.environ, **env,
                              "PATH": BUILD + ":" + os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path, started):
    cluster = Cluster(tmp_path, 1)
    started.append(cluster)
    return cluster


@pytest.fixture(name="node")
def fixture_node(cluster, servers, started):
    node = Node(servers.store(), servers.fresh(), cluster.url)
    started.append(node)
    servers.serve(node.store, ready=False, listen=LISTEN)
    return node


def instances(node):
    return {fact["id"]: fact for fact in node.facts()
            if fact["put"] == "instance"}


@pytest.fixture(name="asker")
def fixture_asker():
    """Asks all along; no answer may be empty once there was one."""
    askers = []

    def begin():
        until(lambda: values(ask("web.internal", "AAAA", **DOOR)), "an answer")
        askers.append(Asker("web.internal", "AAAA", **DOOR))
    yield begin
    for asker in askers:
        assert () not in asker.end()


def test_shell_over_etcd(cluster, node, asker):
    def plane(*words):
        run(os.path.join(EXAMPLES, "control-plane.sh"), *words, PAUSE="0.2")
    plane("deploy", "3")
    until(lambda: len(instances(node)) == 3, "three instances")
    asker()
    plane("roll", "2")
    until(lambda: set(instances(node)) == {"10", "20", "30"}, "version 2")
    plane("move", "10", "lhr")
    until(lambda: instances(node)["10"]["region"] == "lhr", "a move")
    plane("renumber", "fdaa:0:78")
    until(lambda: instances(node)["20"]["addresses"] == ["fdaa:0:78::2:20"],
          "another prefix")
    assert len(instances(node)) == len(cluster.facts()) - 3


def test_shell_removes_all_of_a_network(cluster, node):
    many = {"put": "network", "id": "shop", "prefixes": ["fdaa:0:77::/48"]}
    other = {"put": "network", "id": "other", "prefixes": ["fdaa:0:79::/48"]}
    cluster.tell([many, other, *[
        {"put": "instance", "network": "shop", "app": f"app{i % 7}",
         "id": f"i{i}", "region": "iad",
         "addresses": [f"fdaa:0:77::{i >> 16:x}:{i & 0xffff:x}"]}
        for i in range(1, 100_001)]])
    node.wait(cluster.cursor)
    assert len(node.facts()) == 100_002
    run(os.path.join(EXAMPLES, "control-plane.sh"), "remove")
    until(lambda: node.facts() == [other], "an empty network")
    assert cluster.facts() == [other]


def test_go_over_etcd(cluster, node, asker):
    run(os.path.join(EXAMPLES, "control-plane.sh"), "deploy", "2")
    until(lambda: len(instances(node)) == 2, "two instances")
    asker()
    run("go", "run", os.path.join(EXAMPLES, "control_plane.go"),
        f"http://127.0.0.1:{cluster.members[0].port}", "shop", "web",
        "fdaa:0:77")
    until(lambda: set(instances(node)) == {"go0", "go1"}, "Go's instances")


def test_python_over_a_pipe(servers):
    store = servers.store()
    left_out = run("python3", os.path.join(EXAMPLES, "control_plane.py"),
                   store.path, "0.01")
    assert json.loads(left_out) == []
    facts = [json.loads(line) for line in store.tell("export").splitlines()]
    assert facts[1]["prefixes"] == ["fdaa:0:78::/48"]
    assert [fact["addresses"] for fact in facts[2:-1]] == [
        [f"fdaa:0:78::2:{n}"] for n in range(3)]
