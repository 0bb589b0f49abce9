"""Forwarding to a real server: NSD with a signed zone."""

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from ask import (ACME, NOBODY, ask, connect, ede, exchange, flags, rcode,
                 recv_tcp, send_tcp, values)
from programs import NOT_UPSTREAMS, sample


@pytest.fixture(scope="module", name="by_nsd")
def fixture_by_nsd(module_servers, nsd):
    d = module_servers.serve(module_servers.store(sample()), listen=NOT_UPSTREAMS,
                             forward={"upstreams": ["udp://192.0.2.1"],
                                      "allow": ["127.0.0.0/8"]})
    yield d


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("name,rdtype,expected", [
    ("www.example", "A", ["198.51.100.1", "198.51.100.2"]),
    ("www.example", "AAAA", ["2001:db8::1"]),
    ("alias.example", "A", ["198.51.100.1", "198.51.100.2", "www.example."]),
    ("odd.example", "TYPE65400", ["\\# 4 01020304"]),
    ("mail.example", "MX", ["10 www.example."]),
    ("a.b.wild.example", "TXT", ["wild"]),
    ("www.example", "MX", []),
])
def test_forwarded(by_nsd, name, rdtype, expected, tcp):
    reply = ask(name, rdtype, tcp=tcp)
    assert rcode(reply) == "NOERROR"
    assert sorted(values(reply)) == expected
    assert "RA" in flags(reply)
    assert expected or reply.authority


def test_forwarded_nxdomain(by_nsd):
    reply = ask("none.example")
    assert rcode(reply) == "NXDOMAIN"
    assert reply.authority


def test_forwarded_keeps_the_questions_case(by_nsd):
    wire = dns.message.make_query("wWw.eXAMple", "A").to_wire()
    for _ in range(3):  # an answer from upstream, and again from a cache
        assert exchange(wire)[12:len(wire)] == wire[12:]


def test_private_names_say_that_recursion_is_there(by_nsd):
    assert flags(ask("paulgra-ham.internal")) == {"AA", "RD", "RA"}


@pytest.mark.parametrize("name,rdtype,count", [("big.example", "TXT", 30),
                                               ("huge.example", "AAAA", 1500)])
def test_truncated_answer_is_fetched_over_tcp(by_nsd, name, rdtype, count):
    for _ in range(2):
        over_tcp = ask(name, rdtype, tcp=True)
        assert len(values(over_tcp)) == count
        assert "TC" not in flags(over_tcp)
        for payload in None, 512, 1232:
            reply = ask(name, rdtype, payload=payload)
            assert "TC" in flags(reply)
            assert len(reply.to_wire(max_size=65535)) <= (payload or 512)


def test_large_answer_in_one_packet(by_nsd):
    reply = ask("big.example", "TXT", payload=8192)
    assert len(values(reply)) == 30
    assert "TC" not in flags(reply)


def test_do_brings_signatures(by_nsd):
    """And only DO does, whatever was asked before."""
    for _ in range(2):
        types = {r.rdtype for r in ask("www.example", "A").answer}
        assert types == {dns.rdatatype.A}
        reply = ask("www.example", "A", want_dnssec=True)
        assert {r.rdtype for r in reply.answer} == \
            {dns.rdatatype.A, dns.rdatatype.RRSIG}
        assert reply.ednsflags & dns.flags.DO


def test_opt_iff_asked(by_nsd):
    for _ in range(2):
        assert ask("www.example", "A", payload=None).edns == -1
        assert ask("www.example", "A").edns == 0


def test_pipelined_with_private_names(by_nsd):
    """Private answers do not wait for forwarded ones; all arrive."""
    with connect() as s:
        for i in range(100):
            name = "paulgra-ham.internal" if i % 2 else f"n{i}.wild.example"
            rdtype = "AAAA" if i % 2 else "TXT"
            send_tcp(s, dns.message.make_query(name, rdtype, id=i).to_wire())
        seen = {}
        for _ in range(100):
            reply = dns.message.from_wire(recv_tcp(s))
            seen[reply.id] = values(reply)
    assert seen == {i: [ACME] if i % 2 else ["wild"] for i in range(100)}


# --- who may ask

def test_allowed_prefixes(by_nsd):
    """Design 6.4: other names for them, private ones refused."""
    local = {"source": "127.0.0.1", "server": "127.0.0.1"}
    assert len(values(ask("www.example", "A", **local))) == 2
    for name in "paulgra-ham.internal", "lion.apn", "flyer.flycast":
        reply = ask(name, **local)
        assert rcode(reply) == "REFUSED"
        assert ede(reply) == [18]


def test_others_are_refused(by_nsd):
    reply = ask("www.example", "A", source=NOBODY)
    assert (rcode(reply), ede(reply)) == ("REFUSED", [18])
