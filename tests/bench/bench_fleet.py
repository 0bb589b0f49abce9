"""A fleet on one machine: a real etcd of three members, and its followers.

    bench_fleet.py [--instances N] [--nodes N,N,...] [--seconds N] [--rate N]

Each row is a number of nodes, followers as real processes with stores of their
own on a tmpfs: all at etcd, or all at two relays that are.  Of each change, one
transaction, it is measured when the last node has it on its disk: a follower
tells its service manager where its store stands, and that is us.
"""

import argparse
import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from measure import (BUILD, ROOT, in_own_network, machine, processor_time,
                     publish, resident, table)

os.environ.setdefault("DNSD_BUILD", str(BUILD))
sys.path.insert(0, str(ROOT / "tests" / "system"))
# pylint: disable-next=wrong-import-position
from etcd import Cluster, put  # noqa: E402

RELAYS = 2
NETWORKS = 100


def facts(count):
    for n in range(NETWORKS):
        yield {"put": "network", "id": f"n{n}",
               "prefixes": [f"fdaa:0:{n:x}::/48"]}
    for i in range(count):
        yield instance(i)


def instance(i, group="g"):
    n = i % NETWORKS
    return {"put": "instance", "network": f"n{n}", "app": f"app{i // 1000}",
            "id": f"i{i}", "region": "iad", "group": group,
            "addresses": [f"fdaa:0:{n:x}::{i >> 16:x}:{i & 0xffff:x}"]}


class Fleet:
    """Followers, and where each of them stands."""

    def __init__(self, folder):
        self.folder = folder
        self.nodes = []
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Condition()
        self.ending = False
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def add(self, source, *options):
        path = self.folder / f"node{len(self.nodes)}"
        path.mkdir()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.bind(str(path / "notify"))
        sock.setblocking(False)
        with open(path / "log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [BUILD / "dnsctl", "-s", path / "store", "follow", source,
                 *options], stdout=log, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(path / "notify")})
        node = {"process": process, "path": path, "socket": sock,
                "stands": "", "revisions": {}}
        self.nodes.append(node)
        self.selector.register(sock, selectors.EVENT_READ, node)
        return node

    def listen(self):
        while not self.ending:
            for key, _ in self.selector.select(0.2):
                text = key.data["socket"].recv(4096).decode()
                if "the store stands at " not in text:
                    continue
                revision = int(text.rstrip().rsplit("/", 1)[1])
                with self.lock:
                    key.data["revisions"][revision] = time.monotonic()
                    key.data["stands"] = revision
                    self.lock.notify_all()

    def wait(self, revision, nodes=None, seconds=600):
        """Until all stand there."""
        nodes = nodes or self.nodes
        with self.lock:
            if not self.lock.wait_for(
                    lambda: all(n["stands"] and n["stands"] >= revision
                                for n in nodes), seconds):
                sys.exit(f"a node is behind: {nodes[0]['path'] / 'log'}")

    def seen(self, revision):
        """When the slowest node had it, or what came behind it."""
        return max(min(at for r, at in n["revisions"].items()
                       if r >= revision) for n in self.nodes)

    def close(self):
        for node in self.nodes:
            node["process"].send_signal(signal.SIGTERM)
        for node in self.nodes:
            node["process"].wait()
        self.ending = True
        self.listener.join()


def costs(pids):
    return sum(processor_time(pid)[0] for pid in pids)


def received(nodes):
    """Octets that arrived at the nodes' sockets."""
    text = subprocess.run(["ss", "-tinpOH"], capture_output=True, text=True,
                          check=True).stdout
    total = 0
    pids = {f"pid={n['process'].pid}," for n in nodes}
    for line in text.splitlines():
        if any(pid in line for pid in pids):
            total += sum(int(word.split(":")[1]) for word in line.split()
                         if word.startswith("bytes_received:"))
    return total


def start(cluster, folder, count, by_relay):
    fleet = Fleet(folder)
    begun = time.monotonic()
    relays = []
    if by_relay:
        relays = [fleet.add(cluster.url, "--relay", f"127.0.0.1:{9500 + i}")
                  for i in range(RELAYS)]
        fleet.wait(cluster.revision, relays)
        begun = time.monotonic()
    source = "relay://" + ",".join(f"127.0.0.1:{9500 + i}"
                                   for i in range(RELAYS)) \
        if by_relay else cluster.url
    for _ in range(count):
        fleet.add(source)
    fleet.wait(cluster.revision)
    return fleet, relays, time.monotonic() - begun


def change_for(cluster, fleet, seconds, rate):
    """Changes one after the other, RATE a second; how long each took."""
    sent = []
    begun = time.monotonic()
    for i in range(int(seconds * rate)):
        time.sleep(max(0, begun + i / rate - time.monotonic()))
        cluster.commit(put(instance(i % 1000, f"g{i}")))
        sent.append((cluster.revision, time.monotonic()))
    fleet.wait(cluster.revision)
    late = sorted(max(0, fleet.seen(revision) - at) for revision, at in sent)
    return late, time.monotonic() - begun


def row(cluster, folder, count, by_relay, options):
    fleet, relays, began = start(cluster, folder, count, by_relay)
    etcd = [m.process.pid for m in cluster.members]
    leaves = [n for n in fleet.nodes if n not in relays]
    before = costs(etcd), costs([n["process"].pid for n in leaves]), \
        costs([n["process"].pid for n in relays]), received(leaves)
    late, took = change_for(cluster, fleet, options.seconds, options.rate)
    after = costs(etcd), costs([n["process"].pid for n in leaves]), \
        costs([n["process"].pid for n in relays]), received(leaves)
    spent = [b - a for a, b in zip(before, after)]
    changes = len(late)
    memory = statistics.median(resident(n["process"].pid) for n in leaves)
    fleet.close()
    return [count, "2 relays" if by_relay else "etcd", f"{began:.1f}",
            f"{changes / took:.0f}",
            f"{statistics.median(late) * 1000:.0f}",
            f"{late[int(changes * 0.99)] * 1000:.0f}",
            f"{spent[0] / changes * 1000:.2f}",
            f"{spent[2] / changes * 1000:.2f}" if by_relay else "",
            f"{spent[1] / changes / count * 1000:.3f}",
            f"{spent[3] / changes / count:.0f}", f"{memory / 1e6:.1f}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=10_000)
    parser.add_argument("--nodes", default="10,50,100,200")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=20)
    options = parser.parse_args()
    in_own_network()
    rows = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        (folder / "etcd").mkdir()
        cluster = Cluster(folder / "etcd")
        try:
            cluster.tell(list(facts(options.instances)))
            for count in map(int, options.nodes.split(",")):
                for by_relay in False, True:
                    nodes = folder / "nodes"
                    nodes.mkdir()
                    rows.append(row(cluster, nodes, count, by_relay, options))
                    print(*rows[-1], file=sys.stderr)
                    shutil.rmtree(nodes)
        finally:
            cluster.close()
    publish("fleet", f"{machine()}; {options.instances:,} instances in "
            f"{NETWORKS} networks, {options.rate} changes a second for "
            f"{options.seconds:.0f} s.\n\n" + table(
                ["nodes", "follow", "all begun after s", "changes/s",
                 "slowest node p50 ms", "p99 ms", "etcd CPU ms a change",
                 "relays", "a node", "octets a change and node",
                 "MB a node"], rows))


main()
