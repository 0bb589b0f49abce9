"""Section by section what may and may not be on the wire."""

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rdataclass
import pytest

from ask import (ACME, NOBODY, SERVER4, ask, connect, ede, exchange,
                 flags, is_dropped, make_socket, rcode, recv_tcp, send_tcp,
                 values)
from programs import sample

NAME = "paulgra-ham.internal"


def query(name=NAME, rdtype="AAAA", **more):
    return dns.message.make_query(name, rdtype, **more)


@pytest.fixture(autouse=True, name="running")
def fixture_running(sample_server):
    return sample_server


def test_opt_iff_asked():
    assert ask(NAME, payload=None).edns == -1
    assert ask(NAME, payload=1232).edns == 0


def test_badvers():
    """RFC 6891, 6.1.3: no answer, and the version that we speak."""
    wire = bytearray(query(use_edns=0).to_wire())
    wire[-5] = 1  # of the OPT's last: extended rcode, VERSION, Z, Z, length
    reply = dns.message.from_wire(exchange(bytes(wire)))
    assert reply.rcode() == dns.rcode.BADVERS
    assert reply.edns == 0
    assert not reply.answer


def test_two_opts_are_a_format_error():
    """RFC 6891, 6.1.1."""
    wire = bytearray(query(use_edns=0).to_wire())
    wire[11] = 2
    reply = exchange(bytes(wire) + bytes(wire[-11:]))
    assert reply[3] & 15 == dns.rcode.FORMERR


def test_options_are_ignored():
    cookie = dns.edns.GenericOption(10, b"12345678")
    unknown = dns.edns.GenericOption(65001, b"x" * 100)
    reply = ask(NAME, options=[cookie, unknown])
    assert values(reply) == [ACME]
    assert not [o for o in reply.options if o.otype == 65001]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_any(tcp):
    """RFC 8482, 4: a small answer that is one, never the whole name."""
    reply = ask(NAME, "ANY", tcp=tcp)
    assert rcode(reply) == "NOERROR"
    assert len(reply.answer) <= 1
    assert len(reply.to_wire()) < 512


@pytest.mark.parametrize("rdclass", ["CH", "HS", "ANY", "NONE"])
def test_class(rdclass):
    reply = ask(NAME, rdclass=rdclass)
    assert rcode(reply) == "REFUSED"
    assert ede(reply) != []
    assert not reply.answer


@pytest.mark.parametrize("count", [0, 2, 65535])
def test_question_count(count):
    wire = bytearray(query().to_wire())
    wire[4:6] = count.to_bytes(2, "big")
    if count == 2:
        wire += wire[12:]
    reply = exchange(bytes(wire))
    assert reply[3] & 15 == dns.rcode.FORMERR
    assert reply[2] & 0x80


@pytest.mark.parametrize("opcode", [1, 2, 3, 4, 5, 6, 15])
def test_opcode(opcode):
    """NOTIMP, whether or not anything follows the header."""
    for tail in query().to_wire()[12:], b"":
        header = b"\x12\x34" + bytes([opcode << 3 | 0x07, 0xff & 0xb0])
        counts = (b"\0\1" if tail else b"\0\0") + b"\0\0" * 3
        reply = exchange(header + counts + tail)
        assert reply[:2] == b"\x12\x34"
        # QR and the opcode; of the other flags none.
        assert reply[2] == 0x80 | opcode << 3
        assert reply[3] == dns.rcode.NOTIMP


def test_bare_header_of_a_query():
    """No question at all: QDCOUNT is not 1."""
    reply = exchange(b"\x12\x34\x01\0" + b"\0" * 8)
    assert reply[3] & 15 == dns.rcode.FORMERR


@pytest.mark.parametrize("bits", [0x0400, 0x0200, 0x0080, 0x0040, 0x0020])
@pytest.mark.parametrize("name", [NAME, "no-such.internal", "internal"])
def test_flags_are_not_echoed(name, bits):
    """AA, TC, RA, Z and AD of a query change nothing in the reply."""
    plain = query(name, "SOA")
    plain.flags = dns.flags.RD
    plain.id = 1
    odd = bytearray(plain.to_wire())
    odd[2:4] = (dns.flags.RD | bits).to_bytes(2, "big")
    assert exchange(bytes(odd))[:4] == exchange(plain.to_wire())[:4]


def test_rd_is_echoed_and_aa_is_ours():
    assert flags(ask(NAME)) == {"AA", "RD"}
    q = query()
    q.flags = 0
    reply = dns.message.from_wire(exchange(q.to_wire()))
    assert flags(reply) == {"AA"}
    assert values(reply) == [ACME]


@pytest.mark.parametrize("name", ["PauLGra-HAM.iNTERnal", "NO-such.InternAL",
                                  "EXAMPLE.com"])
def test_question_is_echoed_byte_for_byte(name):
    wire = query(name).to_wire()
    reply = exchange(wire)
    assert reply[12:len(wire)] == wire[12:]


def test_responses_are_never_answered():
    wire = bytearray(query().to_wire())
    wire[2] |= 0x80
    assert is_dropped(bytes(wire))


@pytest.mark.parametrize("length", [0, 1, 2, 11])
def test_short_packets_are_dropped(length):
    assert is_dropped(query().to_wire()[:length])


def test_good_questions_are_not_dropped():
    """The check above tells the two apart."""
    assert not is_dropped(query().to_wire())


@pytest.mark.parametrize("tail", [
    b"",                            # a question that is not there
    b"\x3fweb",                     # a label that runs out
    b"\x03web\0\0",                 # a type that runs out
    b"\x03web\0\0\x1c\0",           # a class that runs out
    b"\xc0\x0c\0\x1c\0\1",          # a pointer to itself
    b"\x40web\0\0\x1c\0\1",         # a label type that never was
    (b"\x3f" + b"a" * 63) * 4 + b"\0\0\x1c\0\1",  # 257 octets
])
def test_broken_questions(tail):
    reply = exchange(b"\x12\x34\x01\0\0\1" + b"\0" * 6 + tail)
    assert reply[3] & 15 == dns.rcode.FORMERR
    assert reply[:2] == b"\x12\x34"


def test_longest_name():
    """255 octets, which is a name, and no network has it."""
    name = ".".join(["a" * 63] * 3 + ["a" * 52, "internal"])
    assert rcode(ask(name)) == "NXDOMAIN"


def test_every_refusal_says_why():
    """RFC 8914 on each; 18, "prohibited", to whom we do not know."""
    for name in NAME, "example.com", "x.apn":
        reply = ask(name, source=NOBODY)
        assert rcode(reply) == "REFUSED"
        assert ede(reply) == [18]
        assert not reply.authority and not reply.answer
    assert ede(ask(NAME, source=NOBODY, payload=None)) == []


def test_only_the_asked_type_is_answered():
    for rdtype in "A", "MX", "SRV", "HTTPS", "CNAME", "DS", "TYPE65280":
        reply = ask(NAME, rdtype, want_dnssec=True)
        assert (rcode(reply), reply.answer) == ("NOERROR", []), rdtype
    reply = ask(NAME, want_dnssec=True)
    assert [rrset.rdtype for rrset in reply.answer] == [dns.rdatatype.AAAA]


def test_wildcard_listener_answers_from_the_asked_address():
    """dnspython checks the sender; connected sockets do, too."""
    for server in "fdaa::3", "fdaa:0:18::3":
        assert values(ask(NAME, server=server)) == [ACME]
        with make_socket(ACME) as s:
            s.connect((server, 53))
            s.send(query().to_wire())
            assert s.recv(512)
    for server in SERVER4, "127.0.0.1", "127.9.9.9":
        reply = ask("lion.apn", "A", source="172.16.10.46", server=server)
        assert values(reply) == ["172.16.10.45"]


# --- TCP

def test_tcp_pipelined():
    """Many questions in one write: all are answered, in any order."""
    with connect() as s:
        queries = {}
        for i in range(300):
            q = query(["random-potato-45.internal", NAME,
                       "none.internal"][i % 3], id=i + 1)
            queries[i + 1] = q
        wires = [q.to_wire() for q in queries.values()]
        s.sendall(b"".join(len(w).to_bytes(2, "big") + w for w in wires))
        while queries:
            reply = dns.message.from_wire(recv_tcp(s))
            assert queries.pop(reply.id).is_response(reply)


def test_tcp_octet_by_octet():
    with connect() as s:
        wire = query().to_wire()
        for octet in len(wire).to_bytes(2, "big") + wire:
            s.send(bytes([octet]))
        assert values(dns.message.from_wire(recv_tcp(s))) == [ACME]
        send_tcp(s, wire)  # and the connection goes on
        assert values(dns.message.from_wire(recv_tcp(s))) == [ACME]


def test_tcp_half_closed():
    """Who shuts its side down after asking still gets the answer."""
    with connect() as s:
        send_tcp(s, query("random-potato-45.internal").to_wire())
        s.shutdown(1)
        assert len(values(dns.message.from_wire(recv_tcp(s)))) == 4
        assert s.recv(1) == b""


def test_tcp_never_answers_a_response():
    with connect() as s:
        wire = bytearray(query().to_wire())
        wire[2] |= 0x80
        send_tcp(s, bytes(wire))
        good = query(id=77)
        send_tcp(s, good.to_wire())
        try:
            reply = recv_tcp(s)
        except (AssertionError, ConnectionResetError):
            return  # it may end the connection of one who talks nonsense
        assert dns.message.from_wire(reply).id == 77


def test_tcp_length_and_message_in_one_write(servers, running, tmp_path):
    """As strace sees it: no reply's length goes out on its own."""
    # pylint: disable=import-outside-toplevel
    import re
    import subprocess
    from programs import until
    trace = tmp_path / "trace"
    with subprocess.Popen(["strace", "-f", "-e", "trace=network,write,writev",
                           "-o", trace, "-p", str(running.process.pid)],
                          stderr=subprocess.PIPE, text=True) as strace:
        strace.stderr.readline()  # "attached"
        reply = ask(NAME, tcp=True, payload=None)
        size = len(reply.to_wire()) + 2
        until(lambda: re.search(rf"(send|write).*= {size}$", trace.read_text(),
                                re.M), "length and message in one call")
        strace.terminate()


def test_many_connections_at_once():
    held = [connect() for _ in range(200)]
    for s in held:
        send_tcp(s, query().to_wire())
    for s in held:
        assert values(dns.message.from_wire(recv_tcp(s))) == [ACME]
        s.close()


def test_listener_of_one_network(servers):
    """Design 6.1: everything it receives belongs to that network."""
    d = servers.serve(servers.store(sample()), ready=False,
                      listen=[{"address": "127.0.0.1:5311",
                               "network": "globex"}])
    local = {"source": "127.0.0.1", "server": "127.0.0.1", "port": 5311}
    d.wait_ready(**local)
    assert values(ask("random-potato-45.internal", **local)) == \
        ["fdaa:0:22b7:a7b:5:77aa:1:2"]
    assert rcode(ask(NAME, **local)) == "NXDOMAIN"


def test_nothing_is_asked_of_others_without_upstreams():
    """No forwarding: RA is off, other names are refused and say why."""
    reply = ask("example.com")
    assert rcode(reply) == "REFUSED"
    assert "RA" not in flags(reply)
    assert ede(reply) != []
