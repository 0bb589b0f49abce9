"""Upstreams of a link: an address that means something to its interface
alone, which may come later, go, and come again as another one."""

import socket
import subprocess
import threading

import dns.message
import pytest

from ask import ask, ede, rcode, values
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
