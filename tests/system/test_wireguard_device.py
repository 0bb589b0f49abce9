"""A gateway's device, and the files of its peers: tunnels that are real.

The gateway is this test's namespace; each peer is a host that reaches it over
a cable and does what its file says with wg-quick.
"""

import base64
import json
import os
import random
import re
import subprocess

import pytest

from ask import PATIENCE
from netns import Host, ip
from peers import NETWORK, public_key, read
from programs import DNSCTL, lines, until
from tunnels import ENVIRONMENT, Tunnel, keys
from upstreams import Upstream, address_of

GATEWAY = "198.51.100.1"
ACME = {**NETWORK, "prefixes": ["fdaa:0:18::/48"]}
del ACME["pool"]
OTHER = {"put": "network", "id": "other", "prefixes": ["fdaa:0:22b7::/48"]}


def instance(network, app, address):
    return {"put": "instance", "network": network, "app": app, "id": app,
            "region": "iad", "addresses": [address]}


class Gateway:
    """A device, the store that it follows, and who follows."""

    def __init__(self, servers, name, number, port):
        self.directory = servers.fresh()
        self.store = servers.store([ACME, OTHER, instance(
            "acme", "web", "fdaa:0:18::80"), instance(
                "other", "secret", "fdaa:0:22b7::80")])
        private, public = keys()
        self.id = f"g{number}"
        self.fact = {"put": "gateway", "id": self.id, "region": self.id,
                     "endpoint": f"{GATEWAY}:{port}", "public_key": public,
                     "number": number}
        self.store.apply([self.fact])
        self.device = Tunnel(self.directory, name, f"""
[Interface]
PrivateKey = {private}
ListenPort = {port}
""")
        ip("link", "set", name, "up")
        self.log = self.directory / "follow.log"
        self.process = None

    def command(self, *options, store=None, path=os.environ["PATH"]):
        return self.device.inside + [
            "env", f"PATH={path}", DNSCTL, "-s", (store or self.store).path, "wireguard", "follow",
            self.device.name, "--gateway", self.id, *options]

    def follow(self, *options, **more):
        with open(self.log, "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                self.command(*options, **more), stderr=log)

    def stop(self, how="terminate"):
        getattr(self.process, how)()
        return self.process.wait(PATIENCE)

    def peers(self):
        """Key to blocks, handshake."""
        rows = [line.split("\t") for line in self.device.run(
            "wg", "show", self.device.name, "dump").splitlines()[1:]]
        return {row[0]: (row[3], int(row[4])) for row in rows}

    def routes(self):
        return {line.split()[0] for family in "46" for line in
                subprocess.run(["ip", f"-{family}", "route", "show", "dev",
                                self.device.name], text=True, check=True,
                               capture_output=True).stdout.splitlines()
                if "fe80" not in line}

    def create(self, *arguments):
        self.store.tell("wireguard", "create", "acme", *arguments)

    def close(self):
        if self.process and self.process.poll() is None:
            assert self.stop() == 0, self.log.read_text()
        self.device.close()


@pytest.fixture(scope="module", name="wide", autouse=True)
def fixture_wide():
    """Peers' addresses are not this host's, as they are in other tests."""
    ip("-6", "route", "del", "local", "fdaa::/16", "dev", "lo")
    ip("-6", "route", "add", "local", "fdaa:0:18::/112", "dev", "lo")
    ip("address", "replace", GATEWAY + "/32", "dev", "lo")
    yield
    ip("address", "del", GATEWAY + "/32", "dev", "lo")
    ip("-6", "route", "del", "local", "fdaa:0:18::/112", "dev", "lo")
    ip("-6", "route", "add", "local", "fdaa::/16", "dev", "lo")


@pytest.fixture(name="gateway")
def fixture_gateway(servers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    gateway = Gateway(servers, "wgtest0", 1, 51820)
    yield gateway
    gateway.close()


@pytest.fixture(name="served")
def fixture_served(gateway, servers):
    """The same, followed, and with a server behind it."""
    upstream = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    d = servers.serve(gateway.store, listen=[{"address": "[::]:53"}],
                      forward={"upstreams": ["udp://192.0.2.1"]})
    gateway.follow()
    yield gateway
    d.close()
    upstream.close()


class Machine:
    """A host that wg-quick brings up, with a /run and resolv.conf its own."""

    RESOLVCONF = """#!/bin/sh
[ "$1" = -d ] || cat >/etc/resolv.conf
"""

    def __init__(self, directory, number):
        self.host = Host([f"203.0.113.{number}"], name=f"far{number}")
        own = directory / f"machine{number}"
        (own / "run").mkdir(parents=True)
        (own / "bin").mkdir()
        (own / "bin" / "resolvconf").write_text(self.RESOLVCONF)
        (own / "bin" / "resolvconf").chmod(0o755)
        (own / "resolv.conf").write_text("")
        # pylint: disable-next=consider-using-with
        self.holder = subprocess.Popen(
            self.host.enter(["unshare", "-m", "sh", "-c",
                             'mount --bind "$0/run" /run && mount --bind '
                             '"$0/resolv.conf" /etc/resolv.conf && '
                             'echo && exec cat', str(own)]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.up = set()
        self.env = {**ENVIRONMENT,
                    "PATH": f"{own}/bin:" + os.environ["PATH"]}

    def enter(self, *command):
        return ["nsenter", "-t", str(self.holder.pid), "-m", "-n",
                f"--wdns={os.getcwd()}", *command]

    def run(self, *command):
        return subprocess.run(self.enter(*command), text=True, env=self.env,
                              capture_output=True, timeout=PATIENCE * 2,
                              check=False)

    def quick(self, what, path):
        """What it starts keeps its output, so that is nobody's to wait for."""
        with open("quick.log", "w", encoding="utf-8") as log:
            done = subprocess.run(self.enter("wg-quick", what, path),
                                  env=self.env, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, check=False,
                                  timeout=PATIENCE * 2)
        assert done.returncode == 0, read("quick.log")
        (self.up.add if what == "up" else self.up.remove)(path)

    def dig(self, *question):
        return self.run("dig", "+short", "+time=1", "+tries=1", *question)

    def answers(self, *question):
        return self.dig(*question).returncode == 0

    def handshake(self, name):
        return int(self.run("wg", "show", name, "latest-handshakes").stdout
                   .split()[1])

    def close(self):
        for path in list(self.up):
            self.quick("down", path)
        self.holder.stdin.close()
        self.holder.wait()
        self.host.close()


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    machines = []

    def make():
        machines.append(Machine(tmp_path, len(machines) + 1))
        return machines[-1]
    yield make
    for machine in machines:
        machine.close()


def address_in(path):
    return re.search("Address = ([^/]*)", read(path))[1]


def test_create_and_what_a_peer_sees(served, machine):
    """Its file as it is: its network's names, others' not, and all other."""
    served.create("laptop", "--region", "g1", "--for", "24h")
    until(lambda: served.peers(), "the peer is on the device")
    laptop = machine()
    laptop.quick("up", "./laptop.conf")
    until(lambda: laptop.answers("_apps.internal", "TXT"), "an answer")
    assert laptop.dig("_apps.internal", "TXT").stdout == '"web"\n'
    assert laptop.dig("web.internal", "AAAA").stdout == "fdaa:0:18::80\n"
    assert "NXDOMAIN" in laptop.run("dig", "secret.internal", "AAAA").stdout
    assert "NXDOMAIN" in laptop.run("dig", "-x", "fdaa:0:22b7::80").stdout
    assert laptop.dig("www.example.com").stdout == "198.51.100.7\n"
    assert laptop.dig("-x", address_in("laptop.conf")).stdout == \
        "laptop._peer.internal.\n"
    listed = subprocess.run(
        served.device.inside + [DNSCTL, "-s", served.store.path, "wireguard",
                                "list", "--device", "wgtest0"], text=True,
        capture_output=True, check=True).stdout
    assert re.search(r"laptop .* in 2[34] h  \d+ s ago\n", listed)
    listed = subprocess.run(
        served.device.inside + [DNSCTL, "-s", served.store.path, "wireguard",
                                "list", "--device", "wgtest0", "--json"],
        text=True, capture_output=True, check=True).stdout
    assert json.loads(listed)["seen"] > 1_700_000_000
    laptop.quick("down", "./laptop.conf")


def test_readme(served, machine):
    """What the README types, on the gateway and on the laptop."""
    path = os.path.join(os.path.dirname(__file__), "..", "..", "README.md")
    with open(path, encoding="utf-8") as file:
        block = re.search(r"```console\n# (dnsctl wireguard.*?)```",
                          file.read(), re.S)[1]
    create, wrote, quick, dig, shown = block.splitlines()
    served.store.apply([{**served.fact, "region": "iad"},
                        instance("acme", "blog", "fdaa:0:18::81")])
    assert served.store.tell(*create.split()[1:]).splitlines()[0] == wrote
    laptop = machine()
    laptop.quick(*quick.split()[2:4])
    until(lambda: laptop.answers("_apps.internal", "TXT"), "an answer")
    assert laptop.run(*dig.split()[1:]).stdout == shown + "\n"


def test_a_neighbours_address_is_dropped(served, machine):
    served.create("laptop")
    served.create("phone")
    laptop = machine()
    laptop.quick("up", "./laptop.conf")
    until(lambda: laptop.answers("_apps.internal", "TXT"), "an answer")
    stolen = address_in("phone.conf")
    assert laptop.run("ip", "address", "add", stolen + "/128", "dev",
                      "laptop", "nodad").returncode == 0
    assert not laptop.answers("-b", stolen, "_apps.internal", "TXT")
    assert laptop.answers("-b", address_in("laptop.conf"), "_apps.internal",
                          "TXT")


def test_a_lease_ends_everywhere(served, machine):
    """Device, route, answers, questions and handshakes: at that second."""
    served.create("laptop")
    served.create("guest", "--for", "1h")
    until(lambda: len(served.peers()) == 2, "both on the device")
    guest, laptop = machine(), machine()
    guest.quick("up", "./guest.conf")
    laptop.quick("up", "./laptop.conf")
    until(lambda: guest.answers("_apps.internal", "TXT"), "an answer")
    served.store.tell("wireguard", "renew", "acme", "guest", "--for", "3s")
    until(lambda: len(served.peers()) == 1, "its end on the device")
    assert not guest.answers("_apps.internal", "TXT")
    assert len(served.routes()) == 1
    until(lambda: laptop.answers("_apps.internal", "TXT"), "an answer")
    assert "NXDOMAIN" in laptop.run("dig", "guest._peer.internal").stdout
    last = guest.handshake("guest")
    guest.quick("down", "./guest.conf")
    guest.quick("up", "./guest.conf")
    assert not guest.answers("_apps.internal", "TXT")
    assert last > 0 and guest.handshake("guest") == 0
    # Another lease, and it is as before.
    served.store.tell("wireguard", "renew", "acme", "guest", "--for", "1h")
    until(lambda: guest.answers("_apps.internal", "TXT"), "an answer")


def test_renew_rekey_and_remove(served, machine):
    """A lease keeps the tunnel; another key ends the old one at once."""
    served.create("laptop", "--for", "1h")
    served.create("other", "--for", "1h")
    laptop, other = machine(), machine()
    laptop.quick("up", "./laptop.conf")
    other.quick("up", "./other.conf")
    for one in laptop, other:
        until(lambda one=one: one.answers("_apps.internal", "TXT"), "answers")
    before = served.peers()
    served.store.tell("wireguard", "renew", "acme", "laptop", "--for", "3h")
    served.store.tell("wireguard", "rekey", "acme", "laptop", "new.conf")
    until(lambda: public_key("new.conf") in served.peers(), "another key")
    assert public_key("laptop.conf") not in served.peers()
    assert served.peers()[public_key("other.conf")] == \
        before[public_key("other.conf")]
    assert served.peers()[public_key("new.conf")][0] == \
        before[public_key("laptop.conf")][0]
    assert not laptop.answers("_apps.internal", "TXT")
    assert other.answers("_apps.internal", "TXT")
    laptop.quick("down", "./laptop.conf")
    laptop.quick("up", "./new.conf")
    until(lambda: laptop.answers("_apps.internal", "TXT"), "an answer")
    handshakes = served.peers()
    served.store.tell("wireguard", "renew", "acme", "laptop", "--for", "1d")
    served.store.tell("wireguard", "remove", "acme", "other")
    until(lambda: len(served.peers()) == 1, "other is gone")
    assert not other.answers("_apps.internal", "TXT")
    assert laptop.answers("_apps.internal", "TXT")
    assert served.peers()[public_key("new.conf")] == \
        handshakes[public_key("new.conf")]
    assert len(served.routes()) == 1


def peer(number, **more):
    """One of many, of a network and a gateway."""
    rng = random.Random(number)
    key = base64.b64encode(rng.randbytes(32)).decode()
    return {"put": "peer", "network": "acme", "name": f"p{number}",
            "gateway": "g1", "public_key": key, "addresses": [
                f"fdaa:0:18:0:1:{number:x}:a:2/120"], **more}


def blocks(facts):
    return {fact["public_key"]: fact["addresses"][0].replace(":2/", ":0/")
            for fact in facts}


def on_device(gateway):
    return {key: allowed for key, (allowed, _) in gateway.peers().items()}


def test_killed_and_started_again_with_5000_peers(gateway):
    """The difference alone; peers and routes are the store's."""
    many = [peer(n) for n in range(1, 5001)]
    gateway.store.apply(many)
    gateway.follow()
    until(lambda: on_device(gateway) == blocks(many), "5,000 peers")
    until(lambda: len(gateway.routes()) == 5000, "5,000 routes")
    gateway.stop("kill")
    changed = [*many[2:], {**many[0], "public_key": peer(0)["public_key"]},
               peer(6001)]
    gateway.store.apply([{"delete": "peer", "network": "acme", "name": "p2"},
                         *changed[-2:]])
    gateway.follow()
    until(lambda: on_device(gateway) == blocks(changed), "the difference")
    until(lambda: gateway.routes() == set(blocks(changed).values()), "routes")


# Whose configuration ends where: role below the network's, no key, others'.
NOT_THERE = [peer(2, role="observer"), peer(3, gateway="g2"),
             peer(4, expires="2020-01-01T00:00:00Z"),
             {k: v for k, v in peer(5).items() if k != "public_key"},
             {k: v for k, v in peer(6).items() if k != "gateway"}]


def test_once_and_whose_it_is(gateway):
    gateway.store.apply([peer(1), *NOT_THERE])
    assert subprocess.run(gateway.command("--once"), check=False).returncode \
        == 0
    assert on_device(gateway) == blocks([peer(1)])
    gateway.store.apply([{**ACME, "role": "admin"}])
    assert subprocess.run(gateway.command("--once"), check=False).returncode \
        == 0
    assert on_device(gateway) == {} and gateway.routes() == set()


def test_two_gateways(gateway, servers):
    """Each has its own peers of one store."""
    second = Gateway(servers, "wgtest1", 2, 51821)
    gateway.store.apply([second.fact])
    gateway.follow()
    second.follow(store=gateway.store)
    gateway.create("here", "--gateway", "g1")
    gateway.create("there", "--region", "g2")
    until(lambda: list(gateway.peers()) == [public_key("here.conf")], "here")
    until(lambda: list(second.peers()) == [public_key("there.conf")], "there")
    assert address_in("there.conf").startswith("fdaa:0:18:0:2:0:a:2")
    second.close()


@pytest.mark.parametrize("options", [[], ["--keep-others"]])
def test_peers_that_it_did_not_make(gateway, options):
    """They go, or stay; one that the store knows goes anyway."""
    others = [keys()[1], peer(7)["public_key"]]
    for key in others:
        gateway.device.run("wg", "set", "wgtest0", "peer", key)
    gateway.store.apply([peer(1), peer(7, expires="2020-01-01T00:00:00Z")])
    gateway.follow(*options)
    until(lambda: peer(1)["public_key"] in gateway.peers(), "its own")
    assert set(gateway.peers()) == {peer(1)["public_key"]} | (
        {others[0]} if options else set())


def test_a_commit_of_others_is_no_call(gateway, tmp_path):
    """Instances come and go without a look at peers; one key is one call."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "wg").write_text(f"#!/bin/sh\necho \"$@\" >>{tmp_path}/calls\n"
                              "exec /usr/bin/wg \"$@\"\n")
    (tools / "wg").chmod(0o755)
    gateway.store.apply([peer(1)])
    gateway.follow(path=f"{tools}:" + os.environ["PATH"])
    until(lambda: on_device(gateway) == blocks([peer(1)]), "its peer")
    for n in range(20):
        gateway.store.apply([instance("acme", f"a{n}", f"fdaa:0:18::{n}:1")])
    again = {**peer(1), "public_key": peer(2)["public_key"]}
    gateway.store.apply([again])
    until(lambda: on_device(gateway) == blocks([again]), "another key")
    calls = read(tmp_path / "calls").splitlines()
    assert [call.split()[0] for call in calls] == ["show", "set", "set"]
    assert calls[2] == f"set wgtest0 peer {peer(1)['public_key']} remove " \
        f"peer {again['public_key']} allowed-ips fdaa:0:18:0:1:1:a:0/120"


def test_wg_that_fails(gateway, tmp_path):
    """It is said, and tried again at the next commit."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ip").symlink_to("/usr/sbin/ip")
    gateway.store.apply([peer(1)])
    gateway.follow(path=str(tools))
    until(lambda: "wg: No such file" in gateway.log.read_text(), "no wg")
    assert "next commit" in gateway.log.read_text()
    (tools / "wg").write_text("#!/bin/sh\nexit 7\n")
    (tools / "wg").chmod(0o755)
    gateway.store.apply([peer(2)])
    until(lambda: "wg failed with status 7" in gateway.log.read_text(), "7")
    (tools / "wg").unlink()
    (tools / "wg").symlink_to("/usr/bin/wg")
    gateway.store.apply([peer(3)])
    until(lambda: len(gateway.peers()) == 3, "all of them")


def test_a_store_that_comes_later(gateway, servers):
    """Follow waits for it; --once does not."""
    store = servers.store()
    gateway.follow(store=store)
    once = subprocess.run(gateway.command("--once", store=store), text=True,
                          capture_output=True, check=False)
    assert once.returncode == 1 and store.path in once.stderr
    store.apply(lines([ACME, gateway.fact, peer(1)]))
    until(lambda: on_device(gateway) == blocks([peer(1)]), "its peer")
