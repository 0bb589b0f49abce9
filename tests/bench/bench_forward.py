"""What a forwarded answer costs: ours against other forwarders.

    bench_forward.py [--quick] [--only NAME,...]

The forwarder has one processor; the upstream (NSD) and the client share the
other.  Where the upstream is needed the client sleeps rather than spins, so
that it leaves it the processor.
"""

import argparse
import multiprocessing
import os
import random
import selectors
import socket
import sys
import time

import data
import servers
from measure import (BUILD, CLIENT_CPU, DATA, Process, in_own_network, load,
                     loaded, machine, median, publish, table, user_share,
                     wait_for_answer)

ZONE = "bench.example"
UPSTREAM_PORT = 5330
NAMES, HOT, QUESTIONS = 200_000, 1_000, 600_000
FLOOD = 20_000  # forwarded questions a second into a black hole


# --- data -----------------------------------------------------------------

def build_set(folder):
    rng = random.Random(data.SEED)
    names = [f"host-{n}.{ZONE}" for n in range(NAMES)]
    with open(folder / "zone", "w") as out:
        out.write(f"$ORIGIN {ZONE}.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 "
                  "600 86400 60\n@ NS ns\nns A 192.0.2.1\n")
        for n in range(NAMES):
            out.write(f"host-{n} A 198.51.{n >> 8 & 255}.{n & 255}\n")
    rng.shuffle(names)
    write(folder / "once", names)
    write(folder / "again", rng.choices(names, k=QUESTIONS))
    write(folder / "hot", rng.choices(names[:HOT], k=QUESTIONS))


def write(path, names):
    path.write_text("".join(f"{name} A 0 1\n" for name in names))


def forward_set():
    return data.make(DATA / "forward", build_set)


# --- servers --------------------------------------------------------------

class Upstream(servers.Nsd):
    name = "upstream"
    port = UPSTREAM_PORT

    def prepare(self):
        super().prepare()
        conf = self.folder / "nsd.conf"
        text = conf.read_text().replace(f'name: "{servers.ZONE}"',
                                        f'name: "{ZONE}"')
        conf.write_text(text.replace("/internal.zone", "/zone"))

    def start(self, first_name=None, pause=0.02):
        self.process = Process(self.command(), self.folder / "log",
                               cpu=CLIENT_CPU)


class Forwarder(servers.Server):
    upstream = UPSTREAM_PORT


class DnsdForward(Forwarder, servers.Dnsd):
    name = "dnsd"
    port = 5331

    def prepare(self):
        self.configure(more=f"""forward:
  upstreams: ["udp://127.0.0.1:{self.upstream}"]
  allow: ["127.0.0.0/8"]
  cache-size: 256MiB
""")

    def listeners(self):
        return f'  - address: "127.0.0.1:{self.port}"\n'


class Unbound(Forwarder):
    name = "unbound"
    package = "unbound"
    port = 5332

    def prepare(self):
        self.write("unbound.conf", f"""
server:
  interface: 127.0.0.1@{self.port}
  num-threads: 1
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  msg-cache-size: 256m
  rrset-cache-size: 256m
  outgoing-range: 8192
  num-queries-per-thread: 4096
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{self.upstream}
""")

    def command(self):
        return ["unbound", "-d", "-c", self.folder / "unbound.conf"]


class Dnsdist(Forwarder):
    name = "dnsdist"
    package = "dnsdist"
    port = 5333

    def prepare(self):
        self.write("dnsdist.conf", f"""
setLocal("127.0.0.1:{self.port}")
setACL({{"127.0.0.0/8"}})
setSecurityPollSuffix("")
newServer({{address="127.0.0.1:{self.upstream}", sockets=4}}):setUp()
getPool(""):setCache(newPacketCache(400000, {{maxTTL=86400}}))
""")

    def command(self):
        return ["dnsdist", "--supervised", "--disable-syslog", "-C",
                self.folder / "dnsdist.conf"]


class DnsmasqForward(Forwarder):
    name = "dnsmasq"
    package = "dnsmasq-base"
    port = 5334

    def command(self):
        return ["dnsmasq", "--keep-in-foreground", "--user=root",
                "--conf-file=/dev/null", f"--pid-file={self.folder}/pid",
                "--no-resolv", "--no-hosts",
                f"--server=127.0.0.1#{self.upstream}",
                f"--port={self.port}", f"--listen-address={self.address}",
                "--bind-interfaces", "--cache-size=400000",
                "--dns-forward-max=1000"]


FORWARDERS = (DnsdForward, Dnsdist, Unbound, DnsmasqForward)


# --- passes ---------------------------------------------------------------

PASSES = (
    # name, file of questions, how many, whether the client sleeps
    ("misses", "once", NAMES, True),
    ("again", "again", QUESTIONS, True),
    ("hot", "hot", QUESTIONS, False),
)


def measure_passes(server):
    """A fresh start, then each pass once."""
    runs = {}
    server.start()
    try:
        if not server.echo:
            wait_for_answer(server, f"ns.{ZONE}", type_=1)
        for name, file, count, patient in PASSES:
            runs[name] = loaded(server, server.data / file, seconds=60,
                                count=count, patient=patient)
    finally:
        server.stop()
    return runs


def pass_row(server, rounds, floors):
    cells = [f"{server.name} {server.version()}".strip()]
    for name, *_ in PASSES:
        runs = [r[name] for r in rounds]
        cost = median(runs, "cost")
        cells += [f"{cost:.2f}", f"{cost * user_share(runs):.2f}",
                  f"{cost / median(floors[name], 'cost'):.2f}",
                  f"{median(runs, 'rate'):,.0f}",
                  sum(r["lost"] + r["wrong"] for r in runs)]
    return cells


def passes_text(classes, rounds):
    set_ = forward_set()
    measured = {}
    upstream = Upstream(set_)
    upstream.fresh()
    upstream.start()
    try:
        for class_ in (servers.Echo, *classes):
            server = class_(set_)
            server.fresh()
            measured[server] = [measure_passes(server) for _ in range(rounds)]
    finally:
        upstream.stop()
    echo_rounds = next(iter(measured.values()))
    floors = {name: [r[name] for r in echo_rounds] for name, *_ in PASSES}
    head = [""]
    for name, *_ in PASSES:
        head += [f"{name}: µs", "user", "times the floor", "answers/s",
                 "lost or wrong"]
    rows = [pass_row(server, all_, floors) for server, all_ in
            measured.items()]
    # Columns of the table become rows: there are more of them than servers.
    turned = [list(map(str, cells)) for cells in zip(head, *rows)]
    return f"{rounds} rounds, medians.\n\n" + table(turned[0], turned[1:])


# --- a new port for each batch --------------------------------------------

class DnsdKeeps(DnsdForward):
    """What a scan of ports would pay off against."""

    name = "sockets chosen at random, whose ports stay"
    port = 5342
    ports = "keep"

    def command(self):
        return ["env", f"LD_PRELOAD={BUILD / 'bench' / 'ports.so'}",
                f"PORTS={self.ports}", f"UPSTREAM={self.upstream}",
                *super().command()]


class DnsdConnects(DnsdKeeps):
    name = "a new port for each batch, connected to the upstream"
    port = 5343
    ports = "connect"


class DnsdRenews(DnsdForward):
    name = "a new port for each batch, as it is"
    port = 5344


PORTS = DnsdRenews, DnsdKeeps, DnsdConnects
ALONE = 20_000  # questions, each of which is a batch


def measure_ports(server, **how):
    server.start()
    try:
        wait_for_answer(server, f"ns.{ZONE}", type_=1)
        return loaded(server, server.data / "once", seconds=60, patient=True,
                      **how)
    finally:
        server.stop()


def ports_text(rounds):
    set_ = forward_set()
    upstream = Upstream(set_)
    upstream.fresh()
    upstream.start()
    runs = {class_(set_): ([], []) for class_ in PORTS}
    try:
        for server in runs:
            server.fresh()
        for _ in range(rounds):
            for server, (many, alone) in runs.items():
                many.append(measure_ports(server, count=NAMES))
                alone.append(measure_ports(server, count=ALONE, window=1))
    finally:
        upstream.stop()
    ours = [median(all_, "cost") for all_ in next(iter(runs.values()))]
    rows = [[server.name] + [cell for all_, our in zip(both, ours) for cell in
                             (f"{median(all_, 'cost'):.2f}",
                              f"{median(all_, 'cost') / our:.2f}")]
            for server, both in runs.items()]
    return "Misses, by what port a question leaves from, with 128 questions " \
        f"under way and with one; {rounds} rounds, medians:\n\n" + table(
            ["", "128: µs", "times ours", "one: µs", "times ours"], rows)


# --- private names while the upstream is gone -----------------------------

class DnsdBlackHole(servers.Dnsd):
    name = "dnsd black hole"
    port = 5335
    upstream = 5336

    def listeners(self):
        return (f'  - address: "127.0.0.1:{self.port}"\n'
                f"    network: {self.network}\n")

    def configure(self, workers=1, more=""):
        super().configure(workers, f"""forward:
  upstreams: ["udp://127.0.0.1:{self.upstream}"]
  allow: ["127.0.0.0/8"]
""")


def private_latency(server, seconds):
    return load(server, server.data / "questions", seconds=seconds,
                rate=5_000, patient=True)


def black_hole_text(seconds):
    """Private names, quiet and with questions that nobody will answer."""
    main_set = data.main_set(DATA)
    server = DnsdBlackHole(main_set)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", server.upstream))
        server.fresh()
        server.start((main_set / "first").read_text())
        try:
            private_latency(server, 1)
            quiet = private_latency(server, seconds)
            flood = load(server, forward_set() / "once", start_only=True,
                         seconds=seconds + 2, rate=FLOOD, patient=True)
            time.sleep(1)
            busy = private_latency(server, seconds)
            flood.communicate()
        finally:
            server.stop()
    rows = [[name, f"{run['p50']:.0f}", f"{run['p99']:.0f}",
             f"{run['p999']:.0f}", run["lost"], run["wrong"]]
            for name, run in (("quiet", quiet),
                              (f"with {FLOOD:,} forwarded questions a second",
                               busy))]
    return "Private names, 5,000 questions a second, while the upstream " \
        "answers nothing:\n\n" + table(
            ["", "p50 µs", "p99 µs", "p99.9 µs", "lost", "wrong"], rows)


# --- a pool in which half are not as they should be ----------------------

CLEAN, LOWERS, NO_COOKIES = "clean", "lowers letters", "has no cookies"
POOLS = ("all clean", [CLEAN] * 4), \
    ("half not", [CLEAN, LOWERS, CLEAN, NO_COOKIES])
POOL_PORT, POOL_RATE = 5341, 4_000

OPT = b"\0\0\x29\x04\xd0\0\0\0\0"
ADDRESS = b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc6\x33\x64\1"


def pool_reply(q, how):
    """One address, whatever was asked for."""
    end = q.index(0, 12) + 5
    question, opt = q[12:end], q[end:]
    if how == LOWERS:
        question = question[:-4].lower() + question[-4:]
    reply = q[:2] + b"\x81\x80\0\1\0\1\0\0\0" + q[11:12] + question + \
        ADDRESS
    if not opt:
        return reply
    if len(opt) < 23 or how == NO_COOKIES:
        return reply + OPT + b"\0\0"
    return reply + OPT + b"\0\x14\0\x0a\0\x10" + opt[15:23] + b"servers'"


def pool_serve(pool):
    os.sched_setaffinity(0, [CLIENT_CPU])
    waiting = selectors.DefaultSelector()
    for port, how in enumerate(pool, POOL_PORT):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", port))
        waiting.register(s, selectors.EVENT_READ, how)
    while True:
        for key, _ in waiting.select():
            q, sender = key.fileobj.recvfrom(4096)
            key.fileobj.sendto(pool_reply(q, key.data), sender)


class DnsdPool(DnsdForward):
    name = "dnsd pool"
    port = 5340

    def prepare(self):
        urls = [f"udp://127.0.0.1:{POOL_PORT + n}" for n in range(4)]
        self.configure(more=f"""forward:
  upstreams: {urls}
  allow: ["127.0.0.0/8"]
""")


def measure_pool(pool, seconds):
    servers_ = multiprocessing.Process(target=pool_serve, args=(pool,),
                                       daemon=True)
    servers_.start()
    server = DnsdPool(forward_set())
    server.fresh()
    server.start()
    try:
        wait_for_answer(server, f"ns.{ZONE}", type_=1)
        return load(server, server.data / "once", seconds=seconds,
                    rate=POOL_RATE, patient=True)
    finally:
        server.stop()
        servers_.terminate()
        servers_.join()


def pools_text(seconds, rounds):
    runs = {name: [] for name, _ in POOLS}
    for _ in range(rounds):
        for name, pool in POOLS:
            runs[name].append(measure_pool(pool, seconds))
    rows = [[name, f"{median(all_, 'p50'):.0f}", f"{median(all_, 'p99'):.0f}",
             sum(run["lost"] + run["wrong"] for run in all_)]
            for name, all_ in runs.items()]
    clean, half = (median(all_, "p99") for all_ in runs.values())
    return f"Misses, {POOL_RATE:,} a second, to four upstreams of which two " \
        "are not as they should be: one lowers letters, one has no " \
        f"cookies. p99 is {half / clean:.2f} times that of a clean pool:" \
        "\n\n" + table(["", "p50 µs", "p99 µs", "lost or wrong"], rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    in_own_network()
    names = [name for name in args.only.split(",") if name]
    classes = [c for c in FORWARDERS if not names or c.name in names]
    text = [machine() + "; " + passes_text(classes, 1 if args.quick else 3)]
    if DnsdForward in classes:
        text.append(ports_text(1 if args.quick else 7))
        text.append(black_hole_text(2 if args.quick else 5))
        text.append(pools_text(*(4, 1) if args.quick else (10, 5)))
    if args.quick or names:
        print("\n\n".join(text))
    else:
        publish("forward", "\n\n".join(text))


if __name__ == "__main__":
    sys.exit(main())
