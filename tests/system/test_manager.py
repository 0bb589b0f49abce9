"""What a service manager tells dnsd, and what dnsd tells it."""

import contextlib
import ctypes
import os
import select
import socket
import subprocess

import dns.message
import pytest

from ask import PATIENCE, recv_tcp, send_tcp, values
from programs import DNSD, sample, until

NAME = "paulgra-ham.internal"
IP_PKTINFO, SO_TIMESTAMPNS = 8, 35  # not in the socket module before 3.14
HERE = ("127.0.0.1", 5399)
LISTEN = [{"address": "127.0.0.1:5399", "network": "acme"}]
FIRST = 3


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.environment = dict(os.environ, NOTIFY_SOCKET=path)

    def hear(self, word):
        """Waits for a message that begins with WORD; the whole of it."""
        while True:
            said = self.socket.recv(4096).decode()
            if said.startswith(word):
                return said

    def has_heard(self):
        return bool(select.select([self.socket], [], [], 0)[0])


@pytest.fixture(name="manager")
def fixture_manager(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


def question():
    return dns.message.make_query(NAME, "AAAA")


@pytest.fixture(name="asker")
def fixture_asker():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        s.connect(HERE)
        yield s


def answer_of(asker):
    return values(dns.message.from_wire(asker.recv(4096)))


@pytest.mark.parametrize("facts", [None, sample()])
def test_ready_when_bound(servers, manager, asker, facts):
    """What is asked at READY is answered, be it that there is no store."""
    servers.serve(servers.store(facts), listen=LISTEN, ready=False,
                  started={"env": manager.environment})
    assert "STATUS=2 workers on 1 addresses" in manager.hear("READY=1")
    asker.send(question().to_wire())
    assert answer_of(asker) == ([] if facts is None else
                                ANSWER)


def test_reload_and_stop(servers, manager):
    d = servers.serve(servers.store(sample()), listen=LISTEN, ready=False,
                      started={"env": manager.environment})
    manager.hear("READY=1")
    d.hup()
    assert "MONOTONIC_USEC=" in manager.hear("RELOADING=1")
    manager.hear("READY=1")
    d.configure({"store": 1})
    d.hup()
    manager.hear("RELOADING=1")
    assert "not reloaded" in manager.hear("READY=1")
    assert d.stop() == 0
    manager.hear("STOPPING=1")


def ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


@contextlib.contextmanager
def stopped(thread):
    """One thread stands still, as if it hung; the others go on."""
    attach, detach = 16, 17
    ptrace(attach, thread)
    os.waitpid(thread, 0x40000000)  # __WALL: a thread is no child
    try:
        yield
    finally:
        ptrace(detach, thread)


def worker_of(process):
    tasks = f"/proc/{process.pid}/task"
    for thread in os.listdir(tasks):
        with open(f"{tasks}/{thread}/comm", encoding="ascii") as f:
            if f.read() == "worker 1\n":
                return int(thread)
    raise AssertionError("no worker")


def test_watchdog(servers, manager):
    """It barks no more when one worker of two hangs, and again after."""
    d = servers.serve(
        servers.store(sample()), listen=LISTEN, ready=False,
        started={"env": dict(manager.environment, WATCHDOG_USEC="300000")})
    assert "STATUS=2 workers; 0 questions" in manager.hear("WATCHDOG=1")
    with stopped(worker_of(d.process)):
        until(lambda: "a worker hangs" in d.read_log(), "it is found")
        while manager.has_heard():
            manager.hear("")
        seen = d.read_log().count("a worker hangs")
        until(lambda: d.read_log().count("a worker hangs") > seen + 1,
              "it still hangs")
        assert not manager.has_heard()
    manager.hear("WATCHDOG=1")


# --- sockets that the manager opened

def bound(kind, address=HERE, family=socket.AF_INET, only=True):
    s = socket.socket(family, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    s.bind(address)
    if kind == socket.SOCK_STREAM:
        s.listen()
    return s


def passing(sockets):
    """Arguments that hand SOCKETS on, as sd_listen_fds(3) has it."""
    def place():
        kept = [os.dup(s.fileno()) for s in sockets]
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(kept)]
        for i, fd in enumerate(high):
            os.dup2(fd, FIRST + i)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.environ["LISTEN_FDS"] = str(len(sockets))

    return {"preexec_fn": place,
            "pass_fds": range(FIRST, FIRST + len(sockets))}


UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


ANSWER = ["fdaa:0:18:a7b:7d:f066:b83b:2"]


@pytest.mark.parametrize("pairs", [1, 2, 3, 6])
def test_sockets_are_taken(servers, asker, pairs):
    """What came while there was no server is answered by the next, of any
    number of workers; also after a reload."""
    sockets = [bound(kind) for kind in (UDP, TCP) for _ in range(pairs)]
    store = servers.store(sample())
    wire = question().to_wire()
    for _ in range(2):
        asker.send(wire)
        stream = socket.create_connection(HERE, PATIENCE)
        send_tcp(stream, wire)
        d = servers.serve(store, listen=LISTEN, ready=False,
                          started=passing(sockets))
        assert answer_of(asker) == ANSWER
        assert values(dns.message.from_wire(recv_tcp(stream))) == ANSWER
        stream.close()
        d.configure(dict(d.config, workers=3))
        d.hup()
        until(lambda: "reloaded" in d.read_log(), "it is reread")
        asker.send(wire)
        assert answer_of(asker) == ANSWER
        assert d.stop() == 0
    for s in sockets:
        s.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_sockets_that_tell_more(servers, asker, address):
    """With each packet, as Timestamping= and PassPacketInfo= of
    systemd.socket(5) make them: a reply has none of it."""
    sockets = [bound(kind, (address, HERE[1])) for kind in (UDP, TCP)]
    sockets[0].setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sockets[0].setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    d = servers.serve(servers.store(sample()), ready=False,
                      listen=[{"address": f"{address}:{HERE[1]}",
                               "network": "acme"}],
                      started=passing(sockets))
    asker.send(question().to_wire())
    assert answer_of(asker) == ANSWER
    assert d.stop() == 0
    for s in sockets:
        s.close()


REFUSED = [
    # Of one kind there would be one that nobody has.
    (lambda: [bound(UDP)], "1 sockets for UDP and 0 for TCP"),
    (lambda: [bound(UDP), bound(UDP), bound(TCP)],
     "2 sockets for UDP and 1 for TCP"),
    # Not where it listens, or with IPv4 in it.
    (lambda: [bound(UDP, ("127.0.0.1", 5398))], "it is not used"),
    (lambda: [bound(kind, ("::", 5399), socket.AF_INET6, False)
              for kind in (UDP, TCP)], "it is not used"),
]


@pytest.mark.parametrize("sockets,said", REFUSED)
def test_sockets_that_do_not_fit(servers, sockets, said):
    made = sockets()
    d = servers.serve(servers.store(sample()), ready=False,
                      listen=LISTEN + [{"address": "[::]:5399"}],
                      started=passing(made))
    until(lambda: said in d.read_log(), said)
    until(lambda: d.process.poll() is not None or
          "workers" in d.read_log(), "it has decided")
    for s in made:
        s.close()
    if d.process.poll() is not None:
        assert d.process.returncode == 1
        servers.running.remove(d)


# --- and the command line

def run_dnsd(*arguments):
    return subprocess.run([DNSD, *arguments], text=True, capture_output=True,
                          timeout=PATIENCE, check=False)


@pytest.mark.parametrize("option,said", [
    ("--version", "dnsd 0."), ("-V", "dnsd 0."), ("--help", "usage: dnsd"),
    ("-h", "usage: dnsd"),
])
def test_options(option, said):
    done = run_dnsd(option)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(said)


@pytest.mark.parametrize("options", [[], ["-x"], ["-c"], ["-c", "a", "b"]])
def test_wrong_options(options):
    done = run_dnsd(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: dnsd" in done.stderr


def test_sockets_for_systemd(tmp_path):
    conf = tmp_path / "dnsd.conf"
    conf.write_text("store: /nowhere\nworkers: 2\nlisten:\n"
                    '  - address: "[fe80::1%lo]:53"\n'
                    '  - address: "127.0.0.1:53"\n')
    lines = run_dnsd("--sockets", "-c", str(conf)).stdout.splitlines()
    assert lines[0] == "[Socket]"
    assert lines[1:5] == ["ListenDatagram=[fe80::1%lo]:53",
                          "ListenStream=[fe80::1%lo]:53"] * 2
    assert lines[5:] == ["ListenDatagram=127.0.0.1:53",
                         "ListenStream=127.0.0.1:53"] * 2
