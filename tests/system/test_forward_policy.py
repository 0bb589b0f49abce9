"""Split DNS, protections, stale answers and bounds."""

import socket
import struct
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from ask import ACME, GLOBEX, ask, ede, make_socket, rcode, values
from programs import NOT_UPSTREAMS, sample, until
from upstreams import Upstream, address_of, reply_to


@pytest.fixture(name="forwarding")
def fixture_forwarding(servers, started):
    """dnsd with three upstreams that say who they are, and zones."""
    def start(zones=(), handlers=None, workers=2, **forward):
        ups = []
        for n in 1, 2, 3:
            handler = (handlers or {}).get(n) or (
                lambda q, _, n=n: [address_of(q, f"198.51.100.{n}")])
            ups.append(Upstream(f"192.0.2.{n}", handler))
        started.extend(ups)
        d = servers.serve(
            servers.store(sample()), listen=NOT_UPSTREAMS, workers=workers,
            tcp_connections=1000,  # so that all ports can be had
            forward={"upstreams": ["udp://192.0.2.1"], "zones": list(zones),
                     **dashed(forward)})
        return (d, *ups)
    return start


def zone(suffix, up=None, **more):
    whole = {"suffix": suffix, **dashed(more)}
    if up:
        whole["upstreams"] = [f"udp://192.0.2.{up}"]
    return whole


def dashed(options):
    return {k.replace("_", "-"): v for k, v in options.items()}


def lower(up):
    """What it was asked, without the case that is our secret.

    A set: on a busy machine a question may be asked twice.
    """
    return {name.lower() for name in up.names()}


def who(name, source=ACME):
    """Which upstream answered."""
    (address,) = values(ask(name, "A", source=source))
    return int(address.rpartition(".")[2])


def test_for_everybody(forwarding):
    forwarding([zone("corp.example", 2), zone("deep.corp.example", 3)])
    for source in ACME, GLOBEX:
        for _ in range(2):
            assert who("www.example", source) == 1
            assert who("corp.example", source) == 2
            assert who("a.CORP.example", source) == 2
            assert who("notcorp.example", source) == 1
            assert who("a.deep.corp.example", source) == 3


def test_for_one_network(forwarding):
    """And nothing that its server says is anybody else's, cached or not."""
    _, _, second, _ = forwarding([zone("corp.example", 2, network="acme")])
    for _ in range(3):
        assert who("www.corp.example", ACME) == 2
        assert who("www.corp.example", GLOBEX) == 1
    assert lower(second) == {"www.corp.example."}
    for i in range(10):
        name = f"n{i}.corp.example"
        assert who(name, GLOBEX) == 1
        assert who(name, ACME) == 2


def test_own_zone_before_the_one_for_all(forwarding):
    forwarding([zone("corp.example", 2),
                zone("corp.example", 3, network="globex"),
                zone("x.corp.example", 1)])
    assert who("a.corp.example", ACME) == 2
    assert who("a.corp.example", GLOBEX) == 3
    # The most specific is first, whoever it is for.
    assert who("a.x.corp.example", GLOBEX) == 1


def test_a_network_that_comes_later(forwarding):
    d, *_ = forwarding([zone("corp.example", 2, network="later")])
    later = "fdaa:0:77::5"
    d.store.apply([{"put": "network", "id": "later",
                    "prefixes": ["fdaa:0:77::/48"]}])
    until(lambda: rcode(ask("www.example", "A", source=later)) == "NOERROR",
          "the network is there")
    assert who("a.corp.example", later) == 2
    assert who("a.corp.example", ACME) == 1


def test_refused_and_denied(forwarding):
    _, *ups = forwarding([
        zone("no.example", action="refuse"),
        zone("nx.example", action="nxdomain", network="acme"),
        zone("yes.no.example", 2)])
    reply = ask("a.no.example", "A")
    assert (rcode(reply), ede(reply)) == ("REFUSED", [15])
    reply = ask("nx.example", "A")
    assert (rcode(reply), ede(reply)) == ("NXDOMAIN", [15])
    assert who("nx.example", GLOBEX) == 1
    assert who("a.yes.no.example") == 2
    assert lower(ups[0]) == {"nx.example."}


def test_private_names_are_no_zone_of_anybody(forwarding):
    """A zone for everything does not get what is never forwarded."""
    _, *ups = forwarding([zone(".", 2)])
    assert values(ask("paulgra-ham.internal")) == [ACME]
    assert rcode(ask("none.internal")) == "NXDOMAIN"
    assert who("www.example") == 2
    assert [lower(up) for up in ups] == [set(), {"www.example."}, set()]


def private(q, _):
    name = q.question[0].name
    return [reply_to(q, f"{name} 60 IN A 10.1.2.3",
                     f"{name} 60 IN A 198.51.100.7",
                     f"{name} 60 IN A 169.254.169.254")]


def test_rebinding(forwarding):
    forwarding([zone("corp.example", 2, rebind_exempt=True)],
               {1: private, 2: private}, rebind_protection=True)
    for _ in range(2):
        reply = ask("www.example", "A")
        assert values(reply) == ["198.51.100.7"]
        assert ede(reply) == [15]
        reply = ask("www.corp.example", "A")
        assert sorted(values(reply)) == ["10.1.2.3", "169.254.169.254",
                                         "198.51.100.7"]
        assert ede(reply) == []


def test_no_protection_unless_asked_for(forwarding):
    forwarding((), {1: private})
    assert len(values(ask("www.example", "A"))) == 3


def test_stale(forwarding):
    """RFC 8767: what has expired is better than nothing."""
    silent = False

    def handler(q, _):
        if silent:
            return []
        return [reply_to(q, f"{q.question[0].name} 1 IN A 198.51.100.7")]
    forwarding((), {1: handler})
    assert values(ask("www.example", "A")) == ["198.51.100.7"]
    silent = True

    def is_stale():
        reply = ask("www.example", "A")
        assert values(reply) == ["198.51.100.7"]
        return reply if ede(reply) == [3] else None
    reply = until(is_stale, "the answer is stale")
    assert reply.answer[0].ttl == 30
    silent = False

    def is_fresh():
        return ede(ask("www.example", "A")) == []
    until(is_fresh, "the upstream is asked again")


def test_bounds(forwarding):
    """One network's silent questions leave room for another's."""
    forwarding((), {1: lambda q, _: []}, workers=1, in_flight=40,
               in_flight_network=20)
    with make_socket(ACME) as s:
        for i in range(100):
            q = dns.message.make_query(f"n{i}.example", "A", use_edns=0)
            s.sendto(q.to_wire(), ("fdaa::3", 53))
        for _ in range(80):
            reply = dns.message.from_wire(s.recv(65535))
            assert reply.rcode() == dns.rcode.SERVFAIL
            assert ede(reply) == [0]
        assert values(ask("paulgra-ham.internal")) == [ACME]
        with make_socket(GLOBEX) as other:
            other.setblocking(False)
            q = dns.message.make_query("globex.example", "A")
            other.sendto(q.to_wire(), ("fdaa::3", 53))
            assert rcode(ask("_apps.internal", "TXT",
                             source=GLOBEX)) == "NOERROR"
            with pytest.raises(BlockingIOError):
                other.recv(65535)


def test_bailiwick(forwarding):
    """What the question has no business with comes neither to its asker
    nor, from the cache, to anybody who asks for it."""
    def handler(q, _):
        name = q.question[0].name
        reply = reply_to(q, "evil.example. 60 IN A 203.0.113.66",
                         f"{name} 60 IN CNAME t.example.",
                         "t.example. 60 IN A 198.51.100.7",
                         "evil.example. 60 IN A 203.0.113.67")
        for owner in "victim.", "example.":
            reply.authority.append(
                dns.rrset.from_text(owner, 60, "IN", "NS", "ns.evil.example."))
        reply.additional.append(
            dns.rrset.from_text("www.victim.", 60, "IN", "A", "203.0.113.66"))
        return [reply]
    forwarding((), {1: handler})
    for _ in range(2):
        reply = ask("www.example", "A")
        assert {r.name.to_text().lower() for r in reply.answer} == \
            {"www.example.", "t.example."}
        assert [r.name.to_text() for r in reply.authority] == ["example."]
        assert reply.additional == []


def record(rdtype, rdata, ttl=b"\0\0\0\x3c"):
    """One of the question's name."""
    return b"\xc0\x0c" + struct.pack("!HH", rdtype, 1) + ttl + \
        struct.pack("!H", len(rdata)) + rdata


def pointer(at):
    return struct.pack("!H", 0xc000 | at)


# What answers LABEL.example with records from octet AT on.
NONSENSE = {
    "outside": lambda at: record(15, b"\0\x0a\xff\xff"),
    "circle": lambda at: record(5, pointer(12)),
    "itself": lambda at: record(5, pointer(at + 12)),
    "hops": lambda at: record(65280, b"\1b\0\0" + pointer(at + 12) + b"".join(
        pointer(at + 16 + 2 * n) for n in range(199))) + record(
            5, pointer(at + 16 + 2 * 199)),
    "short": lambda at: record(1, b"\xc6\x33\x64"),
    "ttl": lambda at: record(5, pointer(at + 6), b"\1a\0\0"),
}


def nonsense(q, _):
    label = q.question[0].name.labels[0].decode().lower()
    if label not in NONSENSE:
        return [address_of(q)]
    wire = q.to_wire()
    question = wire[12:wire.index(0, 12) + 5]
    return [wire[:2] + b"\x81\x80\0\1\0" +
            bytes([1 + (label == "hops")]) + b"\0\0\0\0" + question +
            NONSENSE[label](12 + len(question))]


def test_nonsense(forwarding):
    """Nobody gets it: SERVFAIL, and a reason."""
    forwarding(handlers={1: nonsense})
    for label in "outside", "circle", "itself", "hops", "short":
        reply = ask(f"{label}.example", "MX" if label == "outside" else "A")
        assert rcode(reply) == "SERVFAIL", reply
        assert ede(reply) and not reply.answer, reply


def test_name_in_a_ttl(forwarding):
    """It stays what it was when it came, while the TTL gets less."""
    forwarding(handlers={1: nonsense})
    first, *others = ask("ttl.example", "A").answer
    assert str(first[0]) == "a." and values(ask("a", "A"))

    def later():
        now, *same = ask("ttl.example", "A").answer
        assert (now.name, now[0], len(same)) == \
            (first.name, first[0], len(others))
        return now.ttl < first.ttl
    until(later, "a second passes")


def test_slow_upstream(forwarding):
    """Another is asked meanwhile, and the first good answer is taken."""
    def slow(q, _):
        time.sleep(1)
        return [address_of(q, "198.51.100.1")]
    forwarding((), {1: slow}, upstreams=["udp://192.0.2.1", "udp://192.0.2.2"])
    for i in range(4):
        assert len(values(ask(f"n{i}.example", "A"))) == 1
    assert who("last.example") == 2


def test_cookies(forwarding):
    """RFC 7873: told that its cookie is bad, dnsd comes back with the right
    one; a reply without a cookie is no longer believed."""
    server = b"serverco"

    def handler(q, transport):
        ours = [o.data for o in q.options
                if o.otype == dns.edns.OptionType.COOKIE]
        assert len(ours) == 1
        good = reply_to(q, f"{q.question[0].name} 60 IN A 198.51.100.7")
        good.use_edns(0, options=[dns.edns.GenericOption(
            dns.edns.OptionType.COOKIE, ours[0][:8] + server)])
        if ours[0][8:] != server:
            good.answer = []
            good.set_rcode(dns.rcode.BADCOOKIE)
            return [good]
        # Over TCP nobody stands between the two.
        forged = [address_of(q, "203.0.113.66")]
        return [*(forged if transport == "udp" else ()), good]
    forwarding((), {1: handler})
    for i in range(10):
        assert values(ask(f"n{i}.example", "A")) == ["198.51.100.7"]


def test_case_is_a_secret(forwarding):
    """Where the upstream keeps the case, a reply in another is dropped."""
    def handler(q, transport):
        low = dns.message.from_wire(q.to_wire())
        low.question[0].name = type(low.question[0].name)(
            [label.lower() for label in low.question[0].name.labels])
        bad = address_of(low, "203.0.113.66")
        if transport == "tcp" or \
                q.question[0].name.labels[0].lower().startswith(b"learn"):
            return [address_of(q)]
        return [bad, address_of(q)]
    forwarding((), {1: handler})
    long = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
    for i in range(40):  # from as many ports, so that each worker learns
        ask(f"learn{i}{long}.example", "A")
    for i in range(10):
        assert values(ask(f"n{i}{long}.example", "A")) == ["198.51.100.7"]


def test_ports_are_used_once(forwarding):
    """What is known of the ports that are open helps nobody: the next
    question leaves by one that was not."""
    _, upstream, *_ = forwarding()
    with make_socket(ACME, socket.SOCK_DGRAM) as s:
        for i in range(1000):
            s.sendto(dns.message.make_query(f"n{i}.example", "A").to_wire(),
                     ("fdaa::3", 53))
            s.recv(65535)
    ports = [sender[1] for _, _, sender in upstream.seen]
    # 1000 draws out of 28,232, less those that are open, show 982 or so.
    assert len(set(ports)) > 960
