"""dnsctl wireguard --to etcd://...: as one, whoever else writes there."""

import os
import re
import subprocess
import time

import pytest

from etcd import Cluster, Node, b64
from peers import GATEWAY, NETWORK, SECOND, at_once, public_key, read
from programs import DNSCTL, until


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cluster = Cluster(tmp_path)
    cluster.tell([NETWORK, GATEWAY])
    yield cluster
    cluster.close()


def peers(cluster):
    return [fact for fact in cluster.facts() if fact["put"] == "peer"]


def test_two_at_once(cluster, servers):
    cluster.tell([SECOND])
    addresses = at_once(servers.store().path, "--to", cluster.url)
    assert sorted(addresses) == sorted(
        ", ".join(a if "/" in a else a + "/32" for a in fact["addresses"])
        for fact in peers(cluster))


def test_a_peers_life(cluster, servers):
    """Written to etcd, it comes to the store that follows; not otherwise."""
    store = servers.store()
    node = Node(store, servers.fresh(), cluster.url)
    to = "--to", cluster.url
    store.tell("wireguard", "create", "acme", "laptop", "--for", "9h", *to)
    until(lambda: public_key("laptop.conf") in store.run("export").stdout,
          "the peer follows")
    assert re.search("in [89] h", store.tell("wireguard", "list"))
    refused = store.run("wireguard", "create", "acme", "p")
    assert "follows etcd://" in refused.stderr and "--to" in refused.stderr
    assert refused.returncode == 1 and not os.path.exists("p.conf")
    store.tell("wireguard", "renew", "acme", "laptop", "--for", "3d", *to)
    until(lambda: re.search("in [23] d", store.tell("wireguard", "list")),
          "its lease")
    store.tell("wireguard", "rekey", "acme", "laptop", "new.conf", *to)
    assert peers(cluster)[0]["public_key"] == public_key("new.conf")
    assert store.tell("wireguard", "show", "acme", "laptop", *to) in \
        read("new.conf").replace(
            "PrivateKey = " + read("new.conf").split("\n")[1][13:],
            "# PrivateKey = the one of " + public_key("new.conf"))
    assert store.tell("flycast", "allocate", "acme", "web", *to) == \
        "fdaa:0:18:0:1::3\n"
    store.tell("wireguard", "remove", "acme", "laptop", *to)
    assert peers(cluster) == []
    node.close()


# A port before etcd that lets a transaction through and then hangs up.
DOOR = """
import socket, sys, threading
door = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("open", flush=True)

def carry(one, other):
    while data := one.recv(65536):
        other.sendall(data)
        if b"/kv/txn" in data:
            return

while True:
    near, _ = door.accept()
    far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    back = threading.Thread(target=carry, args=(far, near), daemon=True)
    back.start()
    carry(near, far)
    far.settimeout(1)
    near.shutdown(2)
"""


def test_nobody_says_whether_it_was_done(cluster, servers):
    """What was made is kept, and the next try has what it was."""
    store = servers.store()
    create = ["wireguard", "create", "acme", "laptop", "--to"]
    with subprocess.Popen(["/usr/bin/python3", "-c", DOOR, "29999",
                           str(cluster.members[0].port)], text=True,
                          stdout=subprocess.PIPE) as door:
        assert door.stdout.readline() == "open\n"
        lost = store.run(*create, "etcd://127.0.0.1:29999")
        door.kill()
    assert "nobody said whether" in lost.stderr
    assert lost.returncode == 1 and os.path.exists("laptop.conf.new")
    until(lambda: peers(cluster), "it was done")
    assert peers(cluster)[0]["public_key"] == public_key("laptop.conf.new")
    store.tell(*create, cluster.url)
    assert peers(cluster)[0]["public_key"] == public_key("laptop.conf")


def test_who_may_not_write(cluster, servers):
    """A user that may read alone: refused, and there is no file."""
    cluster.call("auth/user/add", {"name": "root", "password": "r"})
    cluster.call("auth/role/add", {"name": "root"})
    cluster.call("auth/user/grant", {"user": "root", "role": "root"})
    cluster.call("auth/user/add", {"name": "node", "password": "secret"})
    cluster.call("auth/role/add", {"name": "reader"})
    cluster.call("auth/role/grant", {"name": "reader", "perm": {
        "key": b64("/dnsd/"), "range_end": b64("/dnsd0")}})
    cluster.call("auth/user/grant", {"user": "node", "role": "reader"})
    cluster.call("auth/enable", {})
    with open("password", "w", encoding="ascii") as file:
        file.write("secret\n")
    refused = servers.store().run(
        "wireguard", "create", "acme", "laptop", "--to", cluster.url,
        "--user", "node", "--password-file", "password", "--insecure")
    assert refused.returncode == 1 and "permission denied" in refused.stderr
    assert not [name for name in os.listdir(".") if "conf" in name]


def test_a_key_is_nowhere_else(cluster, servers):
    """Not in a process list while etcd is slow, not in etcd, nor in a core."""
    cluster.members[0].process.send_signal(19)
    seen = limits = b""
    with subprocess.Popen(
            [DNSCTL, "-s", servers.store().path, "wireguard", "create",
             "acme", "laptop", "--to", cluster.url]) as create:
        while create.poll() is None:
            with open(f"/proc/{create.pid}/cmdline", "rb") as file:
                seen += file.read()
            with open(f"/proc/{create.pid}/limits", "rb") as file:
                limits += file.read()
            time.sleep(0.01)
    cluster.members[0].process.send_signal(18)
    assert re.search(rb"core file size +0 +0", limits)
    key = read("laptop.conf").split("\n")[1].split(" = ")[1]
    assert b"wireguard" in seen and key.encode() not in seen
    assert key not in str(cluster.facts())
