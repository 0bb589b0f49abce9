"""What one table of one mix does not show.

Growth, single questions, TCP, two workers, idleness, instruments,
instructions.  Each part gives one table; each compares with the floor that
does the same.
"""

import multiprocessing
import os
import re
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import data
import servers
from bench_workers import workers
from measure import (BUILD, CLIENT_CPU, DATA, WORK, family, load, loaded,
                     machine, median, pinned, processor_time, table, warm)

PORT = 5320


class EchoTcp(servers.Server):
    echo = True

    def __init__(self, main_set, size=0, copies=False):
        self.name = f"TCP echo {size} {'c' * copies}".strip()
        self.octets = size
        self.copies = ["-c"] if copies else []
        self.port = PORT + (1 if size == 0 else 5 if copies else 2)
        super().__init__(main_set)

    def command(self):
        return [BUILD / "echo_tcp", *self.copies, self.port, self.octets]


class DnsdCorners(servers.Dnsd):
    """Two networks, each with a listener of its own."""

    name = "dnsd corners"
    port = PORT

    def listeners(self):
        return "".join(f'  - address: "{self.address}:{port}"\n'
                       f"    network: {network}\n"
                       for port, network in ((PORT, "crowd"),
                                             (PORT + 3, "list")))


def runs_of(server, questions, rounds, **how):
    if how.get("tcp"):
        load(server, questions, **dict(how, seconds=1))
    else:
        warm(server, questions, **how)
    return [loaded(server, questions, **how) for _ in range(rounds)]


def cost_of(server, questions, rounds, **how):
    return median(runs_of(server, questions, rounds, **how), "cost")


def running(*list_of_servers):
    """Starts each in a fresh folder."""
    for server in list_of_servers:
        server.fresh()
        server.start()
    return list_of_servers


def stop(list_of_servers):
    for server in list_of_servers:
        server.stop()


# --- growth ---------------------------------------------------------------

# Networks, apps in each, and addresses in each that ask: the kernel looks for
# something per asker, so each row is held against a hundred apps of as many.
GROWTH = ((1, 100, 1), (1, 1_000_000, 1), (1, 100, 10_000), (10_000, 100, 1))


class DnsdGrown(servers.DnsdWildcard):
    def __init__(self, port, *size):
        self.name = "dnsd " + " ".join(map(str, size))
        self.port = port
        super().__init__(data.even_set(DATA, *size))


def growth(rounds, seconds):
    """All in turn: the machine's speed drifts more than they differ."""
    grown = [DnsdGrown(PORT + 6 + i, *size) for i, size in enumerate(GROWTH)]
    echo = servers.EchoWildcard(grown[0].data)
    pairs = [(server, dnsd.data / "questions")
             for dnsd in grown for server in (echo, dnsd)]
    runs = [[] for _ in pairs]
    try:
        running(echo, *grown)
        time.sleep(1)
        for server, questions in pairs:
            warm(server, questions)
        for _ in range(3 * rounds):
            for (server, questions), list_ in zip(pairs, runs):
                list_.append(loaded(server, questions, seconds=seconds))
    finally:
        stop([echo, *grown])
    costs = [median(list_, "cost") for list_ in runs]
    rows, small = [], {}
    for (networks, apps, each), floor, cost in \
            zip(GROWTH, costs[::2], costs[1::2]):
        askers = networks * each
        small.setdefault(askers, cost)
        rows.append([f"{networks:,}", f"{apps:,}", f"{askers:,}",
                     f"{cost:.2f}", f"{cost / small[askers]:.2f}",
                     f"{floor:.2f}", f"{cost / floor:.2f}"])
    return "**Growth**: the mix, one wildcard listener, the network told by " \
        "the asker's address.\n\n" + table(
            ["networks", "apps in each", "askers", "µs a query",
             "times a hundred apps", "floor µs", "times the floor"], rows)


# --- single questions -----------------------------------------------------

LIST_OCTETS = 50_253  # of the answer to _apps


def corners(rounds, seconds):
    set_ = data.corners_set(DATA)
    dnsd = DnsdCorners(set_)
    sent = EchoTcp(set_, size=LIST_OCTETS)
    copied = EchoTcp(set_, size=LIST_OCTETS, copies=True)
    all_ = dnsd, sent, copied
    try:
        running(*all_)
        time.sleep(1)
        ten = cost_of(dnsd, set_ / "ten", rounds, seconds=seconds)
        nearest = cost_of(dnsd, set_ / "nearest", rounds, seconds=seconds)
        dnsd.port = PORT + 3
        apps, sent, copied = (
            cost_of(server, set_ / "apps", rounds, seconds=seconds, tcp=True,
                    window=4) for server in all_)
    finally:
        stop(all_)
    list_ = "`_apps` of 5,000 apps over TCP", f"{apps:.2f}"
    return "**Single questions**, one after the other.\n\n" + table(
        ["question", "µs a query", "against", "µs", "times"],
        [["`top10.nearest.of.` an app of 1,000 in 35 regions",
          f"{nearest:.2f}", "`APP` of 10 instances", f"{ten:.2f}",
          f"{nearest / ten:.2f}"],
         [*list_, f"TCP echo that sends {LIST_OCTETS:,} octets",
          f"{sent:.2f}", f"{apps / sent:.2f}"],
         [*list_, "and copies them before", f"{copied:.2f}",
          f"{apps / copied:.2f}"]])


# --- TCP ------------------------------------------------------------------

def most_connections():
    """dnsd keeps half of what it may open, and has some hundred others."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2
    return 10_000 if most > 10_500 else most // 1000 * 1000 - 1000


def tcp(rounds, seconds):
    held_open = most_connections()
    set_ = data.main_set(DATA)
    questions = set_ / "questions"
    dnsd, echo = both = servers.Dnsd(set_), EchoTcp(set_)
    rows = []
    try:
        running(*both)
        servers.wait_for_answer(dnsd, (set_ / "first").read_text())
        udp = runs_of(dnsd, questions, rounds, seconds=seconds)
        rows.append(["dnsd, UDP, 128 under way", *rate_cells(udp)])
        for server in both:
            for connections in (1, 4):
                runs = runs_of(server, questions, rounds, seconds=seconds,
                               tcp=True, connections=connections)
                rows.append([f"{server.name}, {connections} pipelined, 128 "
                             "under way on each", *rate_cells(runs)])
            held = [loaded(server, questions, seconds=seconds + 1, tcp=True,
                           connections=held_open,
                           rate=held_open, window=1)
                    for _ in range(rounds)]
            rows.append([f"{server.name}, {held_open:,} connections, one "
                         "question a second each", *rate_cells(held)])
    finally:
        stop(both)
    return "**TCP**, the mix.\n\n" + table(
        ["", "answers/s", "µs a query", "lost", "closed", "wrong", "p50 µs",
         "p99 µs"], rows)


def rate_cells(runs):
    return [f"{median(runs, 'rate'):,.0f}", f"{median(runs, 'cost'):.2f}",
            *(sum(run[key] for run in runs)
              for key in ("lost", "closed", "wrong")),
            f"{median(runs, 'p50'):.0f}", f"{median(runs, 'p99'):.0f}"]


# --- idleness -------------------------------------------------------------

def switches(pid):
    """How often any thread of the family went to sleep or was put aside."""
    count = 0
    for member in family(pid):
        for task in Path(f"/proc/{member}/task").glob("*/status"):
            count += sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)",
                                             task.read_text())))
    return count


def held_transactions(store):
    """Readers' slots that hold a snapshot, as LMDB's own tool sees them."""
    # It fails after this table, on what else it would tell of the store.
    out = subprocess.run(["mdb_stat", "-r", store], capture_output=True,
                         text=True).stdout
    if "Reader Table" not in out:
        sys.exit("mdb_stat shows no readers' table")
    return sum(1 for line in out.splitlines()
               if re.match(r"\s*\d+\s+\w+\s+\d+\s*$", line))


def idle(_rounds, seconds):
    set_ = data.main_set(DATA)
    dnsd = servers.Dnsd(set_)
    seconds = max(10, seconds)
    try:
        running(dnsd)
        servers.wait_for_answer(dnsd, (set_ / "first").read_text())
        load(dnsd, set_ / "questions", seconds=1)
        time.sleep(1)
        before = switches(dnsd.process.pid), processor_time(dnsd.process.pid)
        time.sleep(seconds)
        after = switches(dnsd.process.pid), processor_time(dnsd.process.pid)
        held = held_transactions(dnsd.store())
    finally:
        dnsd.stop()
    return f"**Idle** for {seconds:g} s after load: " \
        f"{after[0] - before[0]} wake-ups, " \
        f"{(after[1][0] - before[1][0]) * 1e6:.0f} µs of processor, " \
        f"{held} snapshots held."


# --- instructions ---------------------------------------------------------

TRACE_QUESTIONS = 20_000


CALLGRIND_OUT = WORK / "callgrind.out"


def callgrind(store, questions):
    """Instructions a question."""
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no",
         f"--callgrind-out-file={CALLGRIND_OUT}", BUILD / "trace", store,
         data.NETWORK, questions], capture_output=True, text=True, check=True)
    collected = int(re.search(r"Collected : (\d+)", run.stderr)[1])
    return collected / TRACE_QUESTIONS


def file_of_ours(file):
    """A source's path; the C library's have none here."""
    ours = re.search(
        r"(?:^|/)((?:zones|include/base|include/zones|tests)/.*)$", file)
    return ours[1] if ours else "C library"


def by_source():
    """Of the last run: instructions a question of each file, largest first."""
    out = subprocess.run(["callgrind_annotate", "--threshold=100",
                          CALLGRIND_OUT], capture_output=True, text=True,
                         check=True).stdout
    counts = {}
    for count, where in re.findall(r"^ *([\d,]+) \([^)]*\)  (\S+)", out, re.M):
        file, _, function = where.rpartition(":")
        if not file:
            continue  # the total
        name = "LMDB" if file == "???" else file_of_ours(file)
        counts[name] = counts.get(name, 0) + int(count.replace(",", ""))
    return sorted(((n / TRACE_QUESTIONS, name) for name, n in counts.items()),
                  reverse=True)


def instructions(_rounds, _seconds):
    set_ = data.main_set(DATA)
    dnsd = servers.Dnsd(set_)
    dnsd.fresh()
    fleet = data.fleet_main()
    rows, sources = [], None
    for name, mix in (("the mix", data.MIX),
                      *((ask.__name__, ((1, ask),)) for _, ask in data.MIX)):
        questions = WORK / "trace-questions"
        data.write_questions(fleet, questions, TRACE_QUESTIONS, mix=mix)
        timed = subprocess.run(
            pinned(1, BUILD / "trace", dnsd.store(), data.NETWORK, questions,
                   50), capture_output=True, text=True, check=True)
        rows.append([name.replace("ask_", ""),
                     f"{callgrind(dnsd.store(), questions):,.0f}",
                     re.search(r'"ns":([\d.]+)', timed.stdout)[1]])
        sources = sources or by_source()
    where = [[f"`{name}`", f"{n:,.0f}"] for n, name in sources if n >= 20]
    return f"**The query path without sockets**, {TRACE_QUESTIONS:,} " \
        "questions of each kind: instructions as callgrind counts them, and " \
        "the time they take by themselves.\n\n" + table(
            ["questions", "instructions a query", "ns"], rows) + \
        "\n\nWhere the mix's instructions are, by the file they were " \
        "written in:\n\n" + table(["source", "instructions a query"], where)


# --- instruments ----------------------------------------------------------

class DnsdTapped(servers.Dnsd):
    """With a tap that sees one question of SAMPLE; 0: without one."""

    def __init__(self, main_set, port, sample):
        self.name = f"dnsd tap {sample}"
        self.port = port
        self.sample = sample
        super().__init__(main_set)

    def configure(self, workers=1, more=""):
        if self.sample:
            more = f"dnstap: {self.folder}/tap\ndnstap-sample: {self.sample}\n"
        super().configure(workers, f"control: {self.folder}/control\n" + more)


def taps(rounds, seconds):
    set_ = data.main_set(DATA)
    kinds = (0, "nobody"), (100, "dnstap, 1 of 100, to a file"), \
        (1, "dnstap, all, to a file")
    tapped = [DnsdTapped(set_, PORT + 10 + i, sample)
              for i, (sample, _) in enumerate(kinds)]
    runs = [[] for _ in tapped]
    try:
        running(*tapped)
        for dnsd in tapped:
            warm(dnsd, set_ / "questions")
        for _ in range(3 * rounds):
            for dnsd, list_ in zip(tapped, runs):
                list_.append(loaded(dnsd, set_ / "questions",
                                    seconds=seconds))
    finally:
        stop(tapped)
    costs = [median(list_, "cost") for list_ in runs]
    return "**Who looks on**: the mix; the sketch of who asks what is " \
        "always there.\n\n" + table(
            ["who looks on", "µs a query", "times nobody"],
            [[name, f"{cost:.2f}", f"{cost / costs[0]:.2f}"]
             for (_, name), cost in zip(kinds, costs)])


# What strangers do to `dnsctl serve`, each for ever.
HTTP = "127.0.0.1", PORT + 15
SLOW = 1_000


def http_say(request):
    try:
        with socket.create_connection(HTTP, 1) as s:
            s.sendall(request)
            while s.recv(65536):
                pass
    except OSError:
        time.sleep(0.01)


def hostile():
    os.sched_setaffinity(0, [CLIENT_CPU])
    os.nice(19)
    held = []
    while True:
        while len(held) < SLOW:
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(HTTP)
            held.append(s)
        for s in held[:100]:
            try:
                s.send(b"X")
            except BlockingIOError:
                pass
            except OSError:
                held.remove(s)
        http_say(b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000)
        for _ in range(10):
            http_say(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")


def hostile_serve(rounds, seconds):
    """The serving process may run wherever the server does."""
    set_ = data.main_set(DATA)
    dnsd = DnsdTapped(set_, PORT + 14, 0)
    runs = {"quiet": [], "under load": []}
    try:
        running(dnsd)
        servers.wait_for_answer(dnsd, (set_ / "first").read_text())
        for _ in range(rounds):
            runs["quiet"].append(latency_of(dnsd, seconds))
            serve = subprocess.Popen(
                [BUILD / "dnsctl", "-s", dnsd.store(), "serve",
                 ":".join(map(str, HTTP)), "--control",
                 dnsd.folder / "control"], stderr=subprocess.DEVNULL)
            strangers = multiprocessing.Process(target=hostile, daemon=True)
            strangers.start()
            time.sleep(1)
            try:
                runs["under load"].append(latency_of(dnsd, seconds))
            finally:
                for process in strangers, serve:
                    process.terminate()
                strangers.join()
                serve.wait()
    finally:
        dnsd.stop()
    quiet, loud = (median(list_, "p99") for list_ in runs.values())
    return f"**Strangers at `dnsctl serve`**, {SLOW:,} slow connections, " \
        "headers of 100,000 octets, `/metrics` without an end: the server's " \
        f"p99 is {loud / quiet:.2f} times that without.\n\n" + table(
            ["`dnsctl serve`", "p50 µs", "p99 µs", "lost", "wrong"],
            [[name, f"{median(list_, 'p50'):.0f}",
              f"{median(list_, 'p99'):.0f}",
              *(sum(run[key] for run in list_) for key in ("lost", "wrong"))]
             for name, list_ in runs.items()])


def latency_of(server, seconds):
    return load(server, server.data / "questions", seconds=3 * seconds,
                rate=5_000, patient=True)


PARTS = (growth, corners, tcp, workers, idle, taps, hostile_serve,
         instructions)


def run(args):
    rounds, seconds = (1, 2.0) if args.quick else (2, 1.5)
    names = [name for name in args.only.split(",") if name]
    chosen = [p for p in PARTS if not names or p.__name__ in names]
    texts = [part(rounds, seconds) for part in chosen]
    return "\n\n".join([machine() + ".", *texts])
