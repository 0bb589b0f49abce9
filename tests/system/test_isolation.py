"""Two networks that have everything alike: each asker sees its own."""

import dns.reversename
import pytest

from ask import SERVER4, ask, rcode, values

TWINS = [
    '{"put":"network","id":"%(net)s","prefixes":["%(six)s::/48","%(four)s.0/25"]}',
    '{"put":"app","network":"%(net)s","name":"web","domain":"shop","flycast":'
    '["%(six)s:f::%(n)s"]}',
    '{"put":"instance","network":"%(net)s","app":"web","id":"i1","region":"iad"'
    ',"addresses":["%(six)s::1:%(n)s","%(four)s.%(n)s"],"name":"lion",'
    '"group":"g","metadata":{"k":"v"}}',
    '{"put":"peer","network":"%(net)s","name":"laptop","addresses":'
    '["%(six)s::2:%(n)s"]}',
    '{"put":"app","network":"%(net)s","name":"only-%(net)s"}',
    '{"put":"peer","network":"%(net)s","name":"peer-%(net)s","addresses":'
    '["%(six)s::2:ff"]}',
]
ONE = {"net": "one", "six": "fdaa:0:18", "four": "172.16.10", "n": "7"}
TWO = {"net": "two", "six": "fdaa:0:22b7", "four": "172.16.11", "n": "8"}

# Every kind of name, and what network %(net)s answers: only its own.
FORMS = [
    ("web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("web.internal", "A", "%(four)s.%(n)s"),
    ("global.web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("iad.web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("top3.nearest.of.web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("i1.vm.web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("g.process.web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("v.k.kv._metadata.web.internal", "AAAA", "%(six)s::1:%(n)s"),
    ("vms.web.internal", "TXT", "i1 iad"),
    ("regions.web.internal", "TXT", "iad"),
    ("all.vms.web.internal", "TXT", "i1 iad"),
    ("all.regions.web.internal", "TXT", "iad"),
    ("_apps.internal", "TXT", "only-%(net)s,web"),
    ("_peer.internal", "TXT", "laptop,peer-%(net)s"),
    ("laptop._peer.internal", "AAAA", "%(six)s::2:%(n)s"),
    ("_instances.internal", "TXT",
     "instance=i1,app=web,ip=%(six)s::1:%(n)s,region=iad"),
    ("all._instances.internal", "TXT",
     "instance=i1,app=web,ip=%(six)s::1:%(n)s,region=iad"),
    ("_api.internal", "AAAA", "%(six)s::3"),
    ("lion.apn", "A", "%(four)s.%(n)s"),
    ("lion.shop.apn", "A", "%(four)s.%(n)s"),
    ("lion.shop.apn", "AAAA", "%(six)s::1:%(n)s"),
    ("shop.apn", "A", "%(four)s.%(n)s"),
    ("web.flycast", "AAAA", "%(six)s:f::%(n)s"),
]
REVERSE = [  # names of network one's addresses: nobody else's
    ("172.16.10.7", "lion.shop.apn."),
    ("fdaa:0:18::1:7", "lion.shop.apn."),
    ("fdaa:0:18::2:7", "laptop._peer.internal."),
]


@pytest.fixture(scope="module", name="twins")
def fixture_twins(module_servers):
    facts = ['{"put":"region","id":"iad","latitude":38.95,"longitude":-77.46}']
    facts += [line % network for network in (ONE, TWO) for line in TWINS]
    return module_servers.serve(module_servers.store("\n".join(facts) + "\n"))


@pytest.mark.parametrize("name,rdtype,expected", FORMS)
@pytest.mark.parametrize("network", [ONE, TWO], ids=["one", "two"])
def test_isolation(twins, network, name, rdtype, expected):
    """Two networks with the same names: each asker gets its own's."""
    for source in network["six"] + "::1", network["four"] + ".1":
        if "." in source and network is TWO:
            continue  # only the first is routed here
        reply = ask(name, rdtype, source=source)
        assert values(reply) == [expected % network]
        assert rcode(reply) == "NOERROR"


@pytest.mark.parametrize("address,target", REVERSE)
def test_isolation_of_reverse_names(twins, address, target):
    name = dns.reversename.from_address(address)
    assert values(ask(name, "PTR", source="fdaa:0:18::1")) == [target]
    other = ask(name, "PTR", source="fdaa:0:22b7::1")
    assert (rcode(other), values(other)) == ("NXDOMAIN", [])


@pytest.mark.parametrize("name", ["only-one.internal", "only-one.flycast",
                                  "peer-one._peer.internal", "only-one.apn"])
def test_isolation_of_what_one_has(twins, name):
    other = ask(name, source="fdaa:0:22b7::1")
    assert (rcode(other), values(other)) == ("NXDOMAIN", [])
    # The app exists for its own askers, with or without addresses.
    if name.endswith("internal"):
        assert rcode(ask(name, source="fdaa:0:18::1")) == "NOERROR"


def test_destination_selects_and_source_must_fit(twins):
    """Design 6.2: who asks another network's resolver gets nothing of it."""
    reply = ask("web.internal", source="fdaa:0:22b7::1", server="fdaa:0:18::3")
    assert rcode(reply) == "REFUSED"
    assert not reply.answer
    reply = ask("web.internal", source="172.16.10.1", server=SERVER4)
    assert values(reply) == ["fdaa:0:18::1:7"]
