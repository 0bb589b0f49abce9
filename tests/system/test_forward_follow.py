"""CNAMEs that lead from an upstream's name to a private one, or to a zone with
upstreams of its own: followed by dnsd, for each asker in its own network."""

import pytest

from ask import ACME, GLOBEX, ask, ede, rcode, values
from programs import NOT_UPSTREAMS, sample
from upstreams import Upstream, reply_to


def handler(q, _):
    """A zone of CNAMEs, and what this server has no business to say."""
    name = q.question[0].name.to_text().lower()
    target = {"api.example.": "paulgra-ham.internal.",
              "gone.example.": "no-such-app.internal.",
              "far.example.": "api.example.",
              "corp.example.": "www.corp.",
              "local.example.": "a.localhost."}.get(name)
    if target is None:
        return [reply_to(q, f"{name} 60 IN A 198.51.100.1")]
    records = [f"{name} 60 IN CNAME {target}"]
    if target.endswith("internal."):
        records.append(f"{target} 60 IN AAAA fdaa:0:18::6666")
    if target == "www.corp.":
        records.append(f"{target} 60 IN A 203.0.113.66")
    return [reply_to(q, *records)]


def corp(q, _):
    name = q.question[0].name.to_text().lower()
    if name == "deep.corp.":
        return [reply_to(q, f"{name} 60 IN CNAME api.example.")]
    return [reply_to(q, f"{name} 60 IN A 198.51.100.2")]


@pytest.fixture(name="forwarding")
def fixture_forwarding(servers, started):
    started.append(Upstream("192.0.2.1", handler))
    started.append(Upstream("192.0.2.2", corp))
    return servers.serve(
        servers.store(sample()), listen=NOT_UPSTREAMS,
        forward={"upstreams": ["udp://192.0.2.1"],
                 "zones": [{"suffix": "corp", "network": "acme",
                            "upstreams": ["udp://192.0.2.2"]}]})


def names(reply):
    return [str(r.name) for r in reply.answer]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_into_a_private_name(forwarding, tcp):
    for _ in range(3):  # from the cache, too
        reply = ask("API.example", tcp=tcp)
        assert rcode(reply) == "NOERROR"
        assert names(reply) == ["API.example.", "paulgra-ham.internal."]
        assert values(reply)[-1] == ACME
        # Another network has no app of that name.
        reply = ask("api.example", source=GLOBEX, tcp=tcp)
        assert rcode(reply) == "NXDOMAIN"
        assert names(reply) == ["api.example."]
        assert "fdaa:0:18::6666" not in str(reply)


def test_private_name_that_is_not_there(forwarding):
    reply = ask("gone.example")
    assert rcode(reply) == "NXDOMAIN"
    assert names(reply) == ["gone.example."]
    assert [r.name.to_text() for r in reply.authority] == ["internal."]


def test_by_way_of_another_name(forwarding):
    reply = ask("far.example")
    assert names(reply) == ["far.example.", "api.example.",
                            "paulgra-ham.internal."]
    assert values(reply)[-1] == ACME


def test_localhost(forwarding):
    assert values(ask("local.example", "A"))[-1] == "127.0.0.1"


def test_into_a_zone_of_one_network(forwarding):
    for _ in range(2):
        assert values(ask("corp.example", "A"))[-1] == "198.51.100.2"
        assert values(ask("corp.example", "A",
                          source=GLOBEX))[-1] == "203.0.113.66"


def test_out_of_a_zone_and_home(forwarding):
    reply = ask("deep.corp")
    assert names(reply) == ["deep.corp.", "api.example.",
                            "paulgra-ham.internal."]
    assert values(reply)[-1] == ACME


def test_without_a_store(servers, started):
    """Nobody knows whose question it is: no default upstream learns of it."""
    upstream = Upstream("192.0.2.1", handler)
    started.append(upstream)
    servers.serve(servers.store(), listen=NOT_UPSTREAMS, forward={
        "upstreams": ["udp://192.0.2.1"], "allow": ["fdaa::/16"],
        "zones": [{"suffix": "corp", "network": "acme",
                   "upstreams": ["udp://192.0.2.2"]}]})
    reply = ask("www.corp", "A")
    assert rcode(reply) == "SERVFAIL"
    assert ede(reply) == [14]
    assert values(ask("www.example", "A")) == ["198.51.100.1"]
    assert [n.lower() for n in upstream.names()] == ["www.example."]
