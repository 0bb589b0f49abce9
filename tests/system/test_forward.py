"""Forwarding, with upstreams that show what they were asked and misbehave."""

import statistics

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import pytest

import upstreams
from ask import (ACME, GLOBEX, ask, ede, exchange, flags, make_socket, rcode,
                 values)
from programs import NOT_UPSTREAMS, sample
from upstreams import Upstream, address_of, reply_to

@pytest.fixture(name="forwarding")
def fixture_forwarding(servers, started):
    """Starts dnsd with Upstream handlers on 192.0.2.1, 192.0.2.2, ..."""
    def start(*handlers, **forward):
        ups = [Upstream(f"192.0.2.{n}", handler)
               for n, handler in enumerate(handlers, 1)]
        started.extend(ups)
        forward.setdefault("upstreams",
                           [f"udp://{up.address}" for up in ups])
        d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                          forward=forward)
        return (d, *ups)
    return start


# --- what is never forwarded

NEVER = [
    "internal", "x.internal", "a.b.c.d.x.internal", "_x._y.internal",
    "apn", "x.apn", "flycast", "x.y.flycast", "INTERNAL", "X.Apn",
    "home.arpa", "tv.home.arpa", "x.test", "a.b.alt", "resolver.arpa",
    "_dns.resolver.arpa", "use-application-dns.net",
    "localhost", "x.localhost", "invalid", "x.invalid", "onion", "x.onion",
    "local", "printer.local",
    "10.in-addr.arpa", "1.0.0.10.in-addr.arpa", "16.172.in-addr.arpa",
    "1.0.31.172.in-addr.arpa", "168.192.in-addr.arpa",
    "1.1.168.192.in-addr.arpa", "1.0.0.127.in-addr.arpa",
    "1.1.254.169.in-addr.arpa", "0.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "1.2.0.192.in-addr.arpa", "1.100.51.198.in-addr.arpa",
    "1.113.0.203.in-addr.arpa",
    "d.f.ip6.arpa", "a.a.d.f.ip6.arpa", "1.c.f.ip6.arpa", "c.f.ip6.arpa",
    "8.e.f.ip6.arpa", "9.e.f.ip6.arpa", "a.e.f.ip6.arpa", "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
    ".".join("1" + "0" * 31) + ".ip6.arpa", ".".join("0" * 32) + ".ip6.arpa",
    # of another network than the asker's
    "2.0.0.0.1.0.0.0.a.a.7.7.5.0.0.0.b.7.a.0.7.b.2.2.0.0.0.0.a.a.d.f.ip6.arpa",
]
FORWARDED = [
    "example.com", "notinternal", "x.internal.example", "com", "local.example",
    "11.in-addr.arpa", "32.172.in-addr.arpa", "15.172.in-addr.arpa",
    "169.192.in-addr.arpa", "in-addr.arpa", "8.8.8.8.in-addr.arpa",
    "ip6.arpa", "f.ip6.arpa", "2.ip6.arpa", "b.f.ip6.arpa", "localhost.org",
    "onions", "172.in-addr.arpa", "xlocalhost",
]


def test_never_forwarded(forwarding):
    _, upstream = forwarding(lambda q, _: [address_of(q)])
    for name in NEVER:
        for rdtype in "PTR", "A", "SOA":
            reply = ask(name, rdtype)
            assert rcode(reply) in ("NXDOMAIN", "NOERROR"), name
    assert upstream.names() == []
    for name in FORWARDED:
        assert rcode(ask(name, "A")) == "NOERROR", name
    assert {n.lower() for n in upstream.names()} == \
        {dns.name.from_text(n).to_text() for n in FORWARDED}


ORDINARY = ["test", "home.arpa", "resolver.arpa", "use-application-dns.net"]


def test_special_names_that_are_ordinary_here(forwarding):
    """Each as any other; the rest stay what they are."""
    _, upstream = forwarding(lambda q, _: [address_of(q)], ordinary=ORDINARY)
    for name in ORDINARY:
        assert values(ask(f"x.{name}", "A")) == ["198.51.100.7"], name
    for name in "x.alt", "x.local", "x.internal":
        assert rcode(ask(name, "A")) == "NXDOMAIN", name
    assert {n.lower() for n in upstream.names()} == \
        {f"x.{name}." for name in ORDINARY}


# --- what goes upstream

def test_question_goes_through_intact(forwarding):
    _, upstream = forwarding(lambda q, _: [address_of(q)])
    for more in {}, {"want_dnssec": True}, {"use_edns": False}:
        for cd in 0, dns.flags.CD:
            q = dns.message.make_query("example.com", "A", **more)
            q.flags |= cd
            before = len(upstream.seen)
            exchange(q.to_wire())
            if len(upstream.seen) == before:
                continue  # from a cache, which DO and CD divide
            _, seen, _ = upstream.seen[-1]
            assert seen.question == q.question
            assert seen.flags & dns.flags.CD == cd
            assert seen.ednsflags & dns.flags.DO == q.ednsflags & dns.flags.DO
            assert seen.flags & dns.flags.RD
    assert len(upstream.seen) >= 4


def test_extended_error_of_the_upstream_gets_through(forwarding):
    def handler(q, _):
        reply = reply_to(q, rcode=dns.rcode.SERVFAIL)
        reply.use_edns(0, options=[dns.edns.EDEOption(9, "no DNSKEY")])
        return [reply]
    forwarding(handler)
    reply = ask("example.com", "A")
    assert rcode(reply) == "SERVFAIL"
    assert 9 in ede(reply)


def test_ids_and_ports_cannot_be_foreseen(forwarding):
    """RFC 5452: fresh ids, and more than one port they may come back to."""
    _, upstream = forwarding(lambda q, _: [address_of(q)])
    for i in range(200):
        ask(f"n{i}.example.com", "A")
    ids = [q.id for _, q, _ in upstream.seen]
    ports = [sender[1] for _, _, sender in upstream.seen]
    assert len(set(ids)) > 190
    steps = [(b - a) % 65536 for a, b in zip(ids, ids[1:])]
    assert len(set(steps)) > 180
    assert statistics.pstdev(ids) > 12000  # 18,900 when they are even
    assert len(set(ports)) > 8


# --- what comes back

def other_name(q, address="203.0.113.66"):
    """A reply with the right id about something that was not asked."""
    reply = dns.message.make_query("evil.example.com", "A")
    reply.id = q.id
    return address_of(reply, address)


def wrong_id(q):
    reply = address_of(q, "203.0.113.66")
    reply.id = q.id ^ 1
    return reply


def not_a_response(q):
    reply = address_of(q, "203.0.113.66")
    reply.flags &= ~dns.flags.QR
    return reply


def no_question(q):
    reply = address_of(q, "203.0.113.66")
    reply.question = []
    return reply


def other_type(q):
    other = dns.message.make_query(q.question[0].name, "AAAA", id=q.id)
    return address_of(other, "203.0.113.66")


@pytest.mark.parametrize("spoil", [
    other_name, wrong_id, not_a_response, no_question, other_type,
    lambda q: b"", lambda q: address_of(q).to_wire()[:11],
    lambda q: address_of(q).to_wire()[:20],
])
def test_bad_reply_is_left_and_the_good_one_taken(forwarding, spoil):
    forwarding(lambda q, _: [spoil(q), address_of(q)])
    for i in range(5):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]


def test_reply_from_elsewhere_is_left(forwarding):
    """The right id and question, from another address and another port."""
    spoofers = [make_socket("192.0.2.66"), make_socket("192.0.2.1")]
    upstream = None

    def handler(q, _):
        sender = upstream.seen[-1][2]
        for s in spoofers:
            s.sendto(address_of(q, "203.0.113.66").to_wire(), sender)
        return [address_of(q)]
    _, upstream = forwarding(handler)
    for i in range(5):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]
    for s in spoofers:
        s.close()


def test_answered_twice(forwarding):
    """The second reply disturbs nobody."""
    forwarding(lambda q, _: [address_of(q), address_of(q, "203.0.113.66")])
    for i in range(20):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]


def test_truncation_then_tcp(forwarding):
    def handler(q, transport):
        if transport == "tcp":
            return [address_of(q)]
        reply = reply_to(q)
        reply.flags |= dns.flags.TC
        return [reply]
    _, upstream = forwarding(handler)
    reply = ask("example.com", "A")
    assert values(reply) == ["198.51.100.7"]
    assert "TC" not in flags(reply)
    assert [t for t, _, _ in upstream.seen] == ["udp", "tcp"]


@pytest.mark.parametrize("first", [
    lambda q, _: [],
    lambda q, _: [wrong_id(q)],
    lambda q, _: [reply_to(q, rcode=dns.rcode.SERVFAIL)],
    lambda q, _: [reply_to(q, rcode=dns.rcode.REFUSED)],
], ids=["silent", "wrong id", "SERVFAIL", "REFUSED"])
def test_next_upstream(forwarding, first):
    forwarding(first, lambda q, _: [address_of(q)])
    for i in range(4):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]


def test_next_upstream_when_none_listens(forwarding):
    """192.0.2.9 has nothing on its port 53, and says so by ICMP."""
    forwarding(lambda q, _: [address_of(q)],
               upstreams=["udp://192.0.2.9", "udp://192.0.2.1"])
    for i in range(4):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("dead", ["silent", "closed"])
def test_all_upstreams_dead(forwarding, dead, tcp):
    """SERVFAIL with EDE 22 or 23, in the end; private names go on."""
    if dead == "silent":
        forwarding(lambda q, _: [], lambda q, _: [])
    else:
        forwarding(upstreams=["udp://192.0.2.8", "tcp://192.0.2.9"])
    with make_socket(ACME) as s:
        s.sendto(dns.message.make_query("other.example", "A").to_wire(),
                 ("fdaa::3", 53))
        assert values(ask("paulgra-ham.internal")) == [ACME]
        reply = ask("example.com", "A", tcp=tcp)
        assert dns.message.from_wire(s.recv(65535)).rcode() == \
            dns.rcode.SERVFAIL
    assert rcode(reply) == "SERVFAIL"
    assert set(ede(reply)) & {22, 23}


def test_tcp_upstream(forwarding):
    _, upstream = forwarding(lambda q, _: [address_of(q)],
                             upstreams=["tcp://192.0.2.1"])
    for i in range(20):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]
    assert {t for t, _, _ in upstream.seen} == {"tcp"}


def test_tcp_upstream_that_hangs_up(forwarding):
    """A connection that ends under way costs no question its answer."""
    count = [0]

    def handler(q, _):
        count[0] += 1
        if count[0] % 3 == 0:
            raise OSError("hang up")
        return [address_of(q)]
    forwarding(handler, upstreams=["tcp://192.0.2.1"])
    for i in range(20):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]


def test_answers_are_each_askers_own(forwarding):
    """Two networks ask the same at once: own id, own case, own size."""
    held = []

    def handler(q, _):
        held.append(q)
        return [address_of(q)] if len(held) > 1 else []
    forwarding(handler)
    askers = [(make_socket(source), dns.message.make_query(name, "A", id=i))
              for i, (source, name) in enumerate([
                  (ACME, "WWW.example.com"), (GLOBEX, "www.EXAMPLE.com"),
                  (ACME, "www.example.COM")], 1)]
    for s, q in askers:
        s.sendto(q.to_wire(), ("fdaa::3", 53))
    for s, q in askers:
        wire = s.recv(65535)
        sent = q.to_wire()
        assert wire[:2] == sent[:2] and wire[12:len(sent)] == sent[12:]
        assert values(dns.message.from_wire(wire)) == ["198.51.100.7"]
        s.close()


# --- canned ones, played by ldns-testns

ENTRY = """
ENTRY_BEGIN
MATCH opcode qtype qname %s
ADJUST %s
REPLY QR RD RA %s NOERROR
SECTION QUESTION
%s IN A
SECTION ANSWER
%s IN A 198.51.100.7
ENTRY_END
"""


def test_canned_truncation(servers, started):
    started.append(upstreams.testns(
        servers.fresh(), 5401,
        ENTRY % ("UDP", "copy_id", "TC", "www", "www") +
        ENTRY % ("TCP", "copy_id", "", "www", "www")))
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                  forward={"upstreams": ["udp://127.0.0.1:5401"]})
    reply = ask("www.example", "A")
    assert values(reply) == ["198.51.100.7"]
    assert "TC" not in flags(reply)


def test_canned_wrong_id_then_next(servers, started):
    """The first always answers with id 0."""
    started.append(upstreams.testns(
        servers.fresh(), 5402,
        ENTRY % ("", "", "", "www", "www")))
    started.append(upstreams.testns(
        servers.fresh(), 5403,
        ENTRY % ("", "copy_id", "", "www", "www")))
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                  forward={"upstreams": ["udp://127.0.0.1:5402",
                                         "udp://127.0.0.1:5403"]})
    assert values(ask("www.example", "A")) == ["198.51.100.7"]
