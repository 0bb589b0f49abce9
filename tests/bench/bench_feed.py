"""The control plane's side: loading, changing, and what readers notice.

    bench_feed.py [--quick] [--only NAME,...]

A change is one instance put for us and one address record added for the
peers.  Every server is told in the way it has: ours by `dnsctl`, BIND and
Knot by nsupdate, NSD and PowerDNS by loading the zone.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

import data
import servers
from measure import (BUILD, CLIENT_CPU, DATA, ask, in_own_network,
                     load, machine, pinned, publish, resident, table)

ASKED = 5_000            # questions a second while changes go on
CHANGING = 10_000        # changes a second meanwhile
TOGETHER = 100           # changes a transaction
PATIENCE = 0.0005        # between two looks for a change
LOOK = 0.001             # the same for the first answer after a start
LOADS = 3                # each into an empty store
STARTS, QUICK = 9, 1.0   # so many are measured where one takes no longer


class Change:
    """A new instance of an app that is there, with an id of its own."""

    counter = itertools.count(1)

    def __init__(self):
        n = next(self.counter)
        self.app = data.app_name(n % 1000)
        self.id = f"c{n}"
        self.address = f"fdaa:0:18:c::{n >> 16:x}:{n & 0xffff:x}"
        self.name = f"{self.id}.vm.{self.app}.internal"

    def fact(self):
        return data.instance_line(
            data.NETWORK, data.App(self.app, 0),
            (self.id, data.REGION, self.address, "web"))

    def update(self):
        return f"update add {self.name}. 5 AAAA {self.address}\n"


def wait_until_seen(server, change, seconds=600):
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        reply = ask(server.address, server.port, change.name, timeout=0.05)
        if reply and reply[1] > 0:
            return
        time.sleep(PATIENCE)
    sys.exit(f"{server.name} never showed {change.name}")


# --- how each server is told ----------------------------------------------

class Follow:
    """`dnsctl follow -`: a pipe in, acknowledgements out."""

    def __init__(self, server):
        self.commits = 0
        self.popen = subprocess.Popen(
            pinned(CLIENT_CPU, BUILD / "dnsctl", "-s", server.store(),
                   "follow", "-"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def text(self, changes):
        self.commits += 1
        return "".join(c.fact() for c in changes) \
            + f'{{"commit":"c{self.commits}"}}\n'

    def tell(self, text):
        self.popen.stdin.write(text.encode())

    def acknowledged(self):
        """Reads until the last commit is durable."""
        for line in self.popen.stdout:
            if json.loads(line).get("committed") == f"c{self.commits}":
                return

    def end(self):
        self.popen.stdin.close()
        self.popen.stdout.read()
        self.popen.wait()


class Nsupdate:
    """It sends a transaction and waits for the reply before the next."""

    def __init__(self, server):
        self.popen = subprocess.Popen(
            pinned(CLIENT_CPU, "nsupdate", "-t", 600, "-u", 600),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0)
        self.tell(f"server {server.address} {server.port}\n"
                  f"zone {servers.ZONE}\n")

    def text(self, changes):
        return "".join(c.update() for c in changes) + "send\n"

    def tell(self, text):
        self.popen.stdin.write(text.encode())

    def acknowledged(self):
        """It has no word for it: the change being seen has to do."""

    def end(self):
        self.popen.stdin.close()
        self.popen.wait()


# --- measuring ------------------------------------------------------------

def timed(run):
    begun = time.monotonic()
    run()
    return time.monotonic() - begun


def changes_seen(server, teller, count, together):
    """Seconds from the first change told to the last one seen."""
    changes = [Change() for _ in range(count)]
    texts = [teller.text(changes[i:i + together])
             for i in range(0, count, together)]

    def run():
        writer = threading.Thread(target=teller.tell, args=("".join(texts),))
        writer.start()
        wait_until_seen(server, changes[-1])
        teller.acknowledged()
        writer.join()

    return timed(run)


def changes_one_by_one(server, teller, count):
    """Milliseconds from telling a change to its being seen; the median."""
    took = []
    for _ in range(count):
        change = Change()
        text = teller.text([change])
        begun = time.monotonic()
        teller.tell(text)
        wait_until_seen(server, change)
        took.append((time.monotonic() - begun) * 1e3)
    return sorted(took)[len(took) // 2]


class Steady(threading.Thread):
    """Tells changes at an even rate until told to stop.

    The rate that came of it counts until the last one is seen.
    """

    def __init__(self, server, teller):
        super().__init__()
        self.server = server
        self.teller = teller
        self.done = threading.Event()
        self.told = 0

    def run(self):
        # This thread alone: the server keeps its processor to itself.
        os.sched_setaffinity(0, {CLIENT_CPU})
        begun = time.monotonic()
        while not self.done.is_set():
            changes = [Change() for _ in range(TOGETHER)]
            self.teller.tell(self.teller.text(changes))
            self.last = changes[-1]
            self.told += TOGETHER
            ahead = self.told / CHANGING - (time.monotonic() - begun)
            if ahead > 0:
                self.done.wait(ahead)
        wait_until_seen(self.server, self.last)
        self.rate = self.told / (time.monotonic() - begun)


def latencies(server, teller, seconds):
    """99th percentiles, quiet and while changes go on; changes a second."""
    how = dict(questions=server.data / "questions", seconds=seconds,
               rate=ASKED, patient=True)
    load(server, **how)
    quiet = load(server, **how)
    steady = Steady(server, teller)
    steady.start()
    busy = load(server, **how)
    steady.done.set()
    steady.join()
    return quiet, busy, steady.rate


def disk(path):
    """Octets a file or folder takes on the disk."""
    out = subprocess.run(["du", "-s", "-B1", path], capture_output=True,
                         text=True, check=True).stdout
    return int(out.split()[0])


def megabytes(octets):
    return f"{octets / 1e6:,.0f} MB"


def load_seconds(load, clear):
    """The median; what others left to write is on the disk before."""
    took = []
    for _ in range(LOADS):
        clear()
        os.sync()
        took.append(timed(load))
    return statistics.median(took)


# --- the servers ----------------------------------------------------------

class FeedDnsd(servers.Dnsd):
    teller = Follow
    share = 1

    def prepare(self):
        self.configure()
        self.load_seconds = load_seconds(self.apply, self.clear)

    def clear(self):
        shutil.rmtree(self.store(), ignore_errors=True)

    def stored(self):
        return disk(self.store())


class ZoneServer:
    """What it loads at its start is the zone's text."""

    load_seconds = None
    share = 1

    def stored(self):
        return disk(self.data / "internal.zone")


class FeedBind(ZoneServer, servers.Bind):
    teller = Nsupdate


class FeedKnot(ZoneServer, servers.Knot):
    """So slow at changes that it gets a tenth of them; the table says so."""

    teller = Nsupdate
    share = 10


class FeedNsd(ZoneServer, servers.Nsd):
    teller = None


class FeedPowerDns(servers.PowerDns):
    teller = None

    def prepare(self):
        self.configure()
        self.load_seconds = load_seconds(self.load_zone, self.clear)

    def files(self):
        return self.folder.glob("pdns.lmdb*")

    def clear(self):
        for file in self.files():
            file.unlink()

    def stored(self):
        return sum(f.stat().st_blocks * 512 for f in self.files())


SERVERS = (FeedDnsd, FeedBind, FeedKnot, FeedNsd, FeedPowerDns)


def start(server):
    """Seconds to the first answer; of who is quick, the median of starts."""
    first = (server.data / "first").read_text()
    took = [server.start(first, pause=LOOK)]
    while took[0] < QUICK and len(took) < STARTS:
        server.stop()
        took.append(server.start(first, pause=LOOK))
    return statistics.median(took)


def measure(server, quick):
    server.fresh()
    row = {"load": server.load_seconds}
    try:
        row["first"] = start(server)
        if row["load"] is None:
            row["load"] = row["first"]
        load(server, server.data / "questions", seconds=2)
        row["stored"] = server.stored()
        row["resident"] = resident(server.process.pid)
        if server.teller:
            row.update(measure_changes(server, quick))
    finally:
        server.stop()
    return row


def counts(quick):
    """Changes told a hundred at a time, and one at a time."""
    return (2_000, 100) if quick else (20_000, 1_000)


def measure_changes(server, quick):
    many, few = (n // server.share for n in counts(quick))
    row = {"share": server.share}
    teller = server.teller(server)
    changes_one_by_one(server, teller, 3)
    row["many"] = changes_seen(server, teller, many, TOGETHER)
    row["few"] = changes_seen(server, teller, few, 1)
    row["one"] = changes_one_by_one(server, teller, 20 if quick else 100)
    quiet, busy, rate = latencies(server, teller, 2 if quick else 5)
    row.update(quiet=quiet["p99"], busy=busy["p99"], rate=rate,
               lost=quiet["lost"] + busy["lost"])
    teller.end()
    return row


def few_of(key):
    """Seconds, and of how many where it was not all."""
    def show(row):
        part = f" for a {row['share']}th" if row["share"] > 1 else ""
        return f"{row[key]:.2f} s{part}"
    return show


COLUMNS = (
    ("load", "load", lambda r: f"{r['load']:.2f} s"),
    ("first", "start to first answer",
     lambda r: f"{r['first'] * 1e3:,.0f} ms"),
    ("many", "{many:,} changes, 100 a transaction", few_of("many")),
    ("few", "{few:,} changes, one each", few_of("few")),
    ("one", "one change, told to seen", lambda r: f"{r['one']:.2f} ms"),
    ("stored", "on disk", lambda r: megabytes(r["stored"])),
    ("resident", "resident", lambda r: megabytes(r["resident"])),
    ("quiet", "p99 quiet", lambda r: f"{r['quiet']:.0f} µs"),
    ("busy", "p99 while changing", lambda r: f"{r['busy']:.0f} µs"),
    ("busy", "times quiet", lambda r: f"{r['busy'] / r['quiet']:.2f}"),
    ("rate", "changes/s taken", lambda r: f"{r['rate']:,.0f}"),
    ("lost", "lost", lambda r: str(r["lost"])),
)


def text_of(rows, quick):
    many, few = counts(quick)
    head = ["", *(head.format(many=many, few=few) for _, head, _ in COLUMNS)]
    body = [[name, *(show(row) if row.get(key) is not None else ""
                     for key, _, show in COLUMNS)]
            for name, row in rows.items()]
    # Columns of the table become rows: there are more of them than servers.
    turned = [list(cells) for cells in zip(head, *body)]
    return machine() + ".\n\n" + table(turned[0], turned[1:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    in_own_network()
    main_set = data.main_set(DATA)
    names = [name for name in args.only.split(",") if name]
    rows = {}
    for class_ in SERVERS:
        if not names or class_.name in names:
            server = class_(main_set)
            rows[f"{server.name} {server.version()}".strip()] = \
                measure(server, args.quick)
    text = text_of(rows, args.quick)
    if args.quick or names:
        print(text)
    else:
        publish("feed", text)


if __name__ == "__main__":
    sys.exit(main())
