"""Ports by SRV, found by the programs that look for them."""

import json
import os
import shutil
import subprocess

import pytest

import upstreams
from ask import ACME, PATIENCE
from netns import Host
from programs import sample, until

CLIENTS = os.path.join(os.path.dirname(__file__), "clients")
FLEET = {f"f{i}": f"fdaa:0:18:120::{i}" for i in (1, 2, 3)}
RECORDS = {f"0 {5 if name == 'f3' else 10} 8080 {name}.vm.fleet.internal"
           for name in FLEET}
SERVICE = "_http._tcp.fleet.internal"


def facts():
    lines = [{"put": "app", "network": "acme", "name": "fleet",
              "ports": {"http": 8080}},
             {"put": "instance", "network": "acme", "app": "etcd",
              "id": "e1", "region": "iad", "addresses": [ACME],
              "ports": {"etcd-server-ssl": 2380}}]
    lines += [{"put": "instance", "network": "acme", "app": "fleet",
               "id": name, "region": "iad", "addresses": [address],
               "weight": 10,
               "health": "warning" if name == "f3" else "passing"}
              for name, address in FLEET.items()]
    return sample() + "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture(scope="module", name="store")
def fixture_store(module_servers):
    store = module_servers.store(facts())
    module_servers.serve(store)
    return store


@pytest.fixture(scope="module", name="enter")
def fixture_enter(store, tmp_path_factory):
    """enter(COMMAND): the same on an instance that asks fdaa::3."""
    assert store
    conf = tmp_path_factory.mktemp("instance") / "resolv.conf"
    conf.write_text("nameserver fdaa::3\n")
    host = Host([ACME])
    yield lambda command: host.enter(command, conf)
    host.close()


@pytest.fixture(name="run")
def fixture_run(enter):
    def run(*command):
        done = subprocess.run(enter(list(command)), text=True, check=False,
                              capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return {line.removesuffix(".") for line in done.stdout.splitlines()}
    return run


def test_dig(run):
    assert run("dig", "+short", SERVICE, "SRV") == RECORDS


def test_node(run):
    assert run("node", f"{CLIENTS}/srv.js", SERVICE) == RECORDS


def test_go(run, tmp_path):
    subprocess.run(["go", "build", "-o", tmp_path / "lookup",
                    f"{CLIENTS}/lookup.go"], check=True,
                   env={**os.environ, "GOCACHE": str(tmp_path / "cache"),
                        "GO111MODULE": "off"})
    assert run(tmp_path / "lookup", "srv", SERVICE) == RECORDS


def test_haproxy(enter, tmp_path):
    """Addresses, ports and weights of a server-template."""
    conf, socket = tmp_path / "haproxy.cfg", tmp_path / "socket"
    conf.write_text(f"""
global
    stats socket {socket} mode 600 level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
resolvers private
    nameserver dnsd fdaa::3:53
    accepted_payload_size 8192
    hold valid 1s
backend fleet
    server-template srv 5 {SERVICE} resolvers private resolve-prefer ipv6 init-addr none
""")
    program = upstreams.Program(
        enter(["/usr/sbin/haproxy", "-db", "-f", str(conf)]),
        tmp_path / "haproxy.log")

    def servers():
        with upstreams.socket.socket(upstreams.socket.AF_UNIX) as s:
            s.connect(str(socket))
            s.sendall(b"show servers state\n")
            with s.makefile(encoding="ascii") as f:
                rows = [row.split() for row in f.read().splitlines()[2:]]
        return {(row[4], row[18]) for row in rows if row and row[4] != "-"}

    try:
        until(socket.exists, "it runs")
        until(lambda: servers() == {(a, "8080") for a in FLEET.values()},
              "all are known")
    finally:
        program.close()


def test_prometheus(enter, run, tmp_path):
    conf = tmp_path / "prometheus.yml"
    conf.write_text(f"""
scrape_configs:
- job_name: fleet
  dns_sd_configs:
  - names: [{SERVICE}]
    refresh_interval: 1s
""")
    program = upstreams.Program(
        enter([shutil.which("prometheus"), f"--config.file={conf}",
               f"--storage.tsdb.path={tmp_path}/data",
               f"--web.listen-address=[{ACME}]:9090"]),
        tmp_path / "prometheus.log")

    def targets():
        try:
            text = "".join(run("curl", "-sgf", f"http://[{ACME}]:9090"
                               "/api/v1/targets?state=active"))
        except AssertionError:
            return None
        return {target["labels"]["instance"]
                for target in json.loads(text)["data"]["activeTargets"]}

    try:
        until(lambda: targets() == {f"{name}.vm.fleet.internal:8080"
                                    for name in FLEET}, "all are targets")
    finally:
        program.close()


def test_etcd(enter, run, tmp_path):
    """A cluster of one, that finds itself.

    With TLS: etcd 3.4 asks for _etcd-server-ssl before _etcd-server, and a
    name of the first that is not there ends it, whatever the second says.
    """
    me = "e1.vm.etcd.internal"
    program = upstreams.Program(
        enter(["etcd", "--name=e1", f"--data-dir={tmp_path}/data",
               "--discovery-srv=etcd.internal",
               "--peer-auto-tls",
               f"--initial-advertise-peer-urls=https://{me}:2380",
               f"--listen-peer-urls=https://[{ACME}]:2380",
               f"--listen-client-urls=http://[{ACME}]:2379",
               f"--advertise-client-urls=http://{me}:2379"]),
        tmp_path / "etcd.log")

    def members():
        assert program.process.poll() is None, program.read_log()
        try:
            text = "".join(run("curl", "-sgf", "-d", "{}",
                               f"http://{me}:2379/v3/cluster/member/list"))
        except AssertionError:
            return None
        return [member.get("peerURLs")
                for member in json.loads(text)["members"]]

    try:
        until(lambda: members() == [[f"https://{me}:2380"]], "it has formed")
    finally:
        program.close()
