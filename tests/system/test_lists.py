"""TXT lists, as their different readers read them."""

import re

import dns.flags
import dns.rdatatype
import pytest

from ask import ask, flags
from test_sizes import NETWORK, REGION, instances

EMPTY = {"delete": "network", "id": "n"}


def names_of_length(length):
    """App names that make a list of LENGTH octets, sorted."""
    names = []
    while length > 0:
        take = length if length <= 63 else 62 if length == 64 else 63
        names.append(f"{len(names):04}"[:take].ljust(take, "x")
                     if take > 1 else "a")
        length -= take + 1
    return sorted(names)


@pytest.fixture(scope="module", name="lists")
def fixture_lists(module_servers):
    return module_servers.serve(module_servers.store([NETWORK]))


def put_apps(store, names):
    """Makes NAMES the network's apps."""
    store.apply([EMPTY, NETWORK] + [{"put": "app", "network": "n",
                                     "name": name} for name in names])


def strings_of(reply):
    """The strings of the one TXT record there must be."""
    (rrset,) = reply.answer
    assert rrset.rdtype == dns.rdatatype.TXT
    (rdata,) = rrset
    return [s.decode() for s in rdata.strings]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("length", [1, 254, 255, 256, 5000])
def test_list_for_four_readers(lists, length, tcp):
    names = names_of_length(length)
    assert len(",".join(names)) == length
    put_apps(lists.store, names)
    strings = strings_of(ask("_apps.internal", "TXT", payload=8192, tcp=tcp))
    # Joins all strings.
    assert "".join(strings) == ",".join(names)
    # Reads the first string only.
    first = strings[0].split(",")
    assert first == names[:len(first)] and first != []
    # Splits each string alone.
    assert [n for s in strings for n in s.split(",") if n] == names
    # Splits each record: there is one (strings_of), without a last separator.
    assert not strings[-1].endswith(",")
    assert all(s.startswith(",") for s in strings[1:])
    assert (len(strings) == 1) == (length <= 255)


def test_instances_are_cut_at_separators(lists):
    lists.store.apply([EMPTY, NETWORK, REGION] + instances("web", 40, 1))
    strings = strings_of(ask("_instances.internal", "TXT", tcp=True))
    assert all(len(s) <= 255 for s in strings)
    assert all(s[0] in ",;" for s in strings[1:])
    items = "".join(strings).split(";")
    assert len(items) == 40
    assert all(re.fullmatch(r"instance=i\d+,app=web,ip=fdaa:0:18:1::[0-9a-f]*"
                            r",region=iad", item) for item in items)


@pytest.mark.parametrize("payload", [None, 512, 1232])
def test_list_that_does_not_fit(lists, payload):
    """Whole items, as many as fit, and TC; the rest over TCP."""
    names = names_of_length(5000)
    put_apps(lists.store, names)
    reply = ask("_apps.internal", "TXT", payload=payload)
    assert "TC" in flags(reply)
    got = "".join(strings_of(reply)).split(",")
    assert got == names[:len(got)]
    size = len(reply.to_wire(max_size=65535))
    assert (payload or 512) - 64 - 1 < size <= (payload or 512)
    assert ask("_apps.internal", "TXT", tcp=True).flags & dns.flags.TC == 0
