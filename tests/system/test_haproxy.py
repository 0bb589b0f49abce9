"""HAProxy, whose servers are an app's instances."""

import os
import re
import socket

import pytest

import upstreams
from ask import ACME
from netns import Host
from programs import sample, until

COUNT = 120


@pytest.fixture(name="machine")
def fixture_machine():
    """The host that HAProxy runs on: an address of acme."""
    host = Host([ACME])
    yield host
    host.close()


@pytest.fixture(name="backends")
def fixture_backends():
    """A listening socket at each of the fleet's addresses."""
    addresses = [f"fdaa:0:18:120::{i:x}" for i in range(1, COUNT + 1)]
    sockets = []
    for address in addresses:
        s = socket.socket(socket.AF_INET6)
        s.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
        s.bind((address, 8080))
        s.listen()
        sockets.append(s)
    yield addresses
    for s in sockets:
        s.close()


def haproxy_conf(directory):
    return f"""
global
    stats socket {directory}/haproxy.sock mode 600 level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
resolvers private
    nameserver dnsd fdaa::3:53
    accepted_payload_size 8192
    hold valid 1s
    timeout resolve 1s
    timeout retry 1s
backend fleet
    server-template srv {COUNT} fleet.internal:8080 resolvers private init-addr none check inter 1s
"""


def test_haproxy(servers, machine, backends):
    """All of 120 addresses come in one UDP packet, and are kept."""
    facts = sample() + "".join(
        '{"put":"instance","network":"acme","app":"fleet","id":"f%03d",'
        '"region":"iad","addresses":["%s"]}\n' % (i, address)
        for i, address in enumerate(backends))
    store = servers.store(facts)
    servers.serve(store)
    directory = servers.fresh()
    conf = directory / "haproxy.cfg"
    conf.write_text(haproxy_conf(directory))
    program = upstreams.Program(
        machine.enter(["/usr/sbin/haproxy", "-db", "-f", str(conf)]),
        directory / "haproxy.log")

    def tell(command):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(directory, "haproxy.sock"))
            s.sendall(command.encode() + b"\n")
            with s.makefile(encoding="ascii") as f:
                return f.read()

    def state():
        """The addresses that HAProxy has, and its counters of us."""
        rows = [row.split() for row in
                tell("show servers state").splitlines()[2:] if row]
        ours = tell("show resolvers private").split("Resolvers section")[1]
        return {row[4] for row in rows} - {"-"}, \
            {name: int(n) for name, n in re.findall(r"(\w+): +(\d+)", ours)}

    try:
        until(lambda: os.path.exists(directory / "haproxy.sock"), "it runs")
        until(lambda: state()[0] == set(backends), "all addresses are known")
        # One goes; another comes in its place.
        store.apply('{"delete":"instance","network":"acme","app":"fleet",'
                    '"id":"f000"}\n')
        until(lambda: state()[0] == set(backends[1:]), "one is gone")
        _, counted = state()
        assert counted.pop("valid") > 0
        for good in "sent", "update":
            counted.pop(good)
        assert set(counted.values()) == {0}, counted
    finally:
        program.close()
