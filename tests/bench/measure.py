"""What the benchmarks share: processors, processes, load runs, tables."""

import json
import os
import platform
import re
import socket
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", ROOT / "build"))
WORK = BUILD / "bench"
DATA = WORK / "data"
REPORT = ROOT / "docs" / "performance.md"

SERVER_CPU, CLIENT_CPU = 0, 1
RESOLVER = "fdaa::3"  # what wildcard listeners are asked at
ASKER = "fdaa:0:18::a"  # of the first network of every data set


def in_own_network():
    """Runs the whole program again in a network namespace of its own.

    There no port is taken and no firewall rule costs anything; all of
    fdaa::/16 is local, so that a client can stand at any address of any
    network.
    """
    if os.environ.get("BENCH_NETWORK") != "own":
        flags = "-n" if os.geteuid() == 0 else "-rn"
        environment = dict(os.environ, BENCH_NETWORK="own")
        os.execvpe("unshare", ["unshare", flags, sys.executable, *sys.argv],
                   environment)
    for command in ("ip link set lo up",
                    f"ip -6 addr add {RESOLVER}/128 dev lo",
                    "ip -6 route add local fdaa::/16 dev lo"):
        subprocess.run(command.split(), check=True)


def pinned(cpu, *command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


# --- processor time -------------------------------------------------------

def family(pid):
    """A process and all its descendants."""
    found, new = [], [pid]
    while new:
        pid = new.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*"):
            new += map(int, (task / "children").read_text().split())
    return found


def processor_time(pid):
    """(seconds in all, user ticks, system ticks) of a process family.

    The scheduler counts the total in nanoseconds; user and system are only
    sampled, so they are used as shares of the total over long runs.
    """
    total = user = system = 0
    for member in family(pid):
        for task in Path(f"/proc/{member}/task").glob("*"):
            total += int((task / "schedstat").read_text().split()[0])
        fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1]
        user += int(fields.split()[11])
        system += int(fields.split()[12])
    return total / 1e9, user, system


def resident(pid):
    """Octets that a process family holds in memory, shared ones once."""
    total = 0
    for member in family(pid):
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except ProcessLookupError:  # a child that has ended since
            continue
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024
    return total


# --- processes ------------------------------------------------------------

class Process:
    """A server under measurement; stopped whatever happens."""

    def __init__(self, command, log, cpu=SERVER_CPU):
        self.log = open(log, "ab")
        self.begun = time.monotonic()
        self.popen = subprocess.Popen(pinned(cpu, *command), stdout=self.log,
                                      stderr=self.log,
                                      stdin=subprocess.DEVNULL)
        self.pid = self.popen.pid

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(30)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.log.close()


def packet(name, type_=28, id_=1):
    labels = b"".join(bytes([len(label)]) + label.encode()
                      for label in name.rstrip(".").split("."))
    return (struct.pack("!6H", id_, 0x100, 1, 0, 0, 0) + labels + b"\0"
            + struct.pack("!2H", type_, 1))


IPV6_FREEBIND = 78


def ask(address, port, name, type_=28, timeout=0.25, source=None):
    """One question over UDP: (rcode, answers), or None."""
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(kind, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            if source:
                s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
                s.bind((source, 0))
            s.connect((address, port))
            s.send(packet(name, type_))
            reply = s.recv(65535)
        except OSError:
            return None
    return reply[3] & 15, struct.unpack("!H", reply[6:8])[0]


def wait_for_answer(server, name, seconds=300, pause=0.02, type_=28):
    """Until the server has an address for the name.

    Returns how long that took, from before its process was made.
    """
    begun = server.process.begun
    while time.monotonic() - begun < seconds:
        if server.process.popen.poll() is not None:
            break
        reply = ask(server.address, server.port, name, type_, timeout=pause,
                    source=ASKER if server.sources else None)
        if reply and reply[1] > 0:
            return time.monotonic() - begun
        time.sleep(pause)
    sys.exit(f"{server.name} does not answer {name}; see "
             f"{server.process.log.name}")


# --- load -----------------------------------------------------------------

def load(server, questions, seconds=2.0, window=128, connections=1, rate=0,
         tcp=False, patient=False, count=0, start_only=False):
    """Runs the load client against a server; its report, or its process.

    A patient client sleeps and shares its processor with others, whom it
    goes before; where the system allows no such priority it goes without.
    """
    command = [BUILD / "load", "-t", seconds, "-w", window, "-c", connections]
    command += ["-r", rate] if rate else []
    command += ["-n", count] if count else []
    command += ["-p"] if patient else []
    command += ["-T"] if tcp else []
    command += ["-S"] if server.sources else []
    command += ["-e", server.octets] if server.echo else []
    command += [server.address, server.port, questions]
    first = ["chrt", "-f", "1"] if patient and may_go_first() else []
    client = subprocess.Popen([*first, *pinned(CLIENT_CPU, *command)],
                              stdout=subprocess.PIPE)
    if start_only:
        return client
    out, _ = client.communicate()
    if client.returncode != 0:
        sys.exit(f"{server.name}: the load client failed")
    return json.loads(out)


def may_go_first():
    return subprocess.run(["chrt", "-f", "1", "true"],
                          capture_output=True).returncode == 0


def loaded(server, questions, **how):
    """A load run with the server's processor time a query, microseconds."""
    before = processor_time(server.process.pid)
    run = load(server, questions, **how)
    after = processor_time(server.process.pid)
    answers = max(1, run["answered"] + run["wrong"])
    run["cost"] = (after[0] - before[0]) / answers * 1e6
    run["user_ticks"] = after[1] - before[1]
    run["system_ticks"] = after[2] - before[2]
    run["rate"] = answers / run["seconds"]
    run["busy"] = (after[0] - before[0]) / run["seconds"]
    return run


def warm(server, questions, **how):
    """Every question of a file twice, so that all has been seen."""
    count = 2 * sum(1 for _ in open(questions))
    load(server, questions, **dict(how, seconds=10, count=count))


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def total(runs, key):
    return sum(run[key] for run in runs)


def user_share(runs):
    user, system = total(runs, "user_ticks"), total(runs, "system_ticks")
    return user / max(1, user + system)


# --- reports --------------------------------------------------------------

def table(head, rows):
    """Markdown, columns as wide as they need to be."""
    text = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in text) for i in range(len(head))]

    def line(cells):
        return "| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths)) \
            + " |"

    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([line(text[0]), rule, *map(line, text[1:])])


def machine():
    """What everything below was run on, one line."""
    cpu = re.search(r"model name\s*: (.*)",
                    Path("/proc/cpuinfo").read_text())[1]
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short",
                             "HEAD"], capture_output=True, text=True)
    return (f"{os.cpu_count()} processors ({cpu}), Linux "
            f"{platform.release()}, Debian "
            f"{Path('/etc/debian_version').read_text().strip()}, "
            f"commit {commit.stdout.strip()}, "
            f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC")


def package_version(package):
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                         capture_output=True, text=True)
    return out.stdout.strip()


def publish(section, text):
    """Prints a section and puts it between its markers in the report."""
    print(text)
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    old = REPORT.read_text()
    head, rest = old.split(begin, 1)
    tail = rest.split(end, 1)[1]
    REPORT.write_text(f"{head}{begin}\n{text}\n{end}{tail}")
