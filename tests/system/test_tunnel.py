"""A WireGuard client, on a tunnel that is real.

The gateway is this test's namespace, where dnsd and one end of the tunnel are;
the client is a host that reaches it over a cable, as over the Internet.
"""

import subprocess

import pytest

from ask import PATIENCE
from netns import LOCAL, Host, ip
from programs import sample
from tunnels import Tunnel, keys
from upstreams import Upstream, address_of

PEER = "fdaa:0:18:a7b:7d:f066:b83b:102"  # my-peer of the sample
OUTSIDE = "203.0.113.7"
GATEWAY = "198.51.100.1"


@pytest.fixture(scope="module", name="client")
def fixture_client(module_servers):
    """The client's shell: client(COMMAND...) is what it printed."""
    directory = module_servers.fresh()
    pairs = [keys() for _ in range(2)]

    ip("address", "add", GATEWAY + "/32", "dev", "lo")
    host = Host([OUTSIDE], name="internet0")
    ours = Tunnel(directory, "wgours", f"""
[Interface]
PrivateKey = {pairs[0][0]}
ListenPort = 51820
[Peer]
PublicKey = {pairs[1][1]}
AllowedIPs = {PEER}/128
""")
    theirs = Tunnel(directory, "wgtheirs", f"""
[Interface]
PrivateKey = {pairs[1][0]}
[Peer]
PublicKey = {pairs[0][1]}
AllowedIPs = fdaa:0:18::/48
Endpoint = {GATEWAY}:51820
PersistentKeepalive = 5
""", host)
    ip("link", "set", "wgours", "up")
    ip("-6", "route", "add", PEER, "dev", "wgours", *LOCAL)
    # What wg-quick does with the client's file:
    #	Address = fdaa:0:18:a7b:7d:f066:b83b:102/128
    #	DNS = fdaa:0:18::3
    #	AllowedIPs = fdaa:0:18::/48
    ip("address", "add", PEER + "/128", "dev", "wgtheirs", "nodad",
       pid=host.pid)
    ip("link", "set", "wgtheirs", "up", pid=host.pid)
    ip("-6", "route", "add", "fdaa:0:18::/48", "dev", "wgtheirs",
       pid=host.pid)
    resolv = directory / "resolv.conf"
    resolv.write_text("nameserver fdaa:0:18::3\n")

    upstream = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    d = module_servers.serve(
        module_servers.store(sample()), listen=[{"address": "[::]:53"}],
        forward={"upstreams": ["udp://192.0.2.1"]})

    def client(*command, good=True):
        done = subprocess.run(host.enter(list(command), resolv), text=True,
                              capture_output=True, timeout=PATIENCE,
                              check=False)
        assert (done.returncode == 0) == good, done.stdout + done.stderr
        return done.stdout
    client.server = d
    yield client
    for part in d, upstream, theirs, ours, host:
        part.close()


def test_dig_finds_its_networks_names(client):
    assert client("dig", "+short", "paulgra-ham.internal", "AAAA").split() == \
        ["fdaa:0:18:a7b:7d:f066:b83b:2"]
    assert client("dig", "+short", "_peer.internal", "TXT").strip() == \
        '"my-peer"'
    assert client("dig", "+short", "+tcp", "shop.production.apn").split() != []
    assert "my-peer._peer.internal." in client("dig", "+short", "-x", PEER)


def test_getent_finds_its_networks_names(client):
    found = client("getent", "ahostsv6", "random-potato-45.internal")
    assert len({line.split()[0] for line in found.splitlines()}) == 4
    assert "172.16.10.45" in client("getent", "ahostsv4",
                                    "lion.shop.production.apn")


def test_nearest_is_measured_from_the_peer(client):
    """my-peer is in ord; iad is the closest that has the app."""
    name = "top2.nearest.of.random-potato-45.internal"
    assert set(client("dig", "+short", name, "AAAA").split()) == \
        {"fdaa:0:18:a7b:128:3d8d:9250:2", "fdaa:0:18:a7b:181:5918:5664:2"}


def test_nothing_of_another_network(client):
    said = client("dig", "balancer.flycast", "AAAA")
    assert "NXDOMAIN" in said
    client("getent", "ahosts", "balancer.flycast", good=False)
    assert "NXDOMAIN" in client("dig", "-x", "fdaa:0:22b7:a7b:5:77aa:1:2")
    # The other network's resolver is not even behind the tunnel.
    client("dig", "+time=1", "+tries=1", "@fdaa:0:22b7::3",
           "random-potato-45.internal", "AAAA", good=False)


def test_a_forwarded_name(client):
    assert client("dig", "+short", "www.example.com").split() == \
        ["198.51.100.7"]
    assert "198.51.100.7" in client("getent", "ahostsv4", "www.example.com")
