"""All that a server's threads do, at once, as long as it is reloaded.

`make test` runs this on programs that the thread sanitizer watches: whatever
it reports is in the log, and ends the server with another status than 0.
"""

import contextlib
import itertools
import socket
import threading

import dns.message
import pytest

import upstreams
from ask import ACME, GLOBEX, PATIENCE, ask, connect, rcode, recv_tcp, \
    send_tcp
from programs import NOT_UPSTREAMS, sample, until
from test_server_control import told

NAME = "paulgra-ham.internal"
ZONE = """\
$TTL 5
@ IN SOA ns hostmaster 1 3600 900 86400 60
@ IN NS ns
ns IN A 192.0.2.1
* IN A 198.51.100.7
"""
FORWARD = {"upstreams": ["udp://192.0.2.1", "tcp://192.0.2.1"],
           "cache-size": "1MiB",
           "zones": [{"suffix": "split.example",
                      "upstreams": ["tcp://192.0.2.1"]}]}
# What each reload changes; most of it comes back with the next one.
CHANGES = [{"workers": 1}, {"steer": True, "limit": 100000},
           {"forward": dict(FORWARD, **{"cache-size": "2MiB"})},
           {"workers": 5, "rate-limit": 100000}, {"dnstap": "FILE"},
           {"listen": NOT_UPSTREAMS[:2]}, {}] * 2


class Askers:
    """Threads that each do one thing again and again until the end."""

    def __init__(self):
        self.done = threading.Event()
        self.rounds, self.threads = [], []
        self.wrong = None

    def add(self, what, *arguments):
        number = len(self.rounds)

        def again():
            try:
                while not self.done.is_set():
                    what(*arguments)
                    self.rounds[number] += 1
            except BaseException as wrong:
                self.wrong = wrong
                raise
        self.rounds.append(0)
        self.threads.append(threading.Thread(target=again))

    def turn(self):
        """Until each has done its part once more."""
        before = list(self.rounds)
        until(lambda: self.wrong or all(
            now > was for now, was in zip(self.rounds, before)),
              "all go on", 4 * PATIENCE)
        assert self.wrong is None

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture(name="upstream")
def fixture_upstream(servers, started):
    directory = servers.fresh()
    (directory / "zone").write_text(ZONE)
    started.append(upstreams.nsd(directory, "192.0.2.1", {
        "example": directory / "zone"}))


numbers = itertools.count()


def private(source):
    assert rcode(ask(NAME, source=source)) in ("NOERROR", "NXDOMAIN")


def forwarded(zone, **how):
    reply = ask(f"n{next(numbers)}.{zone}example", "A", **how)
    assert rcode(reply) in ("NOERROR", "SERVFAIL"), reply


def pipelined():
    """What a worker that retires has begun it answers; then it closes."""
    with connect() as s, contextlib.suppress(AssertionError, OSError):
        for i in range(10):
            for name in NAME, f"n{next(numbers)}.example":
                send_tcp(s, dns.message.make_query(name, "A", id=i).to_wire())
        for _ in range(20):
            recv_tcp(s)


def control(d):
    for command in b"stats", b"report", b"workers", b"flush", \
            b"flush n.example":
        assert told(d, command + b"\n")


def followed(d, command):
    """Somebody has the log, or a trace, and goes."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(d.path)
        s.sendall(command + b"\n")
        private(ACME)
        if command == b"log":
            assert s.recv(1)
        else:
            s.sendall(b"\n")
            assert s.makefile().read()


def stored(store):
    """An instance that comes, is another, and goes with its app."""
    at = {"network": "acme", "app": "race", "id": f"i{next(numbers)}"}
    store.apply([{"put": "instance", "region": "ord",
                  "addresses": ["fdaa:0:18:77::1"], **at}])
    store.apply([{"delete": "app", "network": "acme", "name": "race"}])


def test_everything_at_once(servers, upstream, tmp_path):
    del upstream
    d = servers.serve(servers.store(sample()), workers=4, forward=FORWARD,
                      listen=NOT_UPSTREAMS, control=str(tmp_path / "control"))
    d.path = d.config["control"]
    askers = Askers()
    askers.add(private, ACME)
    askers.add(private, GLOBEX)
    askers.add(forwarded, "")
    askers.add(forwarded, "split.")
    askers.add(pipelined)
    askers.add(control, d)
    askers.add(followed, d, b"log")
    askers.add(followed, d, b"trace")
    askers.add(stored, d.store)
    with askers:
        for i, change in enumerate(CHANGES, 1):
            askers.turn()
            if change.get("dnstap") == "FILE":
                change = {"dnstap": str(tmp_path / f"tap{i}")}
            d.configure(dict(d.config, **change))
            d.hup()
            until(lambda i=i: d.read_log().count("reloaded") == i,
                  "it is reloaded", 4 * PATIENCE)
            assert "not reloaded" not in d.read_log()
        askers.turn()
    assert d.stop() == 0, d.read_log()
