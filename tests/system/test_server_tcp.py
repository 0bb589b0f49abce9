"""TCP connections: order, idleness, bounds (RFC 7766)."""

import socket
import struct

import dns.message
import pytest

from ask import (ACME, GLOBEX, PATIENCE, connect, rcode, recv_tcp, send_tcp,
                 values)
from programs import NOT_UPSTREAMS, sample, until

NAME = "paulgra-ham.internal"


def wire(name=NAME, rdtype="AAAA", number=1):
    q = dns.message.make_query(name, rdtype)
    q.id = number
    return q.to_wire()


def framed(message):
    return len(message).to_bytes(2, "big") + message


def answered(s, number=7):
    """Whether S is open and a question on it gets its answer."""
    try:
        send_tcp(s, wire(number=number))
        reply = dns.message.from_wire(recv_tcp(s))
    except (AssertionError, OSError):
        return False
    return reply.id == number and values(reply) == [ACME]


def is_closed(s):
    """Waits for the end of S, without which the socket's patience ends."""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def test_forwarded_holds_up_no_private(held):
    """Later private questions are answered first; then the forwarded one."""
    with connect() as s:
        s.sendall(framed(wire("one.example", "A", 1)) +
                  framed(wire(number=2)) + framed(wire(number=3)))
        assert [recv_tcp(s)[:2] for _ in range(2)] == [b"\0\2", b"\0\3"]
        until(lambda: held.upstream.seen, "the upstream is asked")
        held.set()
        reply = dns.message.from_wire(recv_tcp(s))
        assert (reply.id, values(reply)) == (1, ["198.51.100.7"])


def test_half_closed_with_a_question_upstream(held):
    """The end of the questions is not the end of their answers."""
    with connect() as s:
        s.sendall(framed(wire("two.example", "A", 1)) +
                  framed(wire(number=2)))
        s.shutdown(socket.SHUT_WR)
        assert recv_tcp(s)[:2] == b"\0\2"
        until(lambda: held.upstream.seen, "the upstream is asked")
        held.set()
        assert recv_tcp(s)[:2] == b"\0\1"
        assert is_closed(s)


def test_asker_that_left_harms_nobody(held):
    """Its answer comes to a connection that is gone, maybe another's."""
    with connect() as s:
        send_tcp(s, wire("three.example", "A"))
        until(lambda: held.upstream.seen, "the upstream is asked")
        # A reset: not the end of its questions alone.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    with connect() as s:
        assert answered(s, 8)
        held.set()
        # Answered behind the other, by the same upstream.
        send_tcp(s, wire("four.example", "A", 9))
        assert recv_tcp(s)[:2] == b"\0\11"


def test_idle_connection_is_closed(servers):
    servers.serve(servers.store(sample()), tcp_idle=1)
    with connect() as quiet, connect() as asked:
        assert answered(asked)
        assert is_closed(quiet)
        assert is_closed(asked)


def test_octets_without_a_question_are_idle(servers):
    """Who sends a question's octets one by one for ever is closed, too."""
    servers.serve(servers.store(sample()), tcp_idle=1)
    with connect() as s:
        s.sendall(b"\xff\xff")
        s.settimeout(0.1)
        for _ in range(PATIENCE * 10):
            try:
                s.sendall(b"\0")
                if s.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
        else:
            assert False, "it is open still"


def test_longest_silent_gives_way(servers):
    servers.serve(servers.store(sample()), workers=1, tcp_connections=4,
                  tcp_idle=PATIENCE * 10)
    held = [connect() for _ in range(4)]
    for s in held:
        assert answered(s)
    assert answered(held[0])  # so that the second is the longest silent
    held += [connect(), connect()]
    for s in held[4:]:
        assert answered(s)
    assert is_closed(held[1]) and is_closed(held[2])
    for s in held[:1] + held[3:]:
        assert answered(s)
        s.close()


@pytest.mark.parametrize("other", [GLOBEX, "fdaa:0:18:b00::1"])
def test_whoever_has_most_gives_way(servers, other):
    """Whatever one opens, another network's or client's stay."""
    servers.serve(servers.store(sample()), workers=1, tcp_connections=50,
                  tcp_idle=PATIENCE * 10)
    kept = [connect(other) for _ in range(10)]
    flood = [connect() for _ in range(60)]
    assert answered(flood[-1])
    late = connect(other)
    for s in kept + [late]:
        send_tcp(s, wire("internal", "SOA", 5))
        assert recv_tcp(s)[:2] == b"\0\5"
    for s in kept + [late] + flood:
        s.close()


def test_who_waits_does_not_give_way(servers, held):
    """Also where all are his; who has them is not taken in then."""
    held.server.stop()
    servers.serve(held.server.store, workers=1, tcp_connections=4,
                  listen=NOT_UPSTREAMS, tcp_idle=1,
                  forward=held.server.config["forward"])
    waiting = [connect() for _ in range(4)]
    for i, s in enumerate(waiting):
        send_tcp(s, wire(f"w{i}.example", "A", i))
    until(lambda: len(held.upstream.seen) > 0, "the upstream is asked")
    with connect() as more:
        assert is_closed(more)
    held.set()
    for i, s in enumerate(waiting):
        assert recv_tcp(s)[:2] == bytes([0, i])
        s.close()


def test_full_table_has_less_patience(servers):
    servers.serve(servers.store(sample()), workers=1, tcp_connections=8,
                  tcp_idle=PATIENCE + 2)
    held = [connect() for _ in range(8)]
    assert is_closed(held[0])
    for s in held:
        s.close()


def unsent(s):
    """Octets that the kernel keeps for the far end of S."""
    port = f":{s.getsockname()[1]:04X}"
    with open("/proc/net/tcp6", encoding="ascii") as f:
        rows = [line.split() for line in f]
    return [int(row[4].split(":")[0], 16) for row in rows
            if row[2].endswith(port)][0]


def test_who_does_not_read_is_not_read_from(servers):
    """It gets all of its answers when it reads; others never wait."""
    facts = [{"put": "network", "id": "n", "prefixes": ["fdaa:0:18::/48"]}] + [
        {"put": "instance", "network": "n", "app": "big", "id": f"i{i}",
         "region": "iad", "addresses": [f"fdaa:0:18::{i:x}"]}
        for i in range(100)]
    servers.serve(servers.store(facts), workers=1)
    question = framed(wire("big.internal"))
    chunk = question * 500
    total = 0
    with connect() as s, connect() as other:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        s.settimeout(0.5)
        while total < 64 << 20:
            at = total % len(question)
            try:
                total += s.send(chunk[at:])
            except TimeoutError:
                break
        assert total < 64 << 20, "it reads and reads"
        assert unsent(s) < 300 << 10
        send_tcp(other, wire("big.internal"))
        assert len(values(dns.message.from_wire(recv_tcp(other)))) == 100

        s.settimeout(PATIENCE)
        whole = total // len(question)
        replies = s.makefile("rb")
        for _ in range(whole):
            length = int.from_bytes(replies.read(2), "big")
            reply = replies.read(length)
            assert reply[6:8] == b"\0d"  # ANCOUNT
        if total % len(question):
            s.sendall(question[total % len(question):])
            length = int.from_bytes(replies.read(2), "big")
            assert len(replies.read(length)) == length
        send_tcp(s, wire("big.internal", number=77))
        replies.read(2)
        assert replies.read(2) == b"\0\x4d"


def test_many_idle_connections(servers):
    """A thousand stay open while they are within bounds."""
    servers.serve(servers.store(sample()), tcp_idle=PATIENCE * 10)
    held = [connect() for _ in range(1000)]
    assert all(answered(s) for s in held)
    assert all(answered(s) for s in held)
    for s in held:
        s.close()
    with connect() as s:
        assert answered(s)


def test_longest_question(servers):
    """65,535 octets are read whole; what they hold is no question."""
    servers.serve(servers.store(sample()), workers=1)
    with connect() as s:
        send_tcp(s, wire() + b"\0" * (65535 - len(wire())))
        reply = dns.message.from_wire(recv_tcp(s), ignore_trailing=True)
        assert rcode(reply) in ("FORMERR", "NOERROR")
        assert answered(s)
