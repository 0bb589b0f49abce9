"""Addresses of a link, asked and listened on: they mean something to their
interface alone, which may come later, go, and come again as another one."""

import socket
import subprocess
import threading

import dns.exception
import dns.message
import pytest

from ask import ACME, ask, ede, rcode, recv_tcp, send_tcp, values
from netns import ip
from programs import NOT_UPSTREAMS, sample, until
from upstreams import address_of


class LinkUpstream:
    """A server at fe80::2 of an interface that it makes, and takes away."""

    def __init__(self):
        ip("link", "add", "up0", "type", "veth", "peer", "name", "up1")
        ip("address", "add", "fe80::2/64", "dev", "up0", "nodad")
        for end in "up0", "up1":
            ip("link", "set", end, "up")
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.bind(("fe80::2", 53, 0, socket.if_nametoindex("up0")))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            wire, sender = self.socket.recvfrom(65535)
            if not wire:
                return
            q = dns.message.from_wire(wire)
            self.socket.sendto(address_of(q).to_wire(), sender)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is not connected; the thread wakes nevertheless
        self.thread.join(5)
        self.socket.close()
        ip("link", "delete", "up0")


@pytest.fixture(name="link")
def fixture_link():
    made = []

    def make():
        made.append(LinkUpstream())
        return made[-1]
    yield make
    subprocess.run(["ip", "link", "delete", "up0"], check=False,
                   stderr=subprocess.DEVNULL)


def test_a_link_comes_and_goes(servers, link):
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      workers=1, forward={"upstreams":
                                          ["udp://[fe80::2%up0]"]})
    reply = ask("a.example", "A")
    assert (rcode(reply), ede(reply)) == ("SERVFAIL", [23])
    assert "there is no interface up0; it is waited for" in d.read_log()
    for turn in range(2):  # the second one has another index
        up = link()

        def is_answered(names=iter(range(1000)), turn=turn):
            return values(ask(f"n{next(names)}.t{turn}.example", "A")) == \
                ["198.51.100.7"]
        until(is_answered, "the upstream of the link is asked")
        up.close()


@pytest.fixture(name="own")
def fixture_own():
    """Makes an interface with an address of its own; again, if need be."""
    def make(address):
        subprocess.run(["ip", "link", "delete", "dn0"], check=False,
                       stderr=subprocess.DEVNULL)
        ip("link", "add", "dn0", "type", "veth", "peer", "name", "far0")
        for end in "dn0", "far0":
            ip("link", "set", end, "up")
        ip("address", "add", address, "dev", "dn0",
           *(["nodad"] if ":" in address else []))
    yield make
    subprocess.run(["ip", "link", "delete", "dn0"], check=False,
                   stderr=subprocess.DEVNULL)


def answers_of(kind):
    """What a listener of the link answers by UDP or TCP; None: nobody."""
    q = dns.message.make_query("paulgra-ham.internal", "AAAA")
    with socket.socket(socket.AF_INET6, kind) as s:
        s.settimeout(0.2)
        try:
            s.connect(("fe80::1", 53, 0, socket.if_nametoindex("dn0")))
            if kind == socket.SOCK_STREAM:
                send_tcp(s, q.to_wire())
                return values(dns.message.from_wire(recv_tcp(s)))
            s.send(q.to_wire())
            return values(dns.message.from_wire(s.recv(65535)))
        except OSError:
            return None


def test_a_listener_of_a_link(servers, own):
    """Missing at the start, made, and made again; two of one address."""
    d = servers.serve(servers.store(sample()), steer=True,
                      listen=NOT_UPSTREAMS + [
                          {"address": "[fe80::1%dn0]:53", "network": "acme"},
                          {"address": "[fe80::1%dn1]:53"}])
    assert "there is no interface dn0; it is waited for" in d.read_log()
    assert "listening on [fe80::1%dn" not in d.read_log()
    for _ in range(3):
        own("fe80::1/64")
        for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
            until(lambda kind=kind: answers_of(kind) == [ACME],
                  "the link is listened on")
        assert values(ask("paulgra-ham.internal")) == [ACME]
    assert "listening on [fe80::1%dn0]:53" in d.read_log()
    assert "listening on [fe80::1%dn1]:53" not in d.read_log()


@pytest.mark.parametrize("source, listen", [
    ("fd00:5::1", "[fd00:5::1]:53"), ("10.9.8.7", "10.9.8.7:53"),
    ("fd00:5::2", "[::]:54"), ("10.9.8.8", "0.0.0.0:54")])
def test_an_address_that_comes_later(servers, own, source, listen):
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS + [
        {"address": listen, "network": "acme"}])

    def is_answered():
        try:
            return values(ask("paulgra-ham.internal", source=source,
                              server=source, port=int(listen[-2:]),
                              timeout=1)) == [ACME]
        except (dns.exception.Timeout, OSError):
            return False  # the address is not quite there

    for _ in range(2):
        own(source)
        until(is_answered, "the address is listened on")
