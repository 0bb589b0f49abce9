"""A fleet on one machine: a real etcd of three members, and its followers.

    bench_fleet.py [--instances N] [--nodes N,N,...] [--rates N,N,...]
                   [--seconds N] [--at-once N] [--minutes N]

Followers are real processes with stores of their own on a tmpfs: all at etcd,
all at two relays that are, or at these with a tenth of the networks each.  Of
each change, one transaction, it is measured how long after it was sent to etcd
the last node has it on its disk: a follower tells its service manager where its store stands, and that is
us.  A row whose nodes memory or the minutes do not carry is left out, and said
so.
"""

import argparse
import bisect
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

RELAYS = [f"127.0.0.1:{9500 + i}" for i in range(2)]
AT_RELAYS = "relay://" + ",".join(RELAYS)
NETWORKS = 100
TENTH = ["--network", ",".join(f"n{n}" for n in range(NETWORKS // 10))]
MISSED = 10_000  # changes while one was away


def facts(count):
    for n in range(NETWORKS):
        yield {"put": "network", "id": f"n{n}",
               "prefixes": [f"fdaa:0:{n + 1:x}::/48"]}
    for i in range(count):
        yield instance(i)


def instance(i, group="g"):
    n = i % NETWORKS
    return {"put": "instance", "network": f"n{n}", "app": f"app{i // 1000}",
            "id": f"i{i}", "region": "iad", "group": group,
            "addresses": [f"fdaa:0:{n + 1:x}::{i >> 16:x}:{i & 0xffff:x}"]}


class Fleet:
    """Followers, and where each of them stands."""

    def __init__(self, folder):
        self.folder = folder
        self.nodes = []
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Condition()
        self.ending = False
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def add(self, source, *options, store=None):
        """A node; with a copy of STORE it goes on where that stands."""
        path = self.folder / f"node{len(self.nodes)}"
        path.mkdir()
        if store is not None:
            (path / "store").mkdir()
            shutil.copy(store / "data.mdb", path / "store")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.bind(str(path / "notify"))
        sock.setblocking(False)
        node = {"path": path, "socket": sock, "stands": 0, "told": [],
                "command": [BUILD / "dnsctl", "-s", path / "store", "follow",
                            source, *options]}
        self.nodes.append(node)
        self.selector.register(sock, selectors.EVENT_READ, node)
        self.begin(node)
        return node

    @staticmethod
    def begin(node):
        with open(node["path"] / "log", "a", encoding="utf-8") as log:
            node["process"] = subprocess.Popen(
                node["command"], stdout=log, stderr=log,
                env={**os.environ,
                     "NOTIFY_SOCKET": str(node["path"] / "notify")})

    @staticmethod
    def end(node):
        node["process"].send_signal(signal.SIGTERM)
        node["process"].wait()

    def listen(self):
        while not self.ending:
            for key, _ in self.selector.select(0.2):
                text = key.data["socket"].recv(4096).decode()
                if "the store stands at " not in text:
                    continue
                revision = int(text.rstrip().rsplit("/", 1)[1])
                with self.lock:
                    key.data["told"].append((revision, time.monotonic()))
                    key.data["stands"] = revision
                    self.lock.notify_all()

    def wait(self, revision, nodes=None, seconds=600):
        """Until all stand there."""
        nodes = nodes or self.nodes
        with self.lock:
            if not self.lock.wait_for(
                    lambda: all(n["stands"] >= revision for n in nodes),
                    seconds):
                sys.exit(f"a node is behind: {nodes[0]['path'] / 'log'}")

    def seen(self, revision):
        """When the slowest node had it, or what came behind it."""
        return max(n["told"][bisect.bisect_left(n["told"], (revision, 0))][1]
                   for n in self.nodes)

    def close(self):
        for node in self.nodes:
            node["process"].send_signal(signal.SIGTERM)
        for node in self.nodes:
            node["process"].wait()
            node["socket"].close()
        self.ending = True
        self.listener.join()
        self.selector.close()
        shutil.rmtree(self.folder)


def pids(nodes):
    return [node["process"].pid for node in nodes]


def received(nodes):
    """Octets that arrived at the nodes' sockets that are open."""
    text = subprocess.run(["ss", "-tinpOH"], capture_output=True, text=True,
                          check=True).stdout
    total = 0
    wanted = {f"pid={pid}," for pid in pids(nodes)}
    for line in text.splitlines():
        if any(pid in line for pid in wanted):
            total += sum(int(word.split(":")[1]) for word in line.split()
                         if word.startswith("bytes_received:"))
    return total


def own(pid):
    """Octets of a process that are in no file."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status
                    if line.startswith("RssAnon:"))


class Bench:
    def __init__(self, options, folder, cluster):
        self.options = options
        self.folder = folder
        self.cluster = cluster
        self.etcd = [m.process.pid for m in cluster.members]
        self.until = time.monotonic() + options.minutes * 60
        self.count = self.changed = 0
        self.model = {}  # stores that stand near the end, by what they hold
        self.rows = []
        self.events = []
        self.left_out = []

    def fleet(self):
        self.count += 1
        folder = self.folder / f"fleet{self.count}"
        folder.mkdir()
        return Fleet(folder)

    def fits(self, what, count, store_octets):
        """Memory, of which the tmpfs is, and time are there for it."""
        free = os.statvfs(self.folder)
        octets = count * (store_octets + 40e6)
        with open("/proc/meminfo", encoding="ascii") as info:
            available = next(int(line.split()[1]) * 1024 for line in info
                             if line.startswith("MemAvailable:"))
        why = "memory" if octets > 0.85 * available or \
            count * store_octets > 0.9 * free.f_bavail * free.f_frsize else \
            "time" if time.monotonic() > self.until else None
        if why:
            self.left_out.append(f"{what} ({why})")
        return not why

    def costs(self, nodes, relays):
        return [sum(processor_time(pid)[0] for pid in group)
                for group in (self.etcd, pids(relays), pids(nodes))]

    def event(self, what, fleet, nodes, relays, act):
        """Until all NODES stand at the end, ACT being what lets them."""
        before = self.costs([], relays)
        begun = time.monotonic()
        act()
        fleet.wait(self.cluster.revision, nodes)
        took = time.monotonic() - begun
        after = self.costs(nodes, relays)
        spent = [b - a for a, b in zip(before, after)]
        self.events.append([
            what, f"{took:.2f}", f"{spent[0]:.2f}",
            f"{spent[1]:.2f}" if relays else "",
            f"{spent[2] / len(nodes):.2f}",
            f"{received(nodes) / len(nodes) / 1e6:.2f}",
            f"{statistics.median(map(own, pids(nodes))) / 1e6:.1f}"])
        print(*self.events[-1], file=sys.stderr)

    def keep(self, name, fleet, node):
        """NODE's store as a model for others."""
        fleet.end(node)
        self.model[name] = self.folder / f"model-{name}"
        self.model[name].mkdir()
        shutil.copy(node["path"] / "store" / "data.mdb", self.model[name])

    def starts(self):
        """From nothing: one, and many at once."""
        model = None
        for what, source, options, at_once in [
                ("etcd", self.cluster.url, [], 10),
                ("relays", AT_RELAYS, [], self.options.at_once),
                ("tenth", AT_RELAYS, TENTH, self.options.at_once)]:
            for count in 1, at_once:
                octets = 0 if model is None else os.path.getsize(
                    model / "data.mdb") // (10 if what == "tenth" else 1)
                if not self.fits(f"{count} from nothing, {what}", count,
                                 octets):
                    continue
                fleet = self.fleet()
                relays = [] if what == "etcd" else self.relays(fleet, model)
                self.event(f"{count} from nothing, {what}", fleet, nodes := [],
                           relays, lambda: nodes.extend(
                               fleet.add(source, *options)
                               for _ in range(count)))
                if count == 1:
                    self.keep(what, fleet, nodes[0])
                    model = self.model[what]
                fleet.close()

    def relays(self, fleet, model):
        relays = [fleet.add(self.cluster.url, "--relay", at, store=model)
                  for at in RELAYS]
        fleet.wait(self.cluster.revision, relays)
        return relays

    def away(self):
        """One that missed some, a hundred in a transaction."""
        for what, source in ("etcd", self.cluster.url), ("relays", AT_RELAYS):
            fleet = self.fleet()
            relays = [] if what == "etcd" else \
                self.relays(fleet, self.model["etcd"])
            node = fleet.add(source, store=self.model["etcd"])
            fleet.wait(self.cluster.revision, [node])
            fleet.end(node)
            self.cluster.tell([instance(i, f"a{self.count}")
                               for i in range(MISSED)])
            self.event(f"one that missed {MISSED:,} changes, {what}", fleet,
                       [node], relays, lambda: fleet.begin(node))
            fleet.close()

    def change_for(self, fleet, rate):
        """Changes one after the other, RATE a second; how long each took."""
        sent = []
        begun = time.monotonic()
        for i in range(int(self.options.seconds * rate)):
            time.sleep(max(0, begun + i / rate - time.monotonic()))
            at = time.monotonic()
            self.changed += 1
            self.cluster.commit(put(instance(i % 1000, f"c{self.changed}")))
            sent.append((self.cluster.revision, at))
        fleet.wait(self.cluster.revision)
        return (sorted(fleet.seen(revision) - at for revision, at in sent),
                time.monotonic() - begun)

    def row(self, what, fleet, nodes, relays, rate):
        before = [*self.costs(nodes, relays), received(nodes)]
        late, took = self.change_for(fleet, rate)
        after = [*self.costs(nodes, relays), received(nodes)]
        spent = [(b - a) / len(late) for a, b in zip(before, after)]
        self.rows.append([
            len(nodes), what, rate, f"{len(late) / took:.0f}",
            f"{statistics.median(late) * 1000:.0f}",
            f"{late[int(len(late) * 0.99)] * 1000:.0f}",
            f"{spent[0] * 1000:.2f}",
            f"{spent[1] * 1000:.2f}" if relays else "",
            f"{spent[2] / len(nodes) * 1000:.3f}",
            f"{spent[3] / len(nodes):.0f}",
            f"{sum(map(resident, self.etcd)) / 1e6:.0f}",
            f"{statistics.median(map(own, pids(nodes))) / 1e6:.1f}"])
        print(*self.rows[-1], file=sys.stderr)

    def changes(self, what, count):
        source, options = {"etcd": (self.cluster.url, []),
                           "relays": (AT_RELAYS, []),
                           "tenth": (AT_RELAYS, TENTH)}[what]
        model = self.model.get(what)
        if model is None or not self.fits(
                f"{count} nodes, {what}", count,
                os.path.getsize(model / "data.mdb")):
            return
        fleet = self.fleet()
        relays = [] if what == "etcd" else \
            self.relays(fleet, self.model["etcd"])
        nodes = [fleet.add(source, *options, store=model)
                 for _ in range(count)]
        fleet.wait(self.cluster.revision)
        for rate in self.options.rates:
            if time.monotonic() < self.until:
                self.row(what, fleet, nodes, relays, rate)
        fleet.close()

    def run(self):
        self.starts()
        self.away()
        for count in self.options.nodes:
            for what in "etcd", "relays", "tenth":
                self.changes(what, count)

    def text(self, loaded):
        options = self.options
        return (
            f"{machine()}; {options.instances:,} instances in {NETWORKS} "
            f"networks, loaded in {loaded:.0f} s; {options.seconds:.0f} s of "
            "each rate. `relays`: two; `tenth`: of the networks, behind these."
            + "".join(f" Left out: {', '.join(self.left_out)}."
                      for _ in self.left_out[:1]) + "\n\n" + table(
                ["nodes", "follow", "changes/s wanted", "had",
                 "slowest node p50 ms", "p99 ms", "etcd CPU ms a change",
                 "relays", "a node", "octets a change and node", "etcd MB",
                 "MB a node beside its store"], self.rows) + "\n\n" + table(
                ["until current", "s", "etcd CPU s", "relays", "a node",
                 "MB received a node", "MB a node beside its store"],
                self.events))


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument("--nodes", type=numbers, default=[10, 50, 100, 200,
                                                          400])
    parser.add_argument("--rates", type=numbers, default=[10, 50])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    in_own_network()
    try:  # so that no node waits for us to hear where it stands
        Path("/proc/sys/net/unix/max_dgram_qlen").write_text("1000")
    except OSError:
        pass
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        (folder / "etcd").mkdir()
        cluster = Cluster(folder / "etcd")
        try:
            bench = Bench(options, folder, cluster)
            begun = time.monotonic()
            cluster.tell(list(facts(options.instances)))
            loaded = time.monotonic() - begun
            bench.run()
        finally:
            cluster.close()
    publish("fleet", bench.text(loaded))


main()
