"""What is too large for one packet."""

import socket
import struct
import subprocess

import pytest

from ask import PATIENCE, SERVER4, ask, ede, flags, rcode, values
from netns import Host, ip

NETWORK = {"put": "network", "id": "n",
           "prefixes": ["fdaa:0:18::/48", "172.16.10.0/24"]}
REGION = {"put": "region", "id": "iad", "latitude": 38.95, "longitude": -77.46}


def instances(app, count, subnet):
    return [{"put": "instance", "network": "n", "app": app, "id": f"i{i}",
             "region": "iad", "addresses": [f"fdaa:0:18:{subnet}::{i:x}"]}
            for i in range(count)]


@pytest.fixture(scope="module", name="large")
def fixture_large(module_servers):
    """Apps of 2,000 addresses, which TCP carries, and 3,000: it does not."""
    facts = [NETWORK, REGION] + instances("big", 2000, 1) + \
        instances("huge", 3000, 2) + instances("fits", 120, 3) + \
        instances("small", 2, 4) + instances("middle", 40, 5) + \
        instances("wide", 44, 6)
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


# --- fragments

DF, MF = 0x4000, 0x2000
ETH_P_ALL, ETH_P_IP = 3, 0x0800


@pytest.fixture(scope="module", name="far")
def fixture_far(large):  # pylint: disable=unused-argument
    host = Host(["172.16.10.77"], name="far0")
    yield host
    host.close()


def fragments_of(far, app):
    """The flags and offsets of what the server sent for APP, by IPv4."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                       socket.htons(ETH_P_ALL)) as s:
        s.bind((far.name, ETH_P_ALL))
        done = subprocess.run(
            far.enter(["dig", "+short", "+notcp", "+ignore", "+bufsize=8192",
                       f"@{SERVER4}", f"{app}.internal", "AAAA"]),
            capture_output=True, text=True, timeout=PATIENCE, check=True)
        s.setblocking(False)
        seen = []
        while True:
            try:
                packet, (_, protocol, *_) = s.recvfrom(65535)
            except BlockingIOError:
                return len(done.stdout.splitlines()), seen
            if protocol == ETH_P_IP and \
                    packet[12:16] == socket.inet_aton(SERVER4):
                seen.append(struct.unpack_from("!H", packet, 6)[0])


@pytest.mark.parametrize("mtu,app,count", [
    (1400, "small", 2),
    (1400, "middle", 40),  # 1,164 octets
    (600, "small", 2),
])
def test_ipv4_whole(far, mtu, app, count):
    ip("link", "set", far.name, "mtu", str(mtu))
    assert fragments_of(far, app) == (count, [DF])


def test_ipv4_may_be_cut_on_the_way(far):
    """1,274 octets: not every link carries them."""
    ip("link", "set", far.name, "mtu", "1400")
    assert fragments_of(far, "wide") == (44, [0])


@pytest.mark.parametrize("mtu,app,count", [
    (1400, "fits", 120),
    (600, "middle", 40),  # the interface is narrower than most links
])
def test_ipv4_cut(far, mtu, app, count):
    ip("link", "set", far.name, "mtu", str(mtu))
    got, sent = fragments_of(far, app)
    assert got == count
    assert [bool(f & MF) for f in sent] == [True] * (len(sent) - 1) + [False]
    assert len(sent) > 1
    assert not any(f & DF for f in sent)
