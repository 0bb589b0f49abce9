"""Upstreams that validate: what they say gets through."""

import dns.flags
import dns.message
import pytest

import upstreams
from ask import ask, exchange, flags, rcode, values
from programs import NOT_UPSTREAMS, sample


def test_validating_upstream(servers, started, nsd):
    """Unbound's AD, its SERVFAIL for what is bogus, and CD get through."""
    directory = servers.fresh()
    bad = nsd.replace(nsd[-10:], "0123456789")
    for name, anchor, address in ("good", nsd, "192.0.2.21"), \
            ("bogus", bad, "192.0.2.22"):
        sub = directory / name
        sub.mkdir()
        started.append(upstreams.unbound(sub, address, f"""
    trust-anchor: "{anchor}"
    ede: yes
stub-zone:
    name: example
    stub-addr: 192.0.2.1
""", ready="www.example"))

    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      forward={"upstreams": ["udp://192.0.2.21"]})
    assert "AD" in flags(ask("www.example", "A", want_dnssec=True))
    d.stop()
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                  forward={"upstreams": ["udp://192.0.2.22"]})
    reply = ask("www.example", "A")
    assert rcode(reply) == "SERVFAIL"
    checked = dns.message.make_query("www.example", "A")
    checked.flags |= dns.flags.CD
    reply = dns.message.from_wire(exchange(checked.to_wire()))
    assert len(values(reply)) == 2
