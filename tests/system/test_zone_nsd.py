"""A zone answered as NSD answers it: the same zone file, the same questions,
the same rcode, flags and records in each section."""

import random
import socket

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import pytest

import upstreams
from ask import ACME, PATIENCE, SERVER6, make_socket
from programs import NOT_UPSTREAMS, sample

ZONE = "corp.acme"
NSD = "192.0.2.1"
QUESTIONS = 10_000
LABELS = ["a", "b", "c", "d"]
TYPES = ["A", "AAAA", "TXT", "MX", "SRV", "CAA", "HTTPS"]
ASKED = TYPES + ["CNAME", "SOA", "NS", "PTR", "DS", "ANY", "TYPE65400"]
HEAD = f"""\
$ORIGIN {ZONE}.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 5
@ NS ns.example.
dangling CNAME nowhere.dangling
"""


def values(rng, rdtype):
    """The value that a record of the type gets."""
    number = rng.randrange(1, 250)
    target = rng.choice([owner(rng, star=False), "mail.example.", f"host{number}"])
    return {"A": f"192.0.2.{number}", "AAAA": f"2001:db8::{number:x}",
            "TXT": f'"text {number}; of {rng.randrange(9)}" "and more"',
            "MX": f"{number} {target}", "CAA": f'0 issue "ca{number}.example"',
            "SRV": f"{number} 1 8080 {target}",
            "HTTPS": f"{number} . alpn=h2 port=8443"}[rdtype]


def owner(rng, star=True):
    depth = rng.choice([0, 1, 1, 2, 2, 3])
    labels = [rng.choice(LABELS) for _ in range(depth)]
    if star and rng.random() < 0.25:
        labels.insert(0, "*")
    return ".".join(labels) or "@"


def zone_text(rng):
    """Sets at random names; CNAMEs to what is there, is not, and elsewhere."""
    sets = {}
    for _ in range(40):
        sets.setdefault(owner(rng), set()).update(
            rng.sample(TYPES, rng.randrange(1, 4)))
    lines = [f"{name} {rdtype} {values(rng, rdtype)}"
             for name, types in sets.items() for rdtype in sorted(types)
             for _ in range(rng.randrange(1, 4))]
    for number in range(15):
        name = owner(rng)
        if name in sets or name == "@":
            continue
        sets[name] = {"CNAME"}
        # Only backwards, so that none goes in a circle.
        target = rng.choice([rng.choice([n for n in sets if n[0] != "*"]),
                             owner(rng, star=False), "www.example.",
                             f"none{number}"])
        if target in ("@", name) or sets.get(target) == {"CNAME"}:
            target = "www.example."
        lines.append(f"{name} CNAME {target}")
    return HEAD + "\n".join(dict.fromkeys(lines)) + "\n"


def question(rng):
    labels = [rng.choice([*LABELS, "A", "x", "*", "none1", "dangling"])
              for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4]))]
    name = dns.name.from_text(".".join([*labels, ZONE]) + ".")
    q = dns.message.make_query(name, rng.choice(ASKED), use_edns=0,
                               payload=1232, flags=0)
    return q.to_wire()


def summary(wire):
    """What of a reply has to be the same.

    Left out, as it is meant to differ: what SOA and NS say (ours are made up,
    their TTLs the network's), the NS that NSD adds to answers of the zone, RA,
    and the order of a set's values.
    """
    reply = dns.message.from_wire(wire)
    made = {dns.rdatatype.SOA, dns.rdatatype.NS}

    def section(rrsets):
        return sorted((rrset.name.to_text().lower(), rrset.rdtype) if
                      rrset.rdtype in made else
                      (rrset.name.to_text().lower(), rrset.rdtype, rrset.ttl,
                       tuple(sorted(r.to_text() for r in rrset)))
                      for rrset in rrsets)

    flags = reply.flags & (dns.flags.AA | dns.flags.TC | dns.flags.RD)
    authority = [rrset for rrset in reply.authority
                 if rrset.rdtype != dns.rdatatype.NS]
    return (reply.rcode(), flags, section(reply.answer),
            section(authority), section(reply.additional))


def is_meant(q, ours, theirs):
    """The differences that there are, and why.

    ANY      RFC 8482, 4.2: one HINFO; NSD tells all, or follows a CNAME.
    """
    if q.question[0].rdtype == dns.rdatatype.ANY:
        return ours[0] == theirs[0] or ours[0] == 0
    return False


def exchange(s, wire, address):
    s.sendto(wire, address)
    return s.recv(65535)


@pytest.mark.parametrize("seed", [1, 2])
def test_as_nsd(servers, started, seed):
    rng = random.Random(seed)
    text = zone_text(rng)
    directory = servers.fresh()
    (directory / "zone").write_text(text)
    started.append(upstreams.nsd(directory, NSD, {ZONE: directory / "zone"},
                                 options="minimal-responses: no\n    rrl-ratelimit: 0"))
    store = servers.store(sample())
    store.tell("zone", "import", "acme", str(directory / "zone"),
               "--fallthrough", "no")
    servers.serve(store, listen=NOT_UPSTREAMS)
    kinds = set()
    with make_socket(ACME) as us, socket.socket(type=socket.SOCK_DGRAM) as nsd:
        nsd.settimeout(PATIENCE)
        for _ in range(QUESTIONS // 2):
            wire = question(rng)
            ours = summary(exchange(us, wire, (SERVER6, 53)))
            theirs = summary(exchange(nsd, wire, (NSD, 53)))
            kinds.add((ours[0], len(ours[2]) > 0, len(ours[4]) > 0))
            if ours != theirs:
                q = dns.message.from_wire(wire)
                assert is_meant(q, ours, theirs), f"{q}\n{ours}\n{theirs}\n{text}"
    # Answers, also with targets' addresses, no data, no such name, and CNAMEs
    # to the last.
    assert kinds == {(0, True, False), (0, True, True), (0, False, False),
                     (3, False, False), (3, True, False)}
