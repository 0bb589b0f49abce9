"""Unbound in front of us, as strict as it can be."""

import dns.message
import dns.query
import pytest

import upstreams
from ask import ACME, PATIENCE, rcode, values
from netns import Host
from programs import sample

ACME_V4 = "172.16.10.200"


@pytest.fixture(scope="module", name="machine")
def fixture_machine():
    """The host that the resolver runs on: an address of acme."""
    host = Host([ACME, ACME_V4])
    yield host
    host.close()


@pytest.fixture(scope="module", name="by_unbound")
def fixture_by_unbound(module_servers, machine):
    """Unbound on the host, with stub zones to us: 0x20, strict QNAME
    minimisation, RD=0.  Gives ask(NAME, TYPE)."""
    module_servers.serve(module_servers.store(sample()))
    directory = module_servers.fresh()
    zones = ["internal", "apn", "flycast", "10.16.172.in-addr.arpa",
             "8.1.0.0.0.0.0.0.a.a.d.f.ip6.arpa"]
    conf = directory / "unbound.conf"
    conf.write_text(f"""
server:
    interface: {ACME_V4}
    access-control: 0.0.0.0/0 allow
    username: ""
    chroot: ""
    directory: "{directory}"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    module-config: "iterator"
    use-caps-for-id: yes
    qname-minimisation: yes
    qname-minimisation-strict: yes
    local-zone: "16.172.in-addr.arpa" nodefault
    local-zone: "d.f.ip6.arpa" nodefault
    outgoing-interface: {ACME}
    verbosity: 2
    log-replies: yes
""" + "".join(f"stub-zone:\n    name: {zone}\n    stub-addr: fdaa::3\n"
              f"    stub-prime: no\n" for zone in zones))
    program = upstreams.Program(
        machine.enter(["/usr/sbin/unbound", "-d", "-p", "-c", str(conf)]),
        directory / "unbound.log")
    program.wait_ready(ACME_V4, name="internal")

    def ask(name, rdtype="AAAA"):
        q = dns.message.make_query(name, rdtype, use_edns=0)
        return dns.query.udp(q, ACME_V4, PATIENCE)
    yield ask
    program.close()


@pytest.mark.parametrize("name,rdtype,expected", [
    ("paulgra-ham.internal", "AAAA", {ACME}),
    ("global.paulgra-ham.internal", "AAAA", {ACME}),
    ("ord.paulgra-ham.internal", "AAAA", {ACME}),
    ("f066b83b.vm.paulgra-ham.internal", "AAAA", {ACME}),
    ("top9.nearest.of.paulgra-ham.internal", "AAAA", {ACME}),
    ("primary.role.kv._metadata.random-potato-45.internal", "AAAA",
     {"fdaa:0:18:a7b:128:3d8d:9250:2"}),
    ("worker.process.random-potato-45.internal", "AAAA",
     {"fdaa:0:18:a7b:181:5918:5664:2"}),
    ("my-peer._peer.internal", "AAAA", {"fdaa:0:18:a7b:7d:f066:b83b:102"}),
    ("_api.internal", "AAAA", {"fdaa:0:18::3"}),
    ("_peer.internal", "TXT", {"my-peer"}),
    ("vms.paulgra-ham.internal", "TXT", {"f066b83b ord"}),
    ("all.vms.sleepy-cloud.internal", "TXT", {"0e286039 yyz"}),
    ("all.regions.sleepy-cloud.internal", "TXT", {"yyz"}),
    ("flyer.flycast", "AAAA", {"fdaa:0:18:0:1::3"}),
    ("lion.shop.production.apn", "A", {"172.16.10.45"}),
    ("shop.production.apn", "A", {"172.16.10.45", "172.16.10.46"}),
    ("45.10.16.172.in-addr.arpa", "PTR", {"lion.shop.production.apn."}),
    ("2.0.0.0.b.3.8.b.6.6.0.f.d.7.0.0.b.7.a.0.8.1.0.0.0.0.0.0.a.a.d.f.ip6.arpa",
     "PTR", {"f066b83b.vm.paulgra-ham.internal."}),
])
def test_unbound(by_unbound, name, rdtype, expected):
    """Through every empty non-terminal: an NXDOMAIN on the way would end it."""
    reply = by_unbound(name, rdtype)
    assert rcode(reply) == "NOERROR"
    assert set(values(reply)) == expected


@pytest.mark.parametrize("name,expected", [
    ("no-such-app.internal", "NXDOMAIN"), ("nobody._peer.internal", "NXDOMAIN"),
    ("no.vm.paulgra-ham.internal", "NXDOMAIN"), ("no.flycast", "NXDOMAIN"),
    ("vm.paulgra-ham.internal", "NOERROR"),
    ("kv._metadata.paulgra-ham.internal", "NOERROR"),
    ("sleepy-cloud.internal", "NOERROR"),
])
def test_unbound_negative(by_unbound, name, expected):
    reply = by_unbound(name)
    assert (rcode(reply), values(reply)) == (expected, [])
    assert reply.authority
