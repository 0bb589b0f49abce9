"""SIGHUP: what goes on and what changes while the configuration is reread."""

import itertools
import os
import threading

import dns.message
import pytest

from ask import (ACME, SERVER6, ask, connect, make_socket, rcode, recv_tcp,
                 send_tcp, values)
from programs import EVERYWHERE, sample, until

NAME = "paulgra-ham.internal"


def reload(d, **changes):
    """Rereads with CHANGES and waits until it is done."""
    d.config = dict(d.config, **changes)
    d.configure(d.config)
    before = d.read_log().count("reloaded")
    d.hup()
    until(lambda: d.read_log().count("reloaded") > before, "it is reread")


def test_no_packet_is_lost(servers):
    """Bursts on many sockets, so that each worker's queue holds some.

    Workers come and go; their sockets, and what waits in them, stay.
    """
    d = servers.serve(servers.store(sample()), workers=2)
    question = dns.message.make_query(NAME, "AAAA").to_wire()
    askers = [make_socket(ACME) for _ in range(30)]
    for workers in itertools.islice(itertools.cycle([3, 1, 2]), 6):
        d.config = dict(d.config, workers=workers)
        d.configure(d.config)
        before = d.read_log().count("reloaded")
        d.hup()
        while d.read_log().count("reloaded") == before:
            for s, _ in itertools.product(askers, range(5)):
                s.sendto(question, (SERVER6, 53))
            for s, _ in itertools.product(askers, range(5)):
                assert s.recv(4096)[:2] == question[:2]
    for s in askers:
        s.close()


def test_question_upstream_is_answered(held):
    """Over UDP, by a worker that is retiring."""
    with make_socket(ACME) as s:
        q = dns.message.make_query("a.example", "A")
        s.sendto(q.to_wire(), (SERVER6, 53))
        until(lambda: held.upstream.seen, "the upstream is asked")
        reload(held.server)
        held.set()
        assert dns.message.from_wire(s.recv(4096)).id == q.id


def test_connection_ends_when_nothing_waits(held):
    """One with a question upstream gets its answer first."""
    with connect() as idle, connect() as asking:
        send_tcp(asking, dns.message.make_query("b.example", "A").to_wire())
        until(lambda: held.upstream.seen, "the upstream is asked")
        reload(held.server)
        assert idle.recv(1) == b""
        held.set()
        reply = dns.message.from_wire(recv_tcp(asking))
        assert values(reply) == ["198.51.100.7"]
        assert asking.recv(1) == b""


def test_wildcard_takes_over_from_an_address(held):
    """The old socket, which goes before it, answers until it is gone."""
    with make_socket(ACME) as s:
        q = dns.message.make_query("f.example", "A")
        s.sendto(q.to_wire(), (SERVER6, 53))
        until(lambda: held.upstream.seen, "the upstream is asked")
        reload(held.server, listen=EVERYWHERE[:1])
        for tcp in False, True:
            assert values(ask(NAME, tcp=tcp)) == [ACME]
        held.set()
        assert dns.message.from_wire(s.recv(4096)).id == q.id
    for tcp in False, True:
        assert values(ask(NAME, tcp=tcp)) == [ACME]


def test_second_reload_waits_for_the_first(held):
    """One that retires is enough: the next comes after it."""
    with make_socket(ACME) as s:
        q = dns.message.make_query("c.example", "A")
        s.sendto(q.to_wire(), (SERVER6, 53))
        until(lambda: held.upstream.seen, "the upstream is asked")
        reload(held.server)
        held.server.configure(dict(held.server.config, listen=EVERYWHERE[:1]))
        held.server.hup()
        held.set()
        assert dns.message.from_wire(s.recv(4096)).id == q.id
    until(lambda: held.server.read_log().count("reloaded") == 2,
          "the second is done")
    assert values(ask(NAME)) == [ACME]


def test_stop_does_not_wait_for_an_upstream(held):
    """A question that waits ends with the server, soon and well."""
    with make_socket(ACME) as s:
        s.sendto(dns.message.make_query("d.example", "A").to_wire(),
                 (SERVER6, 53))
        until(lambda: held.upstream.seen, "the upstream is asked")
        reload(held.server)
        assert held.server.stop() == 0


@pytest.mark.parametrize("size,asked", [("1MiB", 1), ("2MiB", 2)])
def test_cache_stays_if_its_size_does(held, size, asked):
    held.set()
    assert values(ask("e.example", "A")) == ["198.51.100.7"]
    reload(held.server, forward={"upstreams": ["tcp://192.0.2.1"],
                                 "cache-size": size})
    assert values(ask("e.example", "A")) == ["198.51.100.7"]
    assert len(held.upstream.seen) == asked


def test_address_that_cannot_be_had(servers):
    """Nothing changes, also not what comes before the bad one."""
    d = servers.serve(servers.store(sample()))
    with make_socket("127.0.0.9") as taken:
        port = taken.getsockname()[1]
        d.configure(dict(d.config, region="fra", listen=[
            {"address": "127.0.0.1:5315"}] + EVERYWHERE + [
            {"address": f"127.0.0.9:{port}"}]))
        d.hup()
        until(lambda: "not reloaded" in d.read_log(), "it is reported")
    assert f"127.0.0.9:{port}" in d.read_log()
    assert values(ask(NAME)) == [ACME]
    with make_socket("127.0.0.1"), pytest.raises(OSError):
        connect("127.0.0.1", "127.0.0.1", 5315)


def test_address_that_goes(servers):
    d = servers.serve(servers.store(sample()), listen=EVERYWHERE + [
        {"address": "127.0.0.1:5316", "network": "acme"}])
    there = {"source": "127.0.0.1", "server": "127.0.0.1", "port": 5316}
    assert rcode(ask(NAME, **there)) == "NOERROR"
    reload(d, listen=EVERYWHERE)

    def refused():
        try:
            connect(there["source"], there["server"], there["port"]).close()
        except ConnectionRefusedError:
            return True
        return False

    until(refused, "the old workers are gone")
    assert values(ask(NAME)) == [ACME]


def test_no_descriptor_is_left(servers):
    """After ten reloads there are as many as after one."""
    d = servers.serve(servers.store(sample()))

    def descriptors():
        return len(os.listdir(f"/proc/{d.process.pid}/fd"))

    def threads():
        return len(os.listdir(f"/proc/{d.process.pid}/task"))

    until(lambda: " workers" in d.read_log(), "it has started")
    before = threads(), descriptors()
    for _ in range(10):
        reload(d)
    until(lambda: (threads(), descriptors()) == before,
          "what came with the old workers is gone")


def nothing_is_left_open(server):
    """Connections to upstreams go with the workers that opened them."""
    numbers = itertools.count()

    def opened():
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))

    def ask_more():
        while not done.is_set():
            assert rcode(ask(f"g{next(numbers)}.example", "A")) == "NOERROR"
    done = threading.Event()
    before = opened()
    askers = [threading.Thread(target=ask_more) for _ in range(4)]
    for asker in askers:
        asker.start()
    for _ in range(12):
        reload(server)
    done.set()
    for asker in askers:
        asker.join()
    reload(server)
    until(lambda: opened() == before, "the last workers end")


def test_no_connection_is_left_open(held):
    held.set()
    nothing_is_left_open(held.server)
