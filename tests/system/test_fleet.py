"""A small fleet that everything happens to, one thing after the other.

Three members of etcd, two relays, and nodes that follow in each way; changes
go on all along, and on every node somebody asks.  After each fault every store
equals etcd; nobody ever saw half a transaction, and nobody an older state after
a newer one, but for a restore.  All the while one node's clock is an hour off,
the disk of another takes 100 ms for each fsync, and tokens run out after two
seconds.  The order is drawn from DNSD_SEED (`pytest -s` tells it, and how long
each took until all stores were equal again).
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from ask import PATIENCE, ask, values
from etcd import Changes, Cluster, Member, Node, b64, put, same
from programs import until

NET = {"put": "network", "id": "acme", "prefixes": ["fdaa:0:18::/48"]}
REGIONS = [{"put": "region", "id": name, "latitude": 1.5, "longitude": 2.5}
           for name in ("iad", "lhr")]
PER_SECOND = 20
CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def instance(app, number, address, region="iad"):
    return {"put": "instance", "network": "acme", "app": app,
            "id": f"i{number}", "region": region,
            "addresses": [f"fdaa:0:18::1:{address >> 16:x}:"
                          f"{address & 0xffff:x}"]}


BASE = [NET, *REGIONS, *[instance("pair", i, i + 1) for i in range(2)],
        instance("count", 0, 0x10000)]


class Guarded(Cluster):
    """Its tokens run out, and a member that was restarted knows none."""

    def call_one(self, member, path, body):
        reply = super().call_one(member, path, body)
        if "error" in reply and (not self.headers or
                                 "auth token" in str(reply["error"])):
            self.headers = {}
            token = super().call_one(member, "auth/authenticate", {
                "name": "root", "password": "r"}).get("token")
            if token:
                self.headers = {"Authorization": token}
                reply = super().call_one(member, path, body)
        return reply


class Ticks(Changes):
    """Counts on, across pauses; the two of `pair` are never in two regions."""

    ticks = 0

    def __init__(self, cluster):
        super().__init__(cluster, self.tick, PER_SECOND)

    @classmethod
    def tick(cls, _):
        cls.ticks += 1
        region = "iad" if cls.ticks % 2 else "lhr"
        return [put(instance("pair", i, i + 1, region)) for i in range(2)] + [
            put(instance("count", 0, 0x10000 + cls.ticks)),
            put(instance("many", cls.ticks % 50, 0x100 + cls.ticks % 50))]


class Witness(threading.Thread):
    """Asks a node over and over whether what it says is whole and newer."""

    def __init__(self, door):
        super().__init__()
        self.door = door
        self.newest = 0
        self.goes_back = False  # to a restore: once
        self.count = 0
        self.wrong = []
        self.ending = threading.Event()
        self.start()

    def look(self):
        regions = values(ask("regions.pair.internal", "TXT", **self.door))
        if regions not in (["iad"], ["lhr"]):
            self.wrong.append(f"half a transaction: {regions}")
        address, = values(ask("count.internal", "AAAA", **self.door))
        high, low = address.split(":")[-2:]
        now = int(high, 16) << 16 | int(low, 16)
        if now < self.newest and self.goes_back:
            self.goes_back = False
        elif now < self.newest:
            self.wrong.append(f"{now:x} after {self.newest:x}")
        self.newest = now
        self.count += 1

    def run(self):
        try:
            while not self.ending.wait(0.02):
                self.look()
        except Exception as wrong:  # pylint: disable=broad-except
            self.wrong.append(repr(wrong))

    def close(self):
        self.ending.set()
        self.join()


class Cable:
    """To a member; while it is cut, nothing passes and nobody is told."""

    def __init__(self, to):
        self.to = to
        self.whole = threading.Event()
        self.whole.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                near.close()
                continue
            for pair in (near, far), (far, near):
                threading.Thread(target=self.copy, args=pair,
                                 daemon=True).start()

    def copy(self, one, other):
        try:
            while data := one.recv(65536):
                self.whole.wait()
                other.sendall(data)
        except OSError:
            pass
        for end in one, other:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.whole.set()
        self.listener.close()


class Fleet:
    """Nodes by name, the doors of their servers, and who looks there."""

    def __init__(self, cluster, servers, started, who):
        self.cluster = cluster
        self.servers = servers
        self.started = started
        self.who = who
        self.nodes = {}
        self.witnesses = []
        self.cable = Cable(cluster.members[2].port)
        started.append(self.cable)

    def add(self, name, source, *options, store=None, under=()):
        node = Node(store or self.servers.store(), self.servers.fresh(),
                    source, *options)
        if under:
            node.stop()
            node.command = [*under, *node.command]
            node.start()
        self.started.append(node)
        self.nodes[name] = node

    def build(self, tight):
        relays = ",".join(f"127.0.0.1:{9420 + i}" for i in range(2))
        for i in range(2):
            self.add(f"relay{i}", self.cluster.url, "--relay",
                     f"127.0.0.1:{9420 + i}", *self.who)
        self.add("leaf", "relay://" + relays)
        self.add("tight", "relay://" + relays, store=tight)
        self.add("far", f"etcd://127.0.0.1:{self.cable.port}", *self.who)
        self.add("late", self.cluster.url, *self.who,
                 under=["env", f"LD_PRELOAD={CLOCK}", "FAKETIME=+1h"])
        self.add("slow", "relay://" + relays, under=[
            "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e",
            "trace=fdatasync", "-e", "inject=fdatasync:delay_exit=100000"])
        self.settle()
        for i, node in enumerate(self.nodes.values()):
            door = {"server": "fdaa::3", "port": 5301 + i}
            self.servers.serve(node.store, ready=False, listen=[
                {"address": f"[fdaa::3]:{door['port']}", "network": "acme"}]
            ).wait_ready(**door)
            self.witnesses.append(Witness(door))
            self.started.append(self.witnesses[-1])

    def settle(self, what="all"):
        """Until every node holds exactly what etcd holds."""
        expected = self.cluster.facts()
        begun = time.monotonic()
        for name, node in self.nodes.items():
            try:
                until(lambda node=node:
                      node.store.run("status").returncode == 0
                      and same(node.facts(), expected),
                      f"{name} is as etcd is", 2 * PATIENCE)
            except AssertionError as wrong:
                raise AssertionError(node.told()[-2000:]) from wrong
        print(f"{what}: equal after {time.monotonic() - begun:.2f} s")

    def seen(self):
        for witness in self.witnesses:
            assert not witness.wrong, witness.wrong[:3]
            assert witness.count > 0
            witness.count = 0

    def during(self, fault):
        """FAULT while changes go on; some more of these after it."""
        changes = Ticks(self.cluster)
        try:
            until(lambda: changes.count > 5, "changes before")
            fault(self)
            count = changes.count
            until(lambda: changes.count > count + 5, "changes after",
                  4 * PATIENCE)
        finally:
            changes.end()
        self.settle(fault.__name__)
        self.seen()


def leader_killed(fleet):
    leader = fleet.cluster.leader()
    leader.stop()
    fleet.cluster.leader()
    leader.start(fleet.cluster.initial, fleet.cluster.token)


def member_replaced(fleet):
    """Lost with its disk; another takes its place."""
    cluster = fleet.cluster
    lost = cluster.members[1]
    lost.stop()
    shutil.rmtree(lost.data)
    listed = cluster.call("cluster/member/list", {})["members"]
    gone = next(m for m in listed if m["name"] == lost.name)
    cluster.call("cluster/member/remove", {"ID": gone["ID"]})
    cluster.call("cluster/member/add", {"peerURLs": [lost.peer]})
    fresh = Member(cluster.directory, 1,
                   [*lost.options, "--initial-cluster-state", "existing"])
    cluster.members[1] = fresh
    fresh.start(cluster.initial, cluster.token)


def network_cut(fleet):
    fleet.cable.whole.clear()
    at = Ticks.ticks
    until(lambda: Ticks.ticks > at + 10 * PER_SECOND, "changes far away")
    fleet.cable.whole.set()


def away_beyond_compaction(fleet):
    nodes = [fleet.nodes[name] for name in ("relay0", "leaf", "late")]
    for node in nodes:
        node.stop(signal.SIGKILL)
    at = Ticks.ticks
    until(lambda: Ticks.ticks > at + 10, "changes without them")
    fleet.cluster.compact()
    for node in nodes:
        node.start()


def disk_full(fleet):
    node = fleet.nodes["tight"]
    ballast = os.path.join(node.store.path, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    node.process.wait()  # it says so and ends: its manager starts it again
    assert node.process.returncode == 1
    assert "no space left" in node.told()
    os.remove(ballast)
    node.start()


def relays_killed(fleet):
    for name in "relay0", "relay1":
        node = fleet.nodes[name]
        node.stop(signal.SIGKILL)
        at = Ticks.ticks
        until(lambda at=at: Ticks.ticks > at + 10, "changes by the other")
        node.start()


def credentials_rotated(fleet):
    """The file first, so that whoever is asked anew knows the new one."""
    with open(fleet.who[-1], "w", encoding="ascii") as file:
        file.write("second\n")
    fleet.cluster.call("auth/user/changepw",
                       {"name": "node", "password": "second"})
    for name in "relay0", "late":
        fleet.nodes[name].stop()
        fleet.nodes[name].start()


def older_backup(fleet):
    """What came behind it is gone; each node goes back, once.

    Without users: etcd 3.4, restored with them, is silent until as much was
    proposed to it as before the backup.
    """
    cluster = fleet.cluster
    backup = os.path.join(cluster.directory, "backup.db")
    cluster.save(backup)
    kept = Ticks.ticks
    until(lambda: Ticks.ticks > kept + 10, "changes that will be lost")
    for witness in fleet.witnesses:
        witness.goes_back = True
    cluster.restore(backup, f"restored at {kept}")


FAULTS = [leader_killed, member_replaced, network_cut, away_beyond_compaction,
          disk_full, relays_killed, credentials_rotated]


def users_add(cluster):
    """A node may read; root is who changes."""
    for path, body in [
            ("auth/user/add", {"name": "root", "password": "r"}),
            ("auth/role/add", {"name": "root"}),
            ("auth/user/grant", {"user": "root", "role": "root"}),
            ("auth/user/add", {"name": "node", "password": "first"}),
            ("auth/role/add", {"name": "reader"}),
            ("auth/role/grant", {"name": "reader", "perm": {
                "key": b64("/dnsd/"), "range_end": b64("/dnsd0")}}),
            ("auth/user/grant", {"user": "node", "role": "reader"}),
            ("auth/enable", {})]:
        cluster.call(path, body)
    cluster.headers["Authorization"] = cluster.call(
        "auth/authenticate", {"name": "root", "password": "r"})["token"]


@pytest.fixture(name="build")
def fixture_build(servers, started, tmp_path):
    """Makes a fleet of a kind of cluster; tokens live for two seconds."""
    subprocess.run(["mount", "-t", "tmpfs", "none", tmp_path], check=True)
    witnesses = []

    def build(kind, users):
        cluster = kind(tmp_path, 3, ["--auth-token-ttl", "2"])
        started.append(cluster)
        cluster.tell(BASE)
        tight = servers.store()
        os.makedirs(tight.path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none",
                        tight.path], check=True)
        fleet = Fleet(cluster, servers, started, [])
        if users:
            users_add(cluster)
            password = tmp_path / "password"
            password.write_text("first\n")
            fleet.who[:] = ["--insecure", "--user", "node",
                            "--password-file", str(password)]
        fleet.build(tight)
        witnesses.extend(fleet.witnesses)
        return fleet
    yield build
    for witness in witnesses:
        witness.close()


def test_everything_happens(build):
    fleet = build(Guarded, True)
    seed = int(os.environ.get("DNSD_SEED", "1"))
    print(f"DNSD_SEED={seed}")
    for fault in random.Random(seed).sample(FAULTS, len(FAULTS)):
        fleet.during(fault)
    for witness in fleet.witnesses:
        witness.close()


def test_older_backup_is_restored(build):
    fleet = build(Cluster, False)
    fleet.during(older_backup)
    for witness in fleet.witnesses:
        witness.close()
