"""dnsctl wireguard: a peer and its file come together, or not at all."""

import json
import os
import re
import subprocess

import pytest

from peers import (GATEWAY, GATEWAY_KEY, NETWORK, ROUNDS, SECOND, at_once,
                   files_below, private_key, public_key, read, rendered,
                   zbarimg)
from programs import DNSCTL, UNBOXED, Store, lines, until

CONFIG = """[Interface]
PrivateKey = KEY
Address = fdaa:0:18:2:af33:0:a:2/120, 172.16.9.1/32
DNS = fdaa:0:18::3

[Peer]
PublicKey = 6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY=
Endpoint = gw.example:51820
AllowedIPs = fdaa:0:18::/48, 172.16.0.0/16
PersistentKeepalive = 15
"""


@pytest.fixture(name="store")
def fixture_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "store")
    store.apply([NETWORK, GATEWAY])
    return store


def test_create(store):
    made = store.run("wireguard", "create", "acme", "laptop", "--for", "24h")
    assert made.returncode == 0, made.stderr
    key = private_key("laptop.conf")
    assert key not in made.stdout + made.stderr
    assert read("laptop.conf") == CONFIG.replace("KEY", key)
    assert os.stat("laptop.conf").st_mode & 0o777 == 0o600
    assert "laptop  iad1  iad  fdaa:0:18:2:af33:0:a:2  developer  in 24 h" \
        in store.run("wireguard", "list").stdout
    with open(os.path.join(store.path, "data.mdb"), "rb") as data:
        assert key.encode() not in data.read()
    shown = store.run("wireguard", "show", "acme", "laptop").stdout
    assert key not in shown and "AllowedIPs" in shown
    assert store.run("check").returncode == 0


# What cannot be done: it says so, and neither fact nor file is there.
REFUSED = [
    (["acme", "laptop", "other.conf"], "is there"),
    (["acme", "sixteen-octets-x"], "16 octets"),
    (["acme", "p", "sixteen-octets-x.conf"], "16 octets"),
    (["acme", "p", "p.txt"], "must end in .conf"),
    (["acme", "p", "no/such/p.conf"], "No such file"),
    (["acme", "p", "taken.conf"], "File exists"),
    (["acme", "p", "--png", "taken.conf"], "File exists"),
    (["acme", "p", "full/p.conf"], "No space left"),
    (["acme", "p", "--region", "lhr"], "no gateway is there"),
    (["acme", "p", "--gateway", "lhr1"], "no such gateway"),
    (["acme", "p", "--for", "soon"], "a number and s, m, h or d"),
    (["acme", "p", "--role", "root"], "observer, developer"),
    (["acme", "p", "--role", "observer"], "below its own"),
    (["acme", "p", "--mtu", "1280\nPostUp = x"], "a number"),
    (["acme", "p", "--apps", "_x"], "apps"),
    (["acme", "_p"], "name"),
    (["acme", "p", "--public-key", "A" * 44], "public_key"),
    (["acme", "p", "--public-key", "A"], "44 letters"),
    (["acme", "p", "--to", "etcd://127.0.0.1:1"], "no endpoint"),
    (["acme", "p", "--print"], "the key would be lost"),
    (["acme", "p", "--once"], "--once"),
    (["acme", "p", "--relay", "[::1]:1"], "no option --relay"),
    (["acme", "p", "q.conf", "r"], "usage: "),
    ([], "takes NETWORK [NAME] [FILE]"),
    (["none", "p"], "no such network"),
]


@pytest.mark.parametrize("arguments, why", REFUSED)
def test_refused(store, arguments, why):
    store.run("wireguard", "create", "acme", "laptop")
    with open("taken.conf", "w", encoding="ascii"):
        pass
    os.mkdir("full")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", "full"],
                   check=True)
    with open("full/file", "wb") as file:
        file.write(bytes(4096))
    facts, files = store.run("export").stdout, files_below(".")
    refused = store.run("wireguard", "create", *arguments)
    assert refused.returncode != 0
    assert why in refused.stderr
    assert store.run("export").stdout == facts
    assert files_below(".") == files
    subprocess.run(["umount", "full"], check=True)


def test_fifteen_octets(store):
    assert store.run("wireguard", "create", "acme",
                     "fifteen-octets-").returncode == 0


def test_guest(store):
    """Without a name it is a guest, for a day; two are two."""
    for _ in range(2):
        store.tell("wireguard", "create", "acme")
    names = [name for name in os.listdir(".") if name.endswith(".conf")]
    assert len(names) == 2
    for name in names:
        assert re.fullmatch("interactive-[a-z2-7]{3}.conf", name)
    listed = store.tell("wireguard", "list", "acme")
    assert listed.count("in 23 h") + listed.count("in 24 h") == 2
    for line in store.tell("wireguard", "list", "acme",
                           "--json").splitlines():
        peer = json.loads(line)
        assert peer["name"] + ".conf" in names and "seen" not in peer
        assert (peer["network"], peer["role"]) == ("acme", "developer")
        assert peer["address"] in read(peer["name"] + ".conf")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                            peer["expires"])


# Whose address it is not, whoever has it.
TAKEN = [
    {"put": "instance", "network": "acme", "app": "web", "id": "i",
     "region": "iad", "addresses": ["fdaa:0:18:2:af33:0:a:7",
                                    "172.16.9.1"]},
    {"put": "app", "network": "acme", "name": "web",
     "flycast": ["fdaa:0:18:2:af33:0:a:102", "fdaa:0:18:0:1::4"]},
    {"put": "peer", "network": "acme", "name": "wide",
     "addresses": ["fdaa:0:18:2:af33:0:a:200/119", "172.16.9.2"]},
    {**NETWORK, "resolvers": ["fdaa:0:18:2:af33:0:a:402", "172.16.9.3",
                              "fdaa:0:18:0:1::3"]},
]


def test_addresses_that_nothing_has(store):
    store.apply(TAKEN)
    store.tell("wireguard", "create", "acme", "laptop")
    assert "fdaa:0:18:2:af33:0:a:502/120, 172.16.9.4/32" in read("laptop.conf")
    assert store.tell("flycast", "allocate", "acme", "web") == \
        "fdaa:0:18:0:1::5\n"


def test_letters_and_the_end(store):
    """Behind the last of a comes b, and behind the last of f nothing."""
    store.apply([{"put": "peer", "network": "acme", "name": "all-a",
                  "addresses": ["fdaa:0:18:2:af33:0:a:0/112"]}])
    store.tell("wireguard", "create", "acme", "laptop")
    assert "fdaa:0:18:2:af33:0:b:2/120" in read("laptop.conf")
    store.apply([{"put": "peer", "network": "acme", "name": "all",
                  "addresses": ["fdaa:0:18:2:af33::/80"]}])
    assert "no address left" in \
        store.run("wireguard", "create", "acme", "p").stderr


def test_png(store):
    store.tell("wireguard", "create", "acme", "laptop", "--png", "code.png")
    assert zbarimg("code.png") == read("laptop.conf").encode()
    assert os.stat("code.png").st_mode & 0o777 == 0o600


def test_terminal(store):
    shown = store.tell("wireguard", "create", "acme", "laptop", "--qr")
    rendered(shown, "code.pbm")
    assert zbarimg("code.pbm") == read("laptop.conf").encode()


def test_what_does_not_fit_a_code(store):
    """500 servers: the network's code is the same, the mesh is too large."""
    servers = [{"put": "instance", "network": "acme", "app": "web",
                "id": f"i{n}", "region": "iad", "public_key": GATEWAY_KEY,
                "endpoint": f"s{n}.example:51820",
                "addresses": [f"fdaa:0:18::{n + 16:x}"]} for n in range(500)]
    store.tell("wireguard", "create", "acme", "laptop")
    before = store.tell("wireguard", "show", "acme", "laptop", "--qr")
    store.apply(servers)
    assert store.tell("wireguard", "show", "acme", "laptop", "--qr") == before
    made = store.run("wireguard", "create", "acme", "mesh", "--mesh", "--qr",
                     "--png", "mesh.png")
    assert made.returncode == 1
    assert "at most 2953 octets, and the configuration has " + \
        str(os.path.getsize("mesh.conf")) in made.stderr
    assert read("mesh.conf").count("[Peer]") == 500
    assert files_below(".")[0][-1] != "mesh.png"
    assert '"mesh"' in store.tell("export")


def test_mesh_shows_what_its_apps_are(store):
    store.apply([{"put": "instance", "network": "acme", "app": app, "id": app,
                  "region": "iad", "public_key": GATEWAY_KEY,
                  "endpoint": "[2001:db8::1]:1",
                  "addresses": [f"fdaa:0:18::{n}"]}
                 for n, app in enumerate(["web", "db"], 16)])
    store.tell("wireguard", "create", "acme", "mesh", "--mesh", "--apps", "DB")
    assert "db.vm.db" in read("mesh.conf") and "web" not in read("mesh.conf")
    assert "[2001:db8::1]:1\n" in read("mesh.conf")


# Options and the lines that they make.
LINES = [
    (["--search"], "DNS = fdaa:0:18::3, internal, apn\n"),
    (["--mtu", "1280"], "MTU = 1280\n"),
    (["--split-dns"], "PostUp = resolvectl dns %i fdaa:0:18::3\nPostUp = "
     "resolvectl domain %i ~internal ~apn ~flycast ~c.f.ip6.arpa "
     "~d.f.ip6.arpa ~16.172.in-addr.arpa\n"),
    (["--split-dns", "--search"], "domain %i internal apn ~internal"),
    (["--public-key", GATEWAY_KEY], "# PrivateKey = the one of"),
]


@pytest.mark.parametrize("options, line", LINES)
def test_lines(store, options, line):
    store.tell("wireguard", "create", "acme", "laptop", *options)
    assert line in read("laptop.conf")
    assert ("\nDNS" in read("laptop.conf")) == ("--split-dns" not in options)


def test_resolver_outside_and_prefixes_in_others(store):
    store.apply([{"put": "network", "id": "acme", "resolvers": ["fdaa::3"],
                  "prefixes": ["fdaa:0:18::/48", "fdaa:0:18:7::/64"]}])
    store.tell("wireguard", "create", "acme", "laptop")
    assert "AllowedIPs = fdaa:0:18::/48, fdaa::3/128\n" in read("laptop.conf")


def test_standard_output_alone(store):
    made = store.tell("wireguard", "create", "acme", "laptop", "-")
    assert made.startswith("[Interface]\nPrivateKey = ")
    assert made.endswith("PersistentKeepalive = 15\n")
    assert not [name for name in os.listdir(".") if "conf" in name]


def test_print(store):
    """Nothing is changed: the line is what apply takes."""
    before = store.tell("export")
    line = store.tell("wireguard", "create", "acme", "laptop", "--print",
                      "--public-key", GATEWAY_KEY)
    assert store.tell("export") == before and os.listdir(".") == ["store"]
    with_file = store.run("wireguard", "create", "acme", "laptop", "l.conf",
                          "--print")
    assert "wrote l.conf" in with_file.stderr
    assert with_file.stdout.count("\n") == 1
    store.tell("apply", "-", stdin=line)
    for command in "renew", "remove":
        before = store.tell("export")
        line = store.tell("wireguard", command, "acme", "laptop", "--print")
        assert store.tell("export") == before
        store.tell("apply", "-", stdin=line)
        assert store.tell("export") != before


def test_rekey_and_remove(store):
    store.run("wireguard", "create", "acme", "laptop")
    store.tell("wireguard", "rekey", "acme", "laptop", "new.conf")
    assert private_key("laptop.conf") != private_key("new.conf")
    address = re.search("Address.*", read("new.conf"))[0]
    assert address in read("laptop.conf")
    store.tell("wireguard", "remove", "acme", "laptop")
    assert "laptop" not in store.run("export").stdout


def test_renew(store):
    store.tell("wireguard", "create", "acme", "laptop", "--for", "1s")
    until(lambda: "ended" in store.tell("wireguard", "list"), "its end")
    store.tell("wireguard", "renew", "acme", "laptop", "--for", "3h")
    assert "in 180 min" in store.tell("wireguard", "list") or \
        "in 3 h" in store.tell("wireguard", "list")


def test_a_reader_waits_for_nobody(store):
    """Neither show nor list takes the lock of who writes."""
    store.tell("wireguard", "create", "acme", "laptop")
    with subprocess.Popen([DNSCTL, "-s", store.path, "follow", "-",
                           *UNBOXED],
                          stdin=subprocess.PIPE, text=True) as writer:
        writer.stdin.write(lines([NETWORK, {**GATEWAY, "number": 7}]))
        writer.stdin.flush()
        for command in ["list"], ["show", "acme", "laptop"]:
            store.tell("wireguard", *command)
        writer.stdin.close()


@pytest.mark.parametrize("command", ["create", "rekey"])
@pytest.mark.parametrize("call, after", [("fdatasync", False),
                                         ("renameat2", True)])
def test_what_a_crash_leaves(store, command, call, after):
    """Killed before the commit or behind it: the next try does it."""
    if command == "rekey":
        store.tell("wireguard", "create", "acme", "laptop", "old.conf")
    before = store.tell("export")
    subprocess.run(["strace", "-f", "-o", "/dev/null", "-e",
                    f"inject={call}:signal=KILL", DNSCTL, "-s", store.path,
                    "wireguard", command, "acme", "laptop", "l.conf"],
                   check=False)
    assert os.path.exists("l.conf.new") and not os.path.exists("l.conf")
    assert (store.tell("export") != before) == after
    left = private_key("l.conf.new")
    store.tell("wireguard", command, "acme", "laptop", "l.conf")
    assert not os.path.exists("l.conf.new")
    assert (private_key("l.conf") == left) == after
    assert public_key("l.conf") in store.tell("export")


def test_flycast(store):
    for last in "345":
        given = store.run("flycast", "allocate", "acme", "web").stdout
        assert given == f"fdaa:0:18:0:1::{last}\n"


def test_flycast_for_another_network(store):
    """The export's, in the other network; and then nobody else's there."""
    store.apply([{"put": "network", "id": "other",
                  "prefixes": ["fdaa:0:19::/48"]}])
    for last in "34":
        assert store.tell("flycast", "allocate", "acme", "web", "--for",
                          "other") == f"fdaa:0:19:0:1::{last}\n"
    assert store.tell("flycast", "allocate", "other", "own") == \
        "fdaa:0:19:0:1::5\n"
    assert store.tell("flycast", "allocate", "acme", "web") == \
        "fdaa:0:18:0:1::3\n"
    assert '"to":"other","flycast":["fdaa:0:19:0:1::3","fdaa:0:19:0:1::4"]' \
        in store.tell("export")


def test_two_at_once(store):
    store.apply([SECOND])
    at_once(store.path)
    assert store.tell("export").count('"peer"') == 2 * ROUNDS
