"""Do two workers on two processors scale as two echoes do?

There are no other processors for clients, so each processor has a worker
and a client, which takes its part of it: two workers then have twice of
everything that one has.  Were one worker measured with a client on the other
processor, two could hardly add to it, however well they scale.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import data
import servers
from measure import (BUILD, DATA, Process, median, pinned, processor_time,
                     table)

PORT = 5330
BOTH = "0,1"


class Pinned:
    """What one and two of a kind have in common."""

    processes = ()

    def __init__(self, main_set, workers):
        self.name = f"{self.name} {workers}"
        self.workers = workers
        self.port += workers
        super().__init__(main_set)

    def stop(self):
        for process in self.processes:
            process.stop()


class Echoes(Pinned, servers.Echo):
    """As many echoes on one port, each on a processor of its own."""

    name = "echoes"
    port = PORT

    def start(self):
        self.processes = [Process([BUILD / "echo", "-r", self.address,
                                   self.port], self.folder / "log", cpu=cpu)
                          for cpu in range(self.workers)]


class DnsdWorkers(Pinned, servers.Dnsd):
    """Its workers do not pin themselves; here they are told apart."""

    name = "dnsd workers"
    port = PORT + 2
    more = ""

    def configure(self):
        super().configure(workers=self.workers, more=self.more)

    def start(self):
        self.processes = [Process(self.command(), self.folder / "log",
                                  cpu=BOTH)]
        time.sleep(1)
        for task in Path(f"/proc/{self.processes[0].pid}/task").iterdir():
            name = (task / "comm").read_text().split()
            if name[0] == "worker":
                os.sched_setaffinity(int(task.name), {int(name[1])})


class DnsdSteered(DnsdWorkers):
    """A client's questions go to the worker beside it."""

    name = "dnsd steered"
    port = PORT + 4
    more = "steer: yes\n"


def shared_load(server, questions, seconds):
    """A client beside each worker, on its processor; answers a second."""
    command = [BUILD / "load", "-p", "-t", seconds, "-w", 8, "-c", 32]
    command += ["-e", server.octets] if server.echo else []
    command += [server.address, server.port, questions]
    clients = [subprocess.Popen(pinned(cpu, *command), stdout=subprocess.PIPE)
               for cpu in range(server.workers)]
    reports = [json.loads(client.communicate()[0]) for client in clients]
    return sum(r["answered"] / r["seconds"] for r in reports)


def shared_run(server, questions, seconds):
    """Answers a second, and processor time of an answer."""
    before = sum(processor_time(p.pid)[0] for p in server.processes)
    rate = shared_load(server, questions, seconds)
    after = sum(processor_time(p.pid)[0] for p in server.processes)
    return {"rate": rate, "cost": (after - before) / rate / seconds * 1e6}


def workers(rounds, seconds):
    set_ = data.main_set(DATA)
    kinds = {"bare echo": [Echoes(set_, n) for n in (1, 2)],
             "dnsd": [DnsdWorkers(set_, n) for n in (1, 2)],
             "dnsd, `steer: yes`": [DnsdSteered(set_, n) for n in (1, 2)]}
    every = [server for pair in kinds.values() for server in pair]
    runs = {server.name: [] for server in every}
    try:
        for server in every:
            server.fresh()
            server.start()
        for server in every:
            shared_load(server, set_ / "questions", 1)
        # Which socket comes to which worker is drawn anew each time.
        for _ in range(4 * rounds):
            for server in every:
                runs[server.name].append(
                    shared_run(server, set_ / "questions", seconds))
    finally:
        for server in every:
            server.stop()
    rows = []
    for name, pair in kinds.items():
        (rate, cost), (rate2, cost2) = (
            [median(runs[server.name], key) for key in ("rate", "cost")]
            for server in pair)
        rows.append([name, f"{rate:,.0f}", f"{rate2:,.0f}",
                     f"{rate2 / rate:.2f}", f"{cost:.2f}", f"{cost2:.2f}",
                     f"{cost2 / cost:.2f}"])
    return "**Two workers** on two processors, and one on one; beside each, " \
        "on its processor, is a client.\n\n" + table(
            ["", "answers/s, one", "two", "times", "µs a query, one", "two",
             "times"], rows)
