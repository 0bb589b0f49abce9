"""The sample network's answers, as answers.tsv has them."""

import os

import dns.rdatatype
import dns.reversename
import pytest

from ask import ACME, GLOBEX, ask, flags, rcode, values
from programs import SAMPLE


def rows():
    with open(os.path.join(SAMPLE, "answers.tsv"), encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            yield pytest.param(*fields, id=f"{number}-{fields[1]}-{fields[2]}")


def fits(got, expected):
    """Whether GOT is EXPECTED, written as answers.tsv writes it."""
    for group in filter(None, expected.split(" > ")):
        for alternatives in group.split():
            match = set(alternatives.split("|")) & set(got[:len(group.split())])
            if len(match) != 1:
                return False
        got = got[len(group.split()):]
    return not got


# A resolver address that is one network's; one that is no network's.
@pytest.mark.parametrize("server", ["own", "shared"])
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("asker,name,rdtype,expected_rcode,expected", rows())
def test_row(sample_server, asker, name, rdtype, expected_rcode, expected,
             tcp, server):
    own = {"fdaa:0:18:": "fdaa:0:18::3", "fdaa:0:22b": "fdaa:0:22b7::3"}
    to = own.get(asker[:10]) if server == "own" else None
    reply = ask(name, rdtype, source=asker, server=to, tcp=tcp)
    assert rcode(reply) == expected_rcode
    got = values(reply)
    if rdtype == "TXT":
        assert sorted(",".join(got).split(",")) == sorted(expected.split(","))
        assert len(got) == (1 if expected else 0)
    else:
        assert fits(got, expected), got
    if expected_rcode == "REFUSED":
        assert flags(reply) == {"RD"}
    else:
        assert "AA" in flags(reply)
        assert is_negative_or_full(reply, got)


def is_negative_or_full(reply, got):
    """Design 5: an SOA with every negative answer; 5 s are the TTL."""
    soa = [rrset for rrset in reply.authority
           if rrset.rdtype == dns.rdatatype.SOA]
    if got:
        return not soa and all(rrset.ttl <= 5 for rrset in reply.answer)
    return len(soa) == 1 and soa[0].ttl <= 5 and soa[0][0].minimum <= 5


def test_reader_of_rows():
    """The comparison above fails where it should."""
    assert fits(["b", "a", "c"], "a b > c")
    assert fits(["b"], "a|b")
    assert fits([], "")
    assert not fits(["c", "a", "b"], "a b > c")
    assert not fits(["a"], "a b")
    assert not fits(["a", "b"], "a")
    assert not fits(["c"], "a|b")
    assert not fits(["a"], "")


@pytest.mark.parametrize("network,ttl", [(ACME, 5), (GLOBEX, 2)])
def test_ttl_is_the_networks(sample_server, network, ttl):
    reply = ask("random-potato-45.internal", source=network)
    assert reply.answer[0].ttl == ttl
    reply = ask("nothing.internal", source=network)
    assert reply.authority[0].ttl <= ttl
    assert reply.authority[0][0].minimum <= ttl


@pytest.mark.parametrize("apex", ["internal", "apn", "flycast"])
def test_apex(sample_server, apex):
    for rdtype in "SOA", "NS":
        reply = ask(apex, rdtype)
        assert rcode(reply) == "NOERROR"
        assert [r.rdtype for r in reply.answer] == \
            [dns.rdatatype.from_text(rdtype)]
        assert reply.answer[0].name.to_text() == apex + "."
    assert rcode(ask(apex, "AAAA")) == "NOERROR"


def test_pointers_resolve_back(sample_server):
    """A PTR's target always resolves back."""
    reply = ask(dns.reversename.from_address("172.16.10.45"), "PTR")
    assert values(ask(values(reply)[0], "A")) == ["172.16.10.45"]
    peer = "fdaa:0:18:a7b:7d:f066:b83b:102"
    reply = ask(dns.reversename.from_address(peer), "PTR")
    assert values(reply) == ["my-peer._peer.internal."]
    assert values(ask(values(reply)[0])) == [peer]


def test_addresses_rotate(sample_server):
    """Over a few answers each address comes first; in `nearest` none does."""
    name = "random-potato-45.internal"
    firsts = {values(ask(name))[0] for _ in range(100)}
    assert len(firsts) == 4
    lhr = "fdaa:0:18:a7b:7d:9185:1e6e:2"
    nearest = {values(ask("top4.nearest.of." + name, source=lhr))[0]
               for _ in range(100)}
    assert nearest == {lhr}
    ties = {values(ask("top1.nearest.of." + name, source=ACME))[0]
            for _ in range(100)}
    assert len(ties) == 2
