"""Zones of a network's own, beside a forwarder: what they lack, where their
CNAMEs lead, and that nobody else sees any of it."""

import pytest

from ask import ACME, GLOBEX, ask, ede, flags, rcode, values
from programs import NOT_UPSTREAMS, sample
from upstreams import Upstream, reply_to


def zone(name, fallthrough=True, network="acme"):
    return {"put": "zone", "network": network, "name": name,
            "fallthrough": fallthrough}


def record(name, rdtype, *texts, network="acme"):
    return {"put": "record", "network": network, "name": name, "type": rdtype,
            "values": list(texts), "ttl": 60}


FACTS = [
    zone("corp.acme", False),
    record("www.corp.acme", "A", "192.0.2.80"),
    record("web.corp.acme", "CNAME", "paulgra-ham.internal"),
    record("out.corp.acme", "CNAME", "a.example"),
    record("chain.corp.acme", "CNAME", "out.corp.acme"),
    record("home.corp.acme", "CNAME", "back.example"),
    record("deep.corp.acme", "CNAME", "elsewhere.example"),
    record("ring.corp.acme", "CNAME", "ring.example"),
    record("odd.corp.acme", "CNAME", "gone.example"),
    zone("acme.example"),
    record("api.acme.example", "AAAA", "fdaa:0:18::80"),
]

TARGETS = {"back.example.": "www.corp.acme.",
           "elsewhere.example.": "deep2.example.",
           "deep2.example.": "chain.corp.acme.",
           "ring.example.": "ring.corp.acme.",
           "into.example.": "www.corp.acme."}


def handler(q, _):
    """The Internet, with records that it has no business to say."""
    name = q.question[0].name.to_text().lower()
    if name == "gone.example.":
        return [reply_to(q, rcode=3)]
    if name not in TARGETS:
        return [reply_to(q, f"{name} 60 IN A 198.51.100.1")]
    records = [f"{name} 60 IN CNAME {TARGETS[name]}"]
    if TARGETS[name].endswith("corp.acme."):
        records.append(f"{TARGETS[name]} 60 IN A 203.0.113.66")
    return [reply_to(q, *records)]


@pytest.fixture(name="internet")
def fixture_internet(servers, started):
    upstream = Upstream("192.0.2.1", handler)
    started.append(upstream)
    store = servers.store(sample())
    store.apply(FACTS)
    upstream.server = servers.serve(
        store, listen=NOT_UPSTREAMS, forward={"upstreams": ["udp://192.0.2.1"],
                                              "cache-size": "1MiB"})
    return upstream


def names(reply):
    return [r.name.to_text() for r in reply.answer]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_inside(internet, tcp):
    reply = ask("WWW.corp.acme", "A", tcp=tcp)
    assert values(reply) == ["192.0.2.80"]
    assert names(reply) == ["WWW.corp.acme."]
    assert flags(reply) == {"AA", "RD", "RA"}
    reply = ask("web.corp.acme", "AAAA", tcp=tcp)
    assert values(reply) == ["paulgra-ham.internal.", ACME]
    reply = ask("none.corp.acme", "A", tcp=tcp)
    assert rcode(reply) == "NXDOMAIN"
    assert names(reply) == []
    assert reply.authority[0].name.to_text() == "corp.acme."
    assert internet.seen == []


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_led_outside(internet, tcp):
    """In one answer, from an upstream and again from the cache."""
    for _ in range(3):
        reply = ask("Out.corp.acme", "A", tcp=tcp)
        assert names(reply) == ["Out.corp.acme.", "a.example."]
        assert values(reply) == ["a.example.", "198.51.100.1"]
        assert flags(reply) == {"AA", "RD", "RA"}
        reply = ask("chain.corp.acme", "A", tcp=tcp)
        assert names(reply) == ["chain.corp.acme.", "out.corp.acme.",
                                "a.example."]
    reply = ask("odd.corp.acme", "A", tcp=tcp)
    assert rcode(reply) == "NXDOMAIN"
    assert names(reply) == ["odd.corp.acme."]
    assert [n for n in internet.names() if n.lower().endswith(".acme.")] == []


def test_led_outside_and_home(internet):
    for _ in range(2):
        reply = ask("home.corp.acme", "A")
        assert names(reply) == ["home.corp.acme.", "back.example.",
                                "www.corp.acme."]
        assert values(reply)[-1] == "192.0.2.80"
        # Out, home by way of two names, and out again.
        reply = ask("deep.corp.acme", "A")
        assert names(reply) == [
            "deep.corp.acme.", "elsewhere.example.", "deep2.example.",
            "chain.corp.acme.", "out.corp.acme.", "a.example."]
        assert values(reply)[-1] == "198.51.100.1"
    assert "203.0.113.66" not in str(reply)


def test_a_ring_ends(internet):
    reply = ask("ring.corp.acme", "A")
    assert (rcode(reply), ede(reply)) == ("SERVFAIL", [0])
    assert len(internet.seen) < 20


def test_without_recursion(internet):
    reply = ask("out.corp.acme", "A", flags=0)
    assert values(reply) == ["a.example."]
    assert "AA" in flags(reply)
    assert internet.seen == []


def test_a_name_in_somebodys_domain(internet):
    """It hides nothing else of the domain, not even its apex."""
    assert values(ask("api.acme.example", "AAAA")) == ["fdaa:0:18::80"]
    reply = ask("api.acme.example", "A")
    assert (rcode(reply), values(reply)) == ("NOERROR", [])
    assert internet.seen == []
    for name in "acme.example", "www.acme.example", "x.api.acme.example":
        reply = ask(name, "A")
        assert values(reply) == ["198.51.100.1"]
        assert "AA" not in flags(reply)


def test_nobody_elses(internet):
    """Nor does the cache keep what is one network's for another."""
    for _ in range(2):
        for name in "www.corp.acme", "api.acme.example", "none.corp.acme":
            assert values(ask(name, "A", source=GLOBEX)) == ["198.51.100.1"]
        assert values(ask("into.example", "A")) == \
            ["www.corp.acme.", "192.0.2.80"]
        reply = ask("into.example", "A", source=GLOBEX)
        assert values(reply) == ["www.corp.acme.", "203.0.113.66"]
        assert values(ask("www.corp.acme", "A")) == ["192.0.2.80"]


def test_both_have_one(internet):
    internet.server.store.apply([
        zone("corp.acme", network="globex"),
        record("www.corp.acme", "A", "192.0.2.90", network="globex")])
    for _ in range(2):
        assert values(ask("into.example", "A"))[-1] == "192.0.2.80"
        assert values(ask("into.example", "A",
                          source=GLOBEX))[-1] == "192.0.2.90"
    # What globex's lacks falls through, acme's does not.
    assert values(ask("out.corp.acme", "A",
                      source=GLOBEX)) == ["198.51.100.1"]
    assert rcode(ask("other.corp.acme", "A")) == "NXDOMAIN"


def test_changes_are_seen_at_once(internet):
    assert values(ask("new.acme.example", "A")) == ["198.51.100.1"]
    internet.server.store.apply([record("new.acme.example", "A",
                                        "192.0.2.7")])
    assert values(ask("new.acme.example", "A")) == ["192.0.2.7"]
    internet.server.store.apply([{"delete": "zone", "network": "acme",
                                  "name": "acme.example"}])
    assert values(ask("new.acme.example", "A")) == ["198.51.100.1"]
