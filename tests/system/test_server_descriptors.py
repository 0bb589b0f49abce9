"""Few descriptors: nobody takes what another part of the server needs."""

import os
import resource
import socket
import time

import dns.message
import pytest

from ask import ask, connect, rcode, recv_tcp, send_tcp
from programs import NOT_UPSTREAMS, sample, until
from test_server_control import (NAME, fixture_controlled,  # noqa: F401
                                 stats, told)
from upstreams import Upstream, address_of

FEW = 700  # with two workers hardly more than the least


def few():
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW))


@pytest.fixture(name="pressed")
def fixture_pressed(servers, started, tmp_path):
    """A server that may have few, and more connections than that."""
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    started.append(up)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      control=str(tmp_path / "control"),
                      started={"preexec_fn": few},
                      forward={"upstreams": ["udp://192.0.2.1"]})
    d.path = d.config["control"]
    d.upstream = up
    held = [connect() for _ in range(FEW)]
    yield d
    for s in held:
        s.close()


def test_connections_leave_ports(pressed):
    for i in range(300):
        assert rcode(ask(f"n{i}.example", "A")) == "NOERROR"
    ports = {sender[1] for _, _, sender in pressed.upstream.seen}
    assert len(ports) > 40  # of 64 of IPv4, drawn 300 times


def test_connections_leave_control_and_reload(pressed):
    assert stats(pressed)["tcp_open"] < FEW / 2
    pressed.hup()
    until(lambda: stats(pressed)["reloads"] == 1, "it is reread")
    assert told(pressed, b"flush\n") == "flushed\n"
    assert rcode(ask(NAME)) == "NOERROR"
    assert rcode(ask(NAME, tcp=True)) == "NOERROR"


def test_too_few_to_start(servers):
    """It says how many would do."""
    d = servers.serve(
        servers.store(sample()), ready=False, forward={"upstreams": []},
        tcp_connections=100000, started={"preexec_fn": lambda: resource.
                                         setrlimit(resource.RLIMIT_NOFILE,
                                                   (200, 200))})
    assert d.process.wait() == 1
    servers.running.remove(d)
    assert "the limit of open files is 200; it must be" in d.read_log()


def sleeps(d):
    """Whether no thread is ever found running."""
    tasks = f"/proc/{d.process.pid}/task"

    def state(task):
        with open(f"{tasks}/{task}/stat", encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0]

    for _ in range(30):
        if {"S"} != set(map(state, os.listdir(tasks))):
            return False
        time.sleep(0.01)
    return True


def test_control_clients_are_bounded(controlled):
    """Who comes when there are many waits, and the server does not spin."""
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(17)]
    for s in crowd:
        s.connect(controlled.path)
    last = crowd.pop()
    with last:
        last.sendall(b"flush\n")
        until(lambda: sleeps(controlled), "it rests")
        with pytest.raises(BlockingIOError):
            last.recv(100, socket.MSG_DONTWAIT)
        for s in crowd:
            s.close()
        assert last.recv(100) == b"flushed\n"


def test_control_without_a_descriptor(controlled):
    """A client waits until there is one, and nothing spins for it."""
    pid = controlled.process.pid
    most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, most[1]))
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(controlled.path)
        s.sendall(b"flush\n")
        until(lambda: sleeps(controlled), "it rests")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, most)
        assert s.recv(100) == b"flushed\n"


def test_accepts_pause_without_a_descriptor(controlled):
    """Who connects waits until there is one; no worker spins, and questions
    over UDP are answered meanwhile."""
    until(lambda: " workers" in controlled.read_log(), "it has started")
    pid = controlled.process.pid
    most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, most[1]))
    with connect() as s:
        send_tcp(s, dns.message.make_query(NAME, "AAAA").to_wire())
        until(lambda: "cannot be accepted for a second" in
              controlled.read_log(), "it says so")
        until(lambda: sleeps(controlled), "it rests")
        assert rcode(ask(NAME)) == "NOERROR"
        resource.prlimit(pid, resource.RLIMIT_NOFILE, most)
        assert rcode(dns.message.from_wire(recv_tcp(s))) == "NOERROR"
