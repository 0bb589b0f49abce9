"""dnsctl top: in a terminal, and into a pipe."""

import contextlib
import subprocess
import threading

import dns.exception
import pytest

from ask import ask
from programs import DNSCTL, NOT_UPSTREAMS, sample, until
from upstreams import Upstream, address_of

NAME = "paulgra-ham.internal"


@pytest.fixture(name="busy")
def fixture_busy(servers, started):
    """A server with a control socket, that is asked all the time."""
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    started.append(up)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      id="node-1", control=str(servers.fresh() / "control"),
                      forward={"upstreams": ["udp://192.0.2.1"]})
    stop = threading.Event()

    def asking():
        while not stop.wait(0.02):
            with contextlib.suppress(dns.exception.Timeout):
                ask(NAME, timeout=1)
                ask("www.example", "A", timeout=1)
    thread = threading.Thread(target=asking, daemon=True)
    thread.start()
    yield d
    stop.set()
    thread.join()


class Terminal:
    """tmux, of COLUMNS and ROWS, with COMMAND in it."""

    def __init__(self, directory, command, columns=100, rows=30):
        self.socket = str(directory / "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns),
                  "-y", str(rows), command + "; echo over; cat")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments],
                              capture_output=True, text=True,
                              check=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-J")

    def close(self):
        self.tmux("kill-server")


def top(d, **options):
    return subprocess.run([DNSCTL, "--control", d.config["control"], "top"],
                          text=True, capture_output=True, check=False,
                          timeout=30, **options)


def row(screen, start):
    """The words of the line that begins with START."""
    return next((line.split() for line in screen.splitlines()
                 if line.startswith(start)), None)


def test_one_frame_into_a_pipe(busy):
    done = top(busy)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("node-1, ord  dnsd ")
    assert float(row(done.stdout, "private")[1]) > 0
    assert row(done.stdout, "udp://192.0.2.1:53")[1] == "answers"
    assert row(done.stdout, "acme")
    assert NAME in done.stdout and "\033" not in done.stdout


def test_a_terminal_is_refreshed_until_q(busy, servers, started):
    t = Terminal(servers.fresh(),
                 f"{DNSCTL} --control {busy.config['control']} top")
    started.append(t)
    until(lambda: row(t.screen(), "private"), "the first frame")
    first = t.screen()
    until(lambda: t.screen() != first, "the next one")
    until(lambda: float(row(t.screen(), "private")[1]) > 1, "a rate")
    assert row(t.screen(), "acme")
    assert all(len(line) <= 100 for line in t.screen().splitlines())
    t.tmux("send-keys", "q")
    until(lambda: t.screen().startswith("over"), "q ends it")
    # What is typed then is seen again.
    t.tmux("send-keys", "visible")
    until(lambda: "visible" in t.screen(), "the terminal as it was")


def test_a_small_terminal_is_not_overrun(busy, servers, started):
    t = Terminal(servers.fresh(),
                 f"{DNSCTL} --control {busy.config['control']} top", 40, 8)
    started.append(t)
    until(lambda: row(t.screen(), "private"), "a frame")
    assert t.screen().startswith("node-1, ord")


def test_a_server_that_is_away_may_come_back(busy, servers, started):
    t = Terminal(servers.fresh(),
                 f"{DNSCTL} --control {busy.config['control']} top")
    started.append(t)
    until(lambda: row(t.screen(), "private"), "a frame")
    busy.stop()
    until(lambda: "No such file" in t.screen(), "it is away")
    again = servers.serve(busy.store, listen=NOT_UPSTREAMS, id="node-2",
                          control=busy.config["control"])
    until(lambda: t.screen().startswith("node-2"), "it is back")
    again.stop()


def test_no_server(servers):
    done = subprocess.run([DNSCTL, "--control", str(servers.fresh() / "none"),
                           "top"], text=True, capture_output=True, check=False)
    assert done.returncode == 1 and "No such file" in done.stderr
