"""Questions from any address, and what is looked at in the answers."""

import socket
import struct

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

IP_FREEBIND, IPV6_FREEBIND = 15, 78

# Nothing here is a promise about speed: it only ends a test that hangs.
PATIENCE = 30

ACME = "fdaa:0:18:a7b:7d:f066:b83b:2"  # the instance f066b83b of paulgra-ham
GLOBEX = "fdaa:0:22b7:a7b:5:77aa:1:2"
NOBODY = "fdaa:0:99::1"

SERVER6, SERVER4 = "fdaa::3", "172.31.0.53"


def server_for(source):
    return SERVER6 if ":" in source else SERVER4


def make_socket(source, kind=socket.SOCK_DGRAM):
    """A socket bound to SOURCE, which need not be configured anywhere."""
    if ":" in source:
        s = socket.socket(socket.AF_INET6, kind)
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    else:
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    s.settimeout(PATIENCE)
    s.bind((source, 0))
    return s


def connect(source=ACME, server=None, port=53):
    s = make_socket(source, socket.SOCK_STREAM)
    s.connect((server or server_for(source), port))
    return s


def ask(name, rdtype="AAAA", source=ACME, server=None, port=53, tcp=False,
        payload=1232, timeout=PATIENCE, **query):
    """Asks and returns the dns.message; PAYLOAD None: without EDNS.

    A reply from another address than the one asked raises.
    """
    server = server or server_for(source)
    if payload is not None:
        query.setdefault("use_edns", 0)
        query["payload"] = payload
    q = dns.message.make_query(name, rdtype, **query)
    if tcp:
        with connect(source, server, port) as s:
            s.setblocking(False)  # dnspython keeps the time itself
            return dns.query.tcp(q, server, timeout, port, sock=s)
    with make_socket(source) as s:
        s.setblocking(False)
        return dns.query.udp(q, server, timeout, port, sock=s)


def exchange(packet, source=ACME, server=None, port=53):
    """Sends raw octets and returns the next raw octets that come back."""
    with make_socket(source) as s:
        s.sendto(packet, (server or server_for(source), port))
        return s.recv(65535)


def is_dropped(packet, source=ACME, server=None, port=53):
    """Whether PACKET goes unanswered.

    No clock: a good question follows on the same socket, and the same worker
    takes the two in turn, so the first answer tells.
    """
    good = dns.message.make_query("internal", "SOA")
    good.id = 0xd1ff
    with make_socket(source) as s:
        to = (server or server_for(source), port)
        s.sendto(packet, to)
        s.sendto(good.to_wire(), to)
        return s.recv(65535)[:2] == b"\xd1\xff"


def send_tcp(s, wire):
    s.sendall(struct.pack("!H", len(wire)) + wire)


def recv_tcp(s):
    (length,) = struct.unpack("!H", recv_exactly(s, 2))
    return recv_exactly(s, length)


def recv_exactly(s, n):
    got = b""
    while len(got) < n:
        more = s.recv(n - len(got))
        assert more, f"the connection ended {n - len(got)} octets early"
        got += more
    return got


def values(reply, rdtype=None):
    """The answers' values in the order they came, as text."""
    return [value(rdata) for rrset in reply.answer for rdata in rrset
            if rdtype is None or rdata.rdtype == rdtype]


def value(rdata):
    if rdata.rdtype == dns.rdatatype.TXT:
        return b"".join(rdata.strings).decode()
    return rdata.to_text()


def rcode(reply):
    return dns.rcode.to_text(reply.rcode())


def ede(reply):
    """The codes of the Extended DNS Errors in REPLY."""
    return [o.code for o in reply.options
            if o.otype == dns.edns.OptionType.EDE]


def flags(reply):
    """Header flags but QR, as a set of names."""
    return set(dns.flags.to_text(reply.flags).split()) - {"QR"}
