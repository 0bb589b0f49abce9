"""dnsctl doctor: what keeps a host from answering, and what mends it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading

import pytest
import yaml

from ask import PATIENCE
from etcd import Node
from programs import DNSCTL, NOT_UPSTREAMS, sample
from test_relay import BASE, Source
from upstreams import Upstream, address_of

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
UP = "udp://192.0.2.1"


@pytest.fixture(name="host")
def fixture_host(servers, started, tmp_path):
    """A configuration in which all is good, and who looks at it."""
    started.append(Upstream("192.0.2.1", lambda q, _: [address_of(q)]))
    return Host(servers, tmp_path)


class Host:
    def __init__(self, servers, directory):
        self.servers = servers
        self.store = servers.store(sample())
        self.conf = directory / "dnsd.conf"
        self.config = {
            "store": self.store.path, "control": str(directory / "control"),
            "listen": NOT_UPSTREAMS, "workers": 2, "user": "nobody",
            "forward": {"upstreams": [UP], "allow": ["127.0.0.0/8", "::1/128"]}}
        # As nobody has to be let in.
        for folder in self.store.path, *self.parents(self.store.path):
            os.chmod(folder, 0o755)
        os.chmod(self.store.path + "/data.mdb", 0o644)
        os.chmod(self.store.path + "/lock.mdb", 0o666)

    @staticmethod
    def parents(path):
        while path != "/tmp":
            path = os.path.dirname(path)
            if os.stat(path).st_uid == os.getuid() and path != "/":
                yield path
            if path == "/":
                return

    def serve(self):
        config = {k: v for k, v in self.config.items()
                  if k not in ("store", "user")}
        return self.servers.serve(self.store, **config)

    @contextlib.contextmanager
    def later(self, much):
        """Who looks meanwhile has another clock than the writer."""
        os.environ.update(
            FAKETIME=much, LD_PRELOAD=FAKETIME,
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            ASAN_OPTIONS="verify_asan_link_order=0")
        yield
        for name in ("FAKETIME", "LD_PRELOAD", "ASAN_OPTIONS",
                     "FAKETIME_DONT_FAKE_MONOTONIC"):
            del os.environ[name]

    def run(self, *arguments):
        return subprocess.run(
            [DNSCTL, "doctor", "-c", str(self.conf), *arguments], text=True,
            capture_output=True, timeout=PATIENCE, check=False)

    def look(self, *arguments, status=None):
        """What is found, as (check, state, text, mend)."""
        self.conf.write_text(yaml.safe_dump(self.config))
        done = self.run("--json", *arguments)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        found = [(f["check"], f["state"], f["text"], f["mend"])
                 for f in found]
        assert done.returncode == any(f[1] == "bad" for f in found), \
            done.stderr
        if status is not None:
            assert done.returncode == status, found
        return found

    def found(self, check):
        """(state, text, mend) of what is not good of this check."""
        return [f[1:] for f in self.look() if f[0] == check and
                f[1] != "good"]


def test_all_is_good(host):
    host.serve()
    found = host.look(status=0)
    # Whether anybody keeps this machine's time, and how much room it gives to
    # sockets, is not ours to say.
    assert {f[0] for f in found if f[1] != "good"} <= {"clock", "buffer"}
    assert [f[0] for f in found] == [
        "config", "feed", "rights", "rights", "clock",
        *["address"] * 3, "resolver", "server", *["port"] * 6,
        *["buffer"] * 3, "upstream"]


def test_for_people(host):
    host.serve()
    host.look()
    said = host.run().stdout
    assert "good  upstream  udp://192.0.2.1:53: answers, after " in said


def test_a_mistake_in_the_configuration(host):
    host.config["limt"] = 1
    [(check, state, text, mend)] = host.look()
    assert (check, state) == ("config", "bad") and "limt" in text
    assert mend == f"sudoedit {host.conf}"


def test_no_server(host):
    [(state, text, mend)] = host.found("server")
    assert (state, mend) == ("bad", "systemctl start dnsd")
    assert host.config["control"] in text
    assert [mend for _, _, mend in host.found("port")] == \
        ["systemctl start dnsd"] * 6


def test_another_program_has_the_port(host):
    """It may well answer: it is not the one that this is about."""
    host.config["listen"] = [{"address": "192.0.2.1:53"}]
    del host.config["forward"]
    [(state, text, mend)] = [f for f in host.found("port")
                             if "UDP" in f[1]]
    assert (state, mend) == ("bad", "ss -lnp sport = :53")
    assert "another program answers" in text


@pytest.mark.parametrize("address,mend", [
    ("[fdab::3]:53", "ip address add fdab::3/128 dev lo"),
    ("10.9.9.9:53", "ip address add 10.9.9.9/32 dev lo"),
])
def test_an_address_that_is_not_here(host, address, mend):
    """And what is said mends it."""
    host.config["listen"] = NOT_UPSTREAMS + [{"address": address}]
    [(state, text, said)] = host.found("address")
    assert (state, said) == ("bad", mend) and address in text
    subprocess.run(said.split(), check=True)
    try:
        assert host.found("address") == []
    finally:
        subprocess.run(said.replace(" add ", " del ").split(), check=True)


def test_an_interface_that_is_not_here(host):
    host.config["listen"] = [{"address": "[fe80::1%wg7]:53"}]
    [(state, text, _)] = host.found("address")
    assert state == "mind" and "wg7" in text


def test_resolvers(host):
    """Those of some networks are here and others' are not; or none is."""
    host.config["listen"] = [{"address": "[::]:53"}]
    del host.config["forward"]
    assert host.found("resolver") == []
    host.store.apply([{"put": "network", "id": "far",
                       "prefixes": ["fdab:0:1::/48"]}])
    [(state, text, mend)] = host.found("resolver")
    assert (state, mend) == ("mind", "ip address add fdab:0:1::3/128 dev lo")
    assert "far: fdab:0:1::3" in text
    host.config["listen"] = [{"address": "127.0.0.1:53"}]
    [(state, _, mend)] = host.found("resolver")
    assert (state, mend) == ("mind", "ip address add fdaa::3/128 dev lo")
    host.config["listen"] = [{"address": "[fdaa::3]:53"}]
    assert host.found("resolver") == []


def test_no_store(host, tmp_path):
    host.config["store"] = str(tmp_path / "none")
    [(state, _, mend)] = host.found("store")
    assert state == "bad"
    assert mend == f"dnsctl -s {tmp_path / 'none'} apply FILE"


@pytest.mark.parametrize("file,mode,said", [
    ("data.mdb", 0o600, "may not read it"),
    ("data.mdb", 0o666, "may write it, and should not"),
    ("lock.mdb", 0o600, "may not write it"),
    ("lock.mdb", 0o644, "may not write it"),
])
def test_rights(host, file, mode, said):
    os.chmod(f"{host.store.path}/{file}", mode)
    [(state, text, mend)] = host.found("rights")
    assert state == "bad" and f"{file}: nobody {said}" in text
    assert mend.startswith(f"setfacl -m u:nobody:x {host.store.path} && ")
    if shutil.which("setfacl"):
        subprocess.run(mend, shell=True, check=True)
        assert host.found("rights") == []


def test_the_feed_stands_still(host, servers, started, tmp_path):
    """Five minutes later by the clock, as it was heard of last."""
    source = Source(servers.store(), servers.fresh(), 0)
    started.append(source)
    source.tell(BASE, "base")
    node = Node(servers.store(), tmp_path, f"relay://{source.at}")
    started.append(node)
    node.wait("base")
    host.config["store"] = node.store.path
    [feed] = [f for f in host.look() if f[0] == "feed"]
    assert feed[1] == "good" and f"follows relay://{source.at}" in feed[2]
    with host.later("+5m"):
        [(state, text, mend)] = host.found("feed")
    assert (state, mend) == ("bad", "systemctl restart dnsd-feed")
    assert f"nothing was heard of relay://{source.at} for 30" in text


def test_a_commit_of_tomorrow(host):
    assert "from now" not in str(host.found("clock"))
    with host.later("-1d"):
        [(state, text, mend)] = host.found("clock")
    assert (state, mend) == ("bad", "timedatectl set-ntp true")
    assert "from now" in text


def test_a_small_buffer(host):
    """Of whoever has the port: this socket answers as a server would."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 5399))
        s.settimeout(0.1)
        ending = threading.Event()

        def answer():
            while not ending.is_set():
                try:
                    packet, asker = s.recvfrom(4096)
                except TimeoutError:
                    continue
                s.sendto(packet[:2] + b"\x80\x05" + packet[4:], asker)
        answerer = threading.Thread(target=answer)
        answerer.start()
        try:
            host.config["listen"] = [{"address": "127.0.0.1:5399"}]
            [(state, text, mend)] = host.found("buffer")
        finally:
            ending.set()
            answerer.join()
        assert state == "mind" and " KiB" in text
        assert mend.startswith("sysctl -w net.core.rmem_max=8388608")


@pytest.mark.parametrize("upstream,said,mend", [
    ("udp://192.0.2.2", "nobody listens there", "sudoedit"),
    ("tcp://192.0.2.2:5353", "nobody listens there", "sudoedit"),
    ("tls://192.0.2.2#x.example", "nobody listens there", "sudoedit"),
    ("udp://203.0.113.9", "unreachable", "ip route get 203.0.113.9"),
])
def test_an_upstream_that_is_away(host, upstream, said, mend):
    host.config["forward"]["upstreams"] = [UP, upstream]
    [(state, text, by)] = host.found("upstream")
    assert state == "bad" and text.startswith(upstream.split("#")[0])
    assert said in text and by.startswith(mend)


def test_an_upstream_of_a_zone(host):
    host.config["forward"]["zones"] = [
        {"suffix": "corp.example", "upstreams": ["tcp://192.0.2.3"]}]
    [(_, text, _)] = host.found("upstream")
    assert text.startswith("tcp://192.0.2.3:53: ")
