"""Each worker on a processor of its own, for what that receives."""

import os
import re

import dns.message
import pytest

from ask import (ACME, SERVER6, connect, make_socket, recv_tcp, send_tcp,
                 values)
from programs import sample, until
from test_server_reload import reload

QUESTION = dns.message.make_query("paulgra-ham.internal", "AAAA").to_wire()
ALL = os.sched_getaffinity(0)
WORKERS = min(2, len(ALL))
PROCESSORS = sorted(ALL)[:WORKERS]


@pytest.fixture(name="on")
def fixture_on():
    """Keeps the test on a processor until it ends."""
    yield lambda processor: os.sched_setaffinity(0, {processor})
    os.sched_setaffinity(0, ALL)


def tasks(d):
    """The workers' threads, in their order."""
    path = f"/proc/{d.process.pid}/task"
    found = {}
    for task in os.listdir(path):
        with open(f"{path}/{task}/comm", encoding="ascii") as comm:
            name = comm.read().split()
        if name[0] == "worker":
            found.setdefault(int(name[1]), []).append(int(task))
    # Those that a reload retires are there for a while.
    return [found[i][0] for i in sorted(found) if len(found[i]) == 1]


def wait_for_workers(d):
    until(lambda: len(tasks(d)) == WORKERS, "nobody but the workers is left")
    return tasks(d)


def switches(d):
    """How often each worker went to sleep."""
    counts = []
    for task in tasks(d):
        with open(f"/proc/{d.process.pid}/task/{task}/status",
                  encoding="ascii") as status:
            counts.append(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                        status.read(), re.M)[1]))
    return counts


def ask_udp():
    with make_socket(ACME) as s:
        s.sendto(QUESTION, (SERVER6, 53))
        assert values(dns.message.from_wire(s.recv(4096))) == [ACME]


def ask_tcp():
    with connect() as s:
        send_tcp(s, QUESTION)
        assert values(dns.message.from_wire(recv_tcp(s))) == [ACME]


def asked(d, ask):
    """Which workers wake for 50 questions, one after the other.

    One that only had a last thing to do before goes to sleep once or twice.
    """
    before = switches(d)
    for _ in range(50):
        ask()
    return [i for i, (b, a) in enumerate(zip(before, switches(d)))
            if a - b > 2]


@pytest.mark.parametrize("ask", [ask_udp, ask_tcp])
def test_a_worker_answers_what_its_processor_receives(servers, on, ask):
    d = servers.serve(servers.store(sample()), workers=WORKERS, steer=True)
    workers = wait_for_workers(d)
    assert [os.sched_getaffinity(task) for task in workers] == \
        [{processor} for processor in PROCESSORS]
    for i, processor in enumerate(PROCESSORS):
        on(processor)
        assert asked(d, ask) == [i]


def test_what_is_not_steered_is_spread(servers, on):
    """Before a reload that steers, and after one that no longer does."""
    d = servers.serve(servers.store(sample()), workers=WORKERS)
    on(PROCESSORS[0])
    for steer, who in ((False, list(range(WORKERS))), (True, [0]),
                       (False, list(range(WORKERS)))):
        reload(d, steer=steer)
        wait_for_workers(d)
        assert asked(d, ask_udp) == who
