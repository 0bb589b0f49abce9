"""DNS over TLS to upstreams: who is trusted, and what connections survive."""

import os
import socket
import ssl
import struct
import subprocess
import threading

import dns.message
import pytest

import upstreams
from ask import PATIENCE, ask, connect, ede, rcode, recv_tcp, send_tcp, values
from programs import NOT_UPSTREAMS, sample, until
from test_server_reload import nothing_is_left_open
from upstreams import address_of

ADDRESS = "192.0.2.31"


def openssl(directory, *arguments, date=None):
    fake = ["faketime", date] if date else []
    subprocess.run([*fake, "openssl", *arguments], cwd=directory, check=True,
                   capture_output=True)


def make_ca(directory, name):
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.pem")


def make_certificate(directory, name, host, ca="ca", date=None):
    (directory / "ext").write_text(f"subjectAltName=DNS:{host}\n")
    openssl(directory, "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={host}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-days", "30",
            "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-extfile", "ext", "-out", f"{name}.pem", date=date)


@pytest.fixture(scope="module", name="certificates")
def fixture_certificates(tmp_path_factory):
    """A folder with certificates; its CA is the one that dnsd trusts."""
    directory = tmp_path_factory.mktemp("certificates")
    make_ca(directory, "ca")
    make_ca(directory, "stranger")
    make_certificate(directory, "good", "dns.example")
    make_certificate(directory, "expired", "dns.example", date="2020-01-01")
    make_certificate(directory, "misnamed", "other.example")
    make_certificate(directory, "unknown", "dns.example", ca="stranger")
    old = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(directory / "ca.pem")
    yield directory
    if old is None:
        del os.environ["SSL_CERT_FILE"]
    else:
        os.environ["SSL_CERT_FILE"] = old


class TlsUpstream:
    """DNS over TLS; HANDLER(query, nth of this connection) says what to do.

    It returns a message to be sent, or octets to be sent as they are after
    which the connection is cut.
    """

    def __init__(self, directory, certificate, handler):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / f"{certificate}.pem",
                                     directory / f"{certificate}.key")
        self.handler = handler
        self.seen = []
        self.connections = 0
        self.listener = socket.create_server((ADDRESS, 853), backlog=100)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(s,),
                             daemon=True).start()

    def _connection(self, plain):
        self.connections += 1
        try:
            with self.context.wrap_socket(plain, server_side=True) as s:
                n = 0
                while True:
                    q = dns.message.from_wire(recv_tcp(s))
                    self.seen.append(q)
                    n += 1
                    reply = self.handler(q, n)
                    if isinstance(reply, bytes):
                        s.sendall(reply)
                        # Not a word of TLS: as if the machine had died.
                        socket.socket(fileno=s.detach()).close()
                        return
                    send_tcp(s, reply.to_wire())
        except (AssertionError, OSError, struct.error):
            plain.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE)


@pytest.fixture(name="over_tls")
def fixture_over_tls(servers, started, certificates):
    def start(certificate, handler, more=(), **forward):
        upstream = TlsUpstream(certificates, certificate, handler)
        started.append(upstream)
        d = servers.serve(
            servers.store(sample()), listen=NOT_UPSTREAMS,
            forward={"upstreams": [f"tls://{ADDRESS}#dns.example", *more],
                     **forward})
        return d, upstream
    return start


def test_connection_is_kept(over_tls):
    """Many questions, and no more connections than workers."""
    _, upstream = over_tls("good", lambda q, n: address_of(q))
    for i in range(50):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]
    assert len({q.question[0].name for q in upstream.seen}) == 50
    assert upstream.connections <= 2


@pytest.mark.parametrize("certificate,why", [
    ("expired", "expired"), ("misnamed", "ostname"), ("unknown", "issuer")])
def test_certificate_that_proves_nothing(over_tls, certificate, why):
    """Not one question is told to it, and the log says why."""
    d, upstream = over_tls(certificate, lambda q, n: address_of(q))
    reply = ask("www.example.com", "A")
    assert rcode(reply) == "SERVFAIL"
    assert set(ede(reply)) & {22, 23}
    assert upstream.connections >= 1
    assert upstream.seen == []
    log = d.read_log()
    assert f"tls://{ADDRESS}:853" in log
    assert why in log, log


def test_another_instead_of_a_bad_certificate(over_tls, started):
    started.append(upstreams.Upstream(
        "192.0.2.1", lambda q, _: [address_of(q, "198.51.100.9")]))
    _, upstream = over_tls("expired", lambda q, n: address_of(q),
                           more=["udp://192.0.2.1"])
    for i in range(10):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.9"]
    assert upstream.seen == []


def half(q):
    wire = address_of(q).to_wire()
    return struct.pack("!H", len(wire)) + wire[:len(wire) // 2]


@pytest.mark.parametrize("last", [
    lambda q: b"",
    lambda q: half(q)[:1],
    half,
], ids=["before", "in the length", "in the message"])
def test_stream_that_dies(over_tls, last):
    """Every third question is the death of its connection; none is lost."""
    _, upstream = over_tls(
        "good", lambda q, n: last(q) if n == 3 else address_of(q))
    for i in range(20):
        assert values(ask(f"n{i}.example.com", "A")) == ["198.51.100.7"]
    assert upstream.connections > 5


def test_no_connection_is_left_open(over_tls):
    d, upstream = over_tls("good", lambda q, n: address_of(q))
    nothing_is_left_open(d)
    assert upstream.connections > 2


def test_unbound_over_tls(servers, started, certificates):
    directory = servers.fresh()
    started.append(upstreams.unbound(directory, "192.0.2.32", f"""
    interface: 192.0.2.32@853
    tls-service-key: "{certificates}/good.key"
    tls-service-pem: "{certificates}/good.pem"
    local-zone: "example." static
    local-data: "example. 60 SOA ns.example. h.example. 1 2 3 4 60"
    local-data: "www.example. 60 A 198.51.100.4"
    local-data: "big.example. 60 TXT {'x' * 200}"
""", ready="example"))
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS, forward={
        "upstreams": ["tls://192.0.2.32#dns.example"]})
    assert values(ask("www.example", "A")) == ["198.51.100.4"]
    assert rcode(ask("none.example", "A")) == "NXDOMAIN"
    assert values(ask("big.example", "TXT")) == ["x" * 200]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(servers, started, certificates):
    """RFC 8996: nothing below 1.2."""
    upstream = TlsUpstream(certificates, "good", lambda q, n: address_of(q))
    started.append(upstream)
    upstream.context.minimum_version = ssl.TLSVersion.TLSv1
    upstream.context.maximum_version = ssl.TLSVersion.TLSv1_1
    upstream.context.set_ciphers("ALL:@SECLEVEL=0")
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS, forward={
        "upstreams": [f"tls://{ADDRESS}#dns.example"]})
    assert rcode(ask("www.example.com", "A")) == "SERVFAIL"
    until(lambda: upstream.connections > 0, "a connection was tried")
    assert upstream.seen == []


def test_empty_message_delays_nothing(servers):
    """A length of zero, and the answer right behind it."""
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS, workers=1,
                  forward={"upstreams": ["tcp://192.0.2.1"]})
    with socket.create_server(("192.0.2.1", 53)) as upstream, \
            connect() as asker:
        send_tcp(asker, dns.message.make_query("a.example", "A").to_wire())
        with upstream.accept()[0] as s:
            wire = recv_tcp(s)
            reply = address_of(dns.message.from_wire(wire)).to_wire()
            s.sendall(b"\0\0" + struct.pack("!H", len(reply)) + reply)
            # The connection stays as it is: nothing is asked anew on another.
            assert recv_tcp(asker)[:2] != b""
            upstream.setblocking(False)
            with pytest.raises(BlockingIOError):
                upstream.accept()
