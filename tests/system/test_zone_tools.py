"""dnsctl record, dnsctl zone: what they write, what they say, and that they
leave alone a store that follows somebody."""

import json

import pytest

from programs import UNBOXED, lines

ACME = {"put": "network", "id": "acme", "prefixes": ["fdaa:0:18::/48"]}
FILE = """\
$ORIGIN corp.acme.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns.example.
www A 198.51.100.1
www 60 A 198.51.100.2
*.Wild TXT "a; b"
sub NS ns.example.
odd TYPE65400 \\# 4 01020304
x.other. A 192.0.2.1
"""


@pytest.fixture(name="store")
def fixture_store(servers):
    return servers.store([ACME])


def facts(store):
    return [json.loads(line) for line in
            store.tell("record", "list", "--json").splitlines()]


def test_records(store):
    put = ["record", "put", "acme", "www.corp.acme"]
    done = store.run(*put, "A", "192.0.2.1")
    assert done.returncode == 1
    assert "must be in a zone that the network has" in done.stderr
    store.tell("zone", "put", "acme", "corp.acme", "--fallthrough", "no")
    store.tell(*put, "A", "192.0.2.1", "192.0.2.2", "--ttl", "60")
    store.tell(*put, "txt", '"a text"')
    assert store.tell("record", "list", "acme", "corp.acme").splitlines() == [
        "www.corp.acme.\t60\tIN\tA\t192.0.2.1",
        "www.corp.acme.\t60\tIN\tA\t192.0.2.2",
        'www.corp.acme.\t5\tIN\tTXT\t"a text"']
    for rdtype, value, rule in [("MX", "70000 m", "what MX records have"),
                                ("NS", "ns", "must be A, AAAA"),
                                ("CNAME", "x.", "a CNAME is alone")]:
        done = store.run(*put, rdtype, value)
        assert done.returncode == 1 and rule in done.stderr, done.stderr
    before = facts(store)
    store.tell("--dry-run", "record", "delete", "acme", "www.corp.acme")
    store.tell("--print", "record", "delete", "acme", "www.corp.acme")
    assert facts(store) == before
    store.tell("record", "delete", "acme", "www.corp.acme", "A")
    assert [f["type"] for f in facts(store)] == ["TXT"]
    store.tell("record", "delete", "acme", "www.corp.acme")
    assert facts(store) == []
    assert store.run("record", "put", "acme").returncode == 2
    assert store.run("record", "x").returncode == 2


def test_import(store, tmp_path):
    path = tmp_path / "zone"
    path.write_text(FILE)
    done = store.run("zone", "import", "acme", str(path))
    assert (done.returncode, done.stdout) == (0, "put 1 zone, 2 records\n")
    assert [line.partition(": ")[2] for line in
            done.stderr.splitlines()] == [
        "corp.acme SOA: left out: it is made up",
        "corp.acme NS: left out: it is made up",
        "sub.corp.acme NS: left out: no such records here",
        "odd.corp.acme TYPE65400: left out: no such records here",
        "x.other A: left out: not in the zone"]
    record = {"put": "record", "network": "acme"}
    assert facts(store) == [
        {**record, "name": "*.wild.corp.acme", "type": "TXT", "ttl": 300,
         "values": ['"a; b"']},
        {**record, "name": "www.corp.acme", "type": "A", "ttl": 60,
         "values": ["198.51.100.1", "198.51.100.2"]}]
    # Again; less; what is in a zone below stays.
    assert store.tell("zone", "import", "acme", str(path)) == \
        "nothing changed\n"
    store.tell("zone", "put", "acme", "low.corp.acme")
    store.tell("record", "put", "acme", "a.low.corp.acme", "A", "192.0.2.1")
    path.write_text("@ A 192.0.2.9\n")
    text = store.tell("zone", "import", "acme", str(path), "corp.acme",
                      "--dry-run")
    assert text.splitlines()[-1] == "put 1 record; deleted 2 records"
    store.tell("zone", "import", "acme", str(path), "corp.acme")
    assert [f["name"] for f in facts(store)] == ["corp.acme",
                                                 "a.low.corp.acme"]
    # What is listed is a zone file, too.
    text = store.tell("record", "list", "acme", "corp.acme")
    text = "".join(line + "\n" for line in text.splitlines()
                   if ".low" not in line)
    done = store.run("zone", "import", "acme", "-", "corp.acme", stdin=text)
    assert done.stdout == "nothing changed\n"


@pytest.mark.parametrize("text,why", [
    ("@ A 192.0.2.1\n", "which zone is it?"),
    ("$ORIGIN a.b.\n@ SOA x\n", ":2:"),
    ("$ORIGIN a.b.\n@ SOA a b 1 1 1 1 1\nbad line\n", ":3:"),
    ("$ORIGIN a.b.\n@ SOA a b 1 1 1 1 1\nx CNAME y\nx A 192.0.2.1\n",
     "a CNAME is alone"),
])
def test_bad_files(store, tmp_path, text, why):
    (tmp_path / "zone").write_text(text)
    done = store.run("zone", "import", "acme", str(tmp_path / "zone"))
    assert done.returncode == 1
    assert why in done.stderr
    assert store.tell("list", "zones") == ""


def test_explain(store):
    store.tell("zone", "put", "acme", "corp.acme", "--fallthrough", "no")
    store.tell("record", "put", "acme", "*.corp.acme", "CNAME",
               "www.low.corp.acme")
    store.tell("zone", "put", "acme", "low.corp.acme")
    store.tell("record", "put", "acme", "www.low.corp.acme", "A",
               "192.0.2.1")

    def notes(name):
        text = store.tell("explain", "-n", "acme", name, "A")
        return [line[10:] for line in text.splitlines()
                if line.startswith("note")]

    assert notes("x.corp.acme") == [
        "zone corp.acme: *.corp.acme is a CNAME",
        "zone low.corp.acme: www.low.corp.acme has the record"]
    store.tell("record", "put", "acme", "out.corp.acme", "CNAME",
               "www.example")
    text = store.tell("explain", "-n", "acme", "out.corp.acme", "A")
    assert "led to    www.example\n" in text
    assert notes("y.low.corp.acme") == [
        "zone low.corp.acme: *.low.corp.acme is not there: forwarded"]


def test_a_store_that_follows(store):
    store.tell("follow", "-", *UNBOXED, stdin=lines([ACME]) + '{"commit":"1"}\n')
    done = store.run("zone", "put", "acme", "corp.acme")
    assert done.returncode == 1
    assert "follows -" in done.stderr
    assert store.tell("--print", "zone", "put", "acme", "corp.acme") == \
        '{"put":"zone","network":"acme","name":"corp.acme"}\n'
    assert store.tell("list", "zones") == ""
