"""Upstream resolvers: real ones, canned ones, and some that misbehave.

They live in 192.0.2.0/24, all of which is on `lo`.
"""

import os
import socket
import struct
import subprocess
import threading

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rrset

from ask import PATIENCE, recv_tcp, send_tcp
from programs import until


def answers(address, name="up.example.", port=53):
    """Whether a server at ADDRESS says anything yet."""
    q = dns.message.make_query(name, "SOA")
    try:
        return dns.query.udp(q, address, 0.2, port)
    except (dns.exception.Timeout, OSError):
        return None


class Program:
    """A server program, ended with the test."""

    def __init__(self, command, log, **options):
        self.log = log
        with open(log, "w", encoding="utf-8") as output:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(command, stdout=output,
                                            stderr=output, **options)

    def wait_ready(self, address, port=53, name="up.example."):
        def ready():
            assert self.process.poll() is None, self.read_log()
            return answers(address, name, port)
        until(ready, f"{self.process.args[0]} answers")
        return self

    def read_log(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nsd(directory, address, zones, options=""):
    """NSD on ADDRESS; ZONES: name to the path of its file."""
    conf = directory / "nsd.conf"
    conf.write_text(f"""
server:
    ip-address: {address}
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{directory}"
    pidfile: "{directory}/nsd.pid"
    xfrdfile: "{directory}/xfrd.state"
    zonelistfile: "{directory}/zone.list"
    xfrdir: "{directory}"
    server-count: 1
    verbosity: 1
    {options}
remote-control:
    control-enable: no
""" + "".join(f"zone:\n    name: {zone}\n    zonefile: {path}\n"
              for zone, path in zones.items()))
    program = Program(["/usr/sbin/nsd", "-d", "-c", conf],
                      directory / "nsd.log")
    return program.wait_ready(address, name=next(iter(zones)))


def unbound(directory, address, options, ready="up.example."):
    """Unbound on ADDRESS; OPTIONS is the rest of its configuration."""
    conf = directory / "unbound.conf"
    conf.write_text(f"""
server:
    interface: {address}
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    username: ""
    chroot: ""
    directory: "{directory}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    verbosity: 1
    do-daemonize: no
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    root-hints: ""
{options}
""")
    program = Program(["/usr/sbin/unbound", "-d", "-p", "-c", conf],
                      directory / "unbound.log")
    return program.wait_ready(address, name=ready)


def testns(directory, port, entries):
    """ldns-testns, which answers what the text ENTRIES says."""
    data = directory / f"testns{port}.data"
    data.write_text("$ORIGIN example.\n$TTL 60\n" + READY + entries)
    program = Program(["ldns-testns", "-p", str(port), data],
                      directory / f"testns{port}.log")
    return program.wait_ready("127.0.0.1", port)


READY = """
ENTRY_BEGIN
MATCH opcode qtype qname
ADJUST copy_id
REPLY QR AA NOERROR
SECTION QUESTION
up IN SOA
ENTRY_END
"""


class Upstream:
    """An upstream at ADDRESS that answers as HANDLER(query, transport) says.

    What the handler gives, messages or octets, is sent in that order.  What
    came in is in `seen`: (transport, message, sender).
    """

    def __init__(self, address, handler, port=53):
        self.handler = handler
        self.address = address
        self.seen = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind((address, port))
        self.tcp = socket.create_server((address, port), backlog=100)
        self.threads = [threading.Thread(target=serve, daemon=True)
                        for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    def names(self):
        return [q.question[0].name.to_text() for _, q, _ in self.seen]

    def _handle(self, wire, transport, sender):
        q = dns.message.from_wire(wire)
        self.seen.append((transport, q, sender))
        for reply in self.handler(q, transport) or ():
            yield reply if isinstance(reply, bytes) else \
                reply.to_wire(max_size=65535)

    def _serve_udp(self):
        while True:
            try:
                wire, sender = self.udp.recvfrom(65535)
            except OSError:
                return
            if not wire:
                return
            for reply in self._handle(wire, "udp", sender):
                try:
                    self.udp.sendto(reply, sender)
                except OSError:
                    return  # closed while the handler took its time

    def _serve_tcp(self):
        while True:
            try:
                s, sender = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_connection, daemon=True,
                             args=(s, sender)).start()

    def _serve_connection(self, s, sender):
        with s:
            while True:
                try:
                    wire = recv_tcp(s)
                    for reply in self._handle(wire, "tcp", sender):
                        send_tcp(s, reply)
                except (AssertionError, OSError, struct.error):
                    return

    def close(self):
        """Wakes the threads, too: a blocked one would keep the address."""
        for s in self.udp, self.tcp:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # of an unconnected socket; it wakes it nevertheless
            s.close()
        for thread in self.threads:
            thread.join(PATIENCE)


def reply_to(q, *records, rcode=0):
    """A reply to Q; RECORDS: "name ttl class type value"."""
    reply = dns.message.make_response(q, recursion_available=True)
    reply.set_rcode(rcode)
    for record in records:
        name, ttl, rdclass, rdtype, text = record.split(" ", 4)
        reply.answer.append(dns.rrset.from_text(name, int(ttl), rdclass,
                                                rdtype, text))
    return reply


def address_of(q, address="198.51.100.7"):
    """The plain answer: an A record of whatever name was asked."""
    return reply_to(q, f"{q.question[0].name} 60 IN A {address}")


def sign(directory, zone, text):
    """Signs a zone; returns the signed file and its DS record."""
    plain = directory / "zone"
    plain.write_text(text)

    def tool(*arguments):
        return subprocess.run(arguments, cwd=directory, check=True, text=True,
                              capture_output=True).stdout.strip()

    key = tool("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone)
    tool("ldns-signzone", "-o", zone, str(plain), key)
    with open(os.path.join(directory, key + ".ds"), encoding="ascii") as ds:
        return str(plain) + ".signed", ds.read().strip()


# A zone for NSD, with something of everything.
ZONE = """\
$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.1
www A 198.51.100.1
www A 198.51.100.2
www AAAA 2001:db8::1
alias CNAME www
odd TYPE65400 \\# 4 01020304
mail MX 10 www
*.wild TXT "wild"
""" + "".join(f'big TXT "{i:03} {"x" * 200}"\n' for i in range(30)) + \
    "".join(f"huge AAAA 2001:db8::1:{i:x}\n" for i in range(1500))
