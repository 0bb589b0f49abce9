"""The clients that people use, each as it comes from Debian.

They run on a host of their own, an instance of the network acme whose
/etc/resolv.conf names fdaa::3.  A client that is not installed is a failure.
"""

import os
import subprocess

import pytest

from ask import ACME, PATIENCE
from netns import Host
from programs import sample

CLIENTS = os.path.join(os.path.dirname(__file__), "clients")
POTATOES = {"fdaa:0:18:a7b:128:3d8d:9250:2", "fdaa:0:18:a7b:181:5918:5664:2",
            "fdaa:0:18:a7b:7d:9185:1e6e:2", "fdaa:0:18:a7b:99:e286:65f:2"}
VMS = {"3d8d9250 iad", "59185664 iad", "91851e6e lhr", "e286065f fra"}
APPS = ("blog,datasette-apache-proxy-demo,datasette-demo,fleet,flyer,"
        "paulgra-ham,random-potato-45,shop,sleepy-cloud")
FLEET = {f"fdaa:0:18:120::{i:x}" for i in range(1, 121)}


@pytest.fixture(scope="module", name="fleet")
def fixture_fleet(module_servers):
    """The sample, an app of 120 addresses and one of a long TXT list."""
    facts = sample() + "".join(
        '{"put":"instance","network":"acme","app":"fleet","id":"f%03d",'
        '"region":"iad","addresses":["%s"]}\n' % (i, address)
        for i, address in enumerate(sorted(FLEET)))
    return module_servers.serve(module_servers.store(facts))


@pytest.fixture(scope="module", name="run")
def fixture_run(fleet, tmp_path_factory):
    """run(COMMAND...) on the instance: what it printed, in lines."""
    directory = tmp_path_factory.mktemp("instance")
    host = Host([ACME, "172.16.10.200"])

    def run(*command, resolv="nameserver fdaa::3\n", good=True):
        conf = directory / "resolv.conf"
        conf.write_text(resolv)
        done = subprocess.run(host.enter(list(command), conf), text=True,
                              capture_output=True, timeout=PATIENCE,
                              check=False)
        assert (done.returncode == 0) == good, done.stdout + done.stderr
        return done.stdout.splitlines()
    yield run
    host.close()


# --- dig and drill

def test_dig(run):
    assert run("dig", "+short", "paulgra-ham.internal", "AAAA") == [ACME]
    assert set(run("dig", "+short", "random-potato-45.internal",
                   "AAAA")) == POTATOES
    assert run("dig", "+short", "_apps.internal", "TXT") == [f'"{APPS}"']
    assert run("dig", "+short", "-x", "172.16.10.45") == \
        ["lion.shop.production.apn."]
    assert run("dig", "+short", "-x", ACME) == \
        ["f066b83b.vm.paulgra-ham.internal."]
    assert run("dig", "+short", "+notcp", "lion.shop.production.apn", "A") == \
        ["172.16.10.45"]


@pytest.mark.parametrize("option", ["+tcp", "+noedns", "+bufsize=8192",
                                    "+dnssec", "+norecurse", "+nocookie"])
def test_dig_of_many(run, option):
    """More than fits 512 and 1232 octets: dig comes again over TCP."""
    assert set(run("dig", "+short", option, "fleet.internal", "AAAA")) == FLEET


def test_dig_sees_nothing_odd(run):
    """No warning, no bad cookie, no extra octets."""
    for name in "fleet.internal", "none.internal", "_apps.internal":
        said = "\n".join(run("dig", name, "TXT"))
        assert "WARNING" not in said.upper().replace(
            "WARNING: RECURSION REQUESTED BUT NOT AVAILABLE", "")
        assert "malformed" not in said.lower()


def test_drill(run):
    assert any(ACME in line
               for line in run("drill", "paulgra-ham.internal", "AAAA"))
    said = run("drill", "-b", "8192", "fleet.internal", "AAAA")
    assert {f for line in said for f in line.split()[-1:]} >= FLEET
    assert any("NXDOMAIN" in line for line in run("drill", "no.internal"))


# --- the C libraries

@pytest.mark.parametrize("options", ["", "options edns0 rotate\n",
                                     "options edns0 trust-ad\n",
                                     "options use-vc\n",
                                     "options single-request\n"])
def test_getent(run, options):
    resolv = ("nameserver fdaa::3\nnameserver fdaa:0:18::3\n"
              "search internal\n" + options)

    def hosts(database, name):
        return {line.split()[0]
                for line in run("getent", database, name, resolv=resolv)}
    assert hosts("ahosts", "random-potato-45.internal") == POTATOES
    assert hosts("ahostsv6", "paulgra-ham") == {ACME}  # by the search list
    assert hosts("ahostsv4", "shop.production.apn") == \
        {"172.16.10.45", "172.16.10.46"}
    assert hosts("ahosts", "fleet.internal") == FLEET
    (line,) = run("getent", "hosts", "172.16.10.61", resolv=resolv)
    assert line.split() == ["172.16.10.61", "lion.blog.production.apn"]
    run("getent", "ahosts", "no-such-app.internal", resolv=resolv, good=False)
    run("getent", "ahosts", "sleepy-cloud.internal", resolv=resolv, good=False)


def test_musl(run, tmp_path):
    """Debian's musl never uses TCP: of 120 addresses it gets some."""
    program = tmp_path / "lookup"
    subprocess.run(["musl-gcc", "-static", "-o", program,
                    os.path.join(CLIENTS, "lookup.c")], check=True)
    assert set(run(program, "random-potato-45.internal")) == POTATOES
    assert run(program, "lion.shop.production.apn") == ["172.16.10.45"]
    some = run(program, "fleet.internal")
    assert len(some) > 10 and set(some) <= FLEET
    run(program, "no-such-app.internal", good=False)


# --- languages with resolvers of their own

def test_node(run):
    def node(how, name, **more):
        return run("node", os.path.join(CLIENTS, "lookup.js"), how, name,
                   **more)
    assert node("resolveTxt", "_apps.internal") == [APPS, "--"]
    *vms, end = node("resolveTxt", "vms.random-potato-45.internal")
    assert (set("".join(vms).split(",")), end) == (VMS, "--")
    assert set(node("resolve6", "random-potato-45.internal")) == POTATOES
    assert set(node("resolve6", "fleet.internal")) == FLEET
    assert set(node("lookup", "random-potato-45.internal")) == POTATOES
    assert node("resolve4", "lion.shop.production.apn") == ["172.16.10.45"]
    assert node("reverse", ACME) == ["f066b83b.vm.paulgra-ham.internal"]
    node("resolve6", "no-such-app.internal", good=False)
    # 120 items are longer than one string, and than the usual packet.
    *strings, end = node("resolveTxt", "vms.fleet.internal")
    assert end == "--" and "--" not in strings
    assert len("".join(strings).split(",")) == 120


def test_go(run, tmp_path):
    program = tmp_path / "lookup"
    subprocess.run(["go", "build", "-o", program,
                    os.path.join(CLIENTS, "lookup.go")], check=True,
                   env=dict(os.environ, GO111MODULE="off", CGO_ENABLED="0",
                            GOCACHE=str(tmp_path / "cache"),
                            GOPATH=str(tmp_path), GOFLAGS=""))

    def go(how, name, **more):
        return run("env", "GODEBUG=netdns=go", program, how, name, **more)
    assert set(go("host", "random-potato-45.internal")) == POTATOES
    assert set(go("host", "fleet.internal")) == FLEET
    assert go("txt", "_apps.internal") == [APPS]
    assert go("addr", "172.16.10.45") == ["lion.shop.production.apn."]
    assert go("host", "lion.shop.production.apn") == ["172.16.10.45"]
    go("host", "no-such-app.internal", good=False)


def test_java(run, tmp_path):
    subprocess.run(["javac", "-d", tmp_path,
                    os.path.join(CLIENTS, "Lookup.java")], check=True)

    def java(how, name, **more):
        found = run("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp",
                    tmp_path, "Lookup", how, name, **more)
        return [line.strip('"') for line in found]
    assert len(java("host", "random-potato-45.internal")) == 4
    assert len(set(java("host", "fleet.internal"))) == 120
    assert java("TXT", "_apps.internal") == [APPS]
    assert java("A", "lion.shop.production.apn") == ["172.16.10.45"]
    assert len(java("AAAA", "fleet.internal")) == 120
    assert len(java("TXT", "vms.fleet.internal")[0].split(",")) == 120
    java("host", "no-such-app.internal", good=False)
