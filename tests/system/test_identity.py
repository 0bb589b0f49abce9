"""Who answers: NSID, and the names of class CH."""

import subprocess

import dns.edns
import dns.message
import pytest

from ask import (ACME, GLOBEX, NOBODY, SERVER6, ask, ede, make_socket, rcode,
                 values)
from programs import NOT_UPSTREAMS, sample
from upstreams import Upstream, address_of

NSID = [dns.edns.GenericOption(3, b"")]
ALLOWED = "127.0.0.1"
ID = "gw-7 of \"us\""


@pytest.fixture(scope="module", name="named", autouse=True)
def fixture_named(module_servers):
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    d = module_servers.serve(
        module_servers.store(sample()), listen=NOT_UPSTREAMS, id=ID,
        forward={"upstreams": ["udp://192.0.2.1"], "allow": ["127.0.0.0/8"]})
    yield d
    up.close()


def nsid(reply):
    """What the NSID options of a reply say."""
    return [o.data if isinstance(o, dns.edns.GenericOption) else o.nsid
            for o in reply.options if o.otype == 3]


def ask_as(name, rdtype, source, **query):
    server = "127.0.0.1" if source == ALLOWED else None
    return ask(name, rdtype, source, server, **query)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("name, rdtype, source, told", [
    ("paulgra-ham.internal", "AAAA", ACME, True),
    ("vms.random-potato-45.internal", "TXT", ACME, True),
    ("no-such.internal", "A", ACME, True),  # NXDOMAIN
    ("paulgra-ham.internal", "AXFR", GLOBEX, False),  # whose, is not looked at
    ("forwarded.example", "A", ACME, True),
    ("forwarded.example", "A", ALLOWED, True),  # by now from the cache
    ("other.example", "A", ALLOWED, True),
    ("paulgra-ham.internal", "A", ALLOWED, True),  # REFUSED
    ("paulgra-ham.internal", "A", NOBODY, False),
    ("forwarded.example", "A", NOBODY, False)])
def test_nsid(name, rdtype, source, told, tcp):
    reply = ask_as(name, rdtype, source, tcp=tcp, options=NSID)
    assert nsid(reply) == ([ID.encode()] if told else [])
    assert nsid(ask_as(name, rdtype, source, tcp=tcp)) == []
    assert nsid(ask_as(name, rdtype, source, tcp=tcp, payload=None)) == []


def test_dig_shows_it():
    done = subprocess.run(["dig", "@127.0.0.1", "+nsid", "a.example", "A"],
                          text=True, capture_output=True, check=True)
    assert 'NSID: ' in done.stdout and ID in done.stdout


@pytest.mark.parametrize("name, source, text", [
    ("id.server", ACME, ID), ("hostname.bind", ACME, ID),
    ("ID.Server", GLOBEX, ID), ("id.server", ALLOWED, ID),
    ("version.server", ACME, "dnsd 0."), ("version.bind", GLOBEX, "dnsd 0."),
    ("version.server", ALLOWED, None), ("version.bind", ALLOWED, None),
    ("id.server", NOBODY, None), ("version.bind", NOBODY, None),
    ("authors.bind", ACME, None), ("www.id.server", ACME, None),
    ("paulgra-ham.internal", ACME, None), (".", ACME, None)])
def test_names_of_class_ch(name, source, text):
    reply = ask_as(name, "TXT", source, rdclass="CH")
    if text is None:
        assert (rcode(reply), values(reply)) == ("REFUSED", [])
        assert ede(reply) == [21]
        return
    (answer,) = reply.answer
    assert values(reply)[0].startswith(text)
    assert (answer.rdclass, answer.ttl) == (3, 0)
    assert answer.name == reply.question[0].name


@pytest.mark.parametrize("rdtype", ["A", "ANY", "AAAA", "AXFR"])
def test_class_ch_has_texts_only(rdtype):
    assert rcode(ask("id.server", rdtype, rdclass="CH")) == "REFUSED"


def test_id_of_class_in_is_somebody_elses_name():
    assert values(ask("id.server", "A")) == ["198.51.100.7"]


@pytest.mark.parametrize("options, told", [
    (b"\0\3\0\0", True),
    (b"\0\3\0\2ab", True),  # RFC 5001, 2.1: it should be empty
    (b"\0\x0c\0\3\0\0\0" + b"\0\3\0\0", True),  # behind another
    (b"\0\3\0\0\0\3\0\0", True),  # once
    (b"\0\3\0\1", None), (b"\0\3\0", None), (b"\0", None),
    (b"\0\x0c\0\5\0\3\0\0", None)])
def test_options_are_whole_or_none(options, told):
    """An option that runs past the end of OPT is no option."""
    q = dns.message.make_query("paulgra-ham.internal", "AAAA").to_wire()
    opt = b"\0\0\x29\x04\xd0\0\0\0\0" + len(options).to_bytes(2, "big")
    with make_socket(ACME) as s:
        s.sendto(q[:11] + b"\1" + q[12:] + opt + options, (SERVER6, 53))
        reply = dns.message.from_wire(s.recv(4096))
    assert rcode(reply) == ("FORMERR" if told is None else "NOERROR")
    assert nsid(reply) == ([ID.encode()] if told else [])
