"""What an answer costs that does not depend on time: system calls."""

import os
import re
import signal
import socket
import subprocess

import dns.message
import pytest

from ask import (ACME, PATIENCE, SERVER6, connect, make_socket, recv_tcp,
                 values)
from programs import EVERYWHERE, sample, until

BATCH = 64  # packets; QUERY_BATCH
QUESTION = dns.message.make_query("paulgra-ham.internal", "AAAA").to_wire()

BOUND = [{"address": "[fdaa::3]:53"}]


def stopped(d):
    with open(f"/proc/{d.process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] in "Tt"


class Watched:
    """The system calls of a server from here to the end of the block.

    It is stopped at first, so that what is asked waits until `go`.
    """

    def __init__(self, d, path):
        self.d, self.path = d, path

    def __enter__(self):
        until(lambda: " workers" in self.d.read_log(), "it has started")
        until(self.d.keeper_waits, "it has looked at the store")
        self.d.process.send_signal(signal.SIGSTOP)
        until(lambda: stopped(self.d), "it stops")
        # pylint: disable-next=consider-using-with
        self.strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-s", "0", "-o", self.path, "-p",
             str(self.d.process.pid)], stderr=subprocess.PIPE)
        until(self.traced, "it is watched")
        return self

    def traced(self):
        tasks = f"/proc/{self.d.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/status", encoding="ascii") as status:
                if "TracerPid:\t0\n" in status.read():
                    return False
        return True

    def go(self):
        self.d.process.send_signal(signal.SIGCONT)

    def __exit__(self, *_):
        self.strace.send_signal(signal.SIGINT)
        self.strace.wait(PATIENCE)

    def calls(self):
        """How often each was made, without the wait that was interrupted."""
        with open(self.path, encoding="utf-8") as log:
            names = re.findall(r"^\d+ +(\w+)\(", log.read(), re.M)
        return {name: names.count(name) for name in names
                if name != "restart_syscall"}


@pytest.mark.parametrize("listen", [EVERYWHERE, BOUND],
                         ids=["wildcard", "bound"])
def test_system_calls_of_full_batches(servers, tmp_path, listen):
    """Two for 32 packets at most, the event loop's own among them."""
    d = servers.serve(servers.store(sample()), workers=1, listen=listen)
    packets = 4 * BATCH
    with make_socket(ACME) as s, Watched(d, tmp_path / "calls") as watched:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        for _ in range(packets):
            s.sendto(QUESTION, (SERVER6, 53))
        watched.go()
        for _ in range(packets):
            assert s.recv(4096)[:2] == QUESTION[:2]
    calls = watched.calls()
    assert calls["recvmmsg"] >= packets // BATCH
    assert calls["sendmmsg"] == packets // BATCH
    assert sum(calls.values()) <= packets * 2 // 32, calls


def test_system_calls_of_pipelined_questions(servers, tmp_path):
    """What has arrived together is answered in one write."""
    d = servers.serve(servers.store(sample()), workers=1)
    count = 200
    with connect() as s:
        s.sendall(len(QUESTION).to_bytes(2, "big") + QUESTION)
        assert values(dns.message.from_wire(recv_tcp(s))) == [ACME]
        with Watched(d, tmp_path / "calls") as watched:
            s.sendall((len(QUESTION).to_bytes(2, "big") + QUESTION) * count)
            watched.go()
            for _ in range(count):
                assert recv_tcp(s)[:2] == QUESTION[:2]
    calls = watched.calls()
    assert calls["sendto"] == 1, calls
    assert sum(calls.values()) <= 6, calls


def test_idle_does_nothing(servers, tmp_path):
    """No timer ticks: no thread makes a call until the next question."""
    d = servers.serve(servers.store(sample()), workers=2)
    with Watched(d, tmp_path / "calls") as watched:
        watched.go()
        # Two of a clock's seconds are no threshold: nothing may come ever.
        until_passed = os.times().elapsed + 2
        until(lambda: os.times().elapsed > until_passed, "two seconds pass")
    # Each thread waits again once, as it was stopped while it waited.
    calls = watched.calls()
    assert calls.pop("epoll_wait", 0) <= 3
    assert calls == {}
