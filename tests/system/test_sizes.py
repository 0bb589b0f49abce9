"""What is too large for one packet."""

import pytest

from ask import ask, ede, flags, rcode, values

NETWORK = {"put": "network", "id": "n", "prefixes": ["fdaa:0:18::/48"]}
REGION = {"put": "region", "id": "iad", "latitude": 38.95, "longitude": -77.46}


def instances(app, count, subnet):
    return [{"put": "instance", "network": "n", "app": app, "id": f"i{i}",
             "region": "iad", "addresses": [f"fdaa:0:18:{subnet}::{i:x}"]}
            for i in range(count)]


@pytest.fixture(scope="module", name="large")
def fixture_large(module_servers):
    """Apps of 2,000 addresses, which TCP carries, and 3,000: it does not."""
    facts = [NETWORK, REGION] + instances("big", 2000, 1) + \
        instances("huge", 3000, 2) + instances("fits", 120, 3)
    return module_servers.serve(module_servers.store(facts))


@pytest.mark.parametrize("payload", [None, 512, 1232, 4096, 8192, 65535])
def test_truncated_at_whole_records(large, payload):
    reply = ask("big.internal", payload=payload)
    limit = min(payload or 512, 8192)
    size = len(reply.to_wire(max_size=65535))
    assert "TC" in flags(reply)
    assert rcode(reply) == "NOERROR"
    got = set(values(reply))
    assert got <= {f"fdaa:0:18:1::{i:x}".removesuffix("::0") +
                   ("::" if i == 0 else "") for i in range(2000)}
    assert len(got) == len(values(reply))
    # As many as fit: one more AAAA, 28 octets, would not.
    assert limit - 28 < size <= limit


def test_all_over_tcp(large):
    reply = ask("big.internal", tcp=True)
    assert "TC" not in flags(reply)
    assert len(set(values(reply))) == 2000


def test_more_than_tcp_holds_is_said(large):
    reply = ask("huge.internal", tcp=True)
    assert "TC" in flags(reply)
    assert ede(reply) != []
    assert 65535 - 28 < len(reply.to_wire(max_size=65535)) <= 65535
    assert len(set(values(reply))) == len(values(reply)) > 2300


def test_payload_8192_is_honoured(large):
    """Clients of private networks announce it and cannot use TCP."""
    reply = ask("fits.internal", payload=8192)
    assert "TC" not in flags(reply)
    assert len(set(values(reply))) == 120


def test_max_udp_size(servers, large):
    small = servers.serve(large.store, max_udp_size=1232, ready=False,
                          listen=[{"address": "[::1]:5310",
                                   "network": "n"}])
    small.wait_ready(source="::1", server="::1", port=5310)
    reply = ask("fits.internal", source="::1", server="::1", port=5310,
                payload=8192)
    assert "TC" in flags(reply)
    assert len(reply.to_wire(max_size=65535)) <= 1232


@pytest.mark.parametrize("name,rdtype", [("big.internal", "TXT"),
                                         ("vms.big.internal", "AAAA"),
                                         ("big.internal", "HTTPS")])
def test_large_but_not_asked_for(large, name, rdtype):
    reply = ask(name, rdtype)
    assert (flags(reply) & {"TC"}, reply.answer) == (set(), [])
