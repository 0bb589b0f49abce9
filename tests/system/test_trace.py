"""dnsctl server trace: who asks most, while all questions are counted."""

import json
import signal
import subprocess

import pytest

from ask import PATIENCE, ask
from programs import DNSCTL, sample, until
from test_server_control import stats, told

NAME, OTHER = "paulgra-ham.internal", "web.internal"


@pytest.fixture(name="d")
def fixture_d(servers):
    d = servers.serve(servers.store(sample()), workers=4,
                      control=str(servers.fresh() / "control"))
    d.path = d.config["control"]
    return d


class Trace:
    """One that runs, until it is told to end."""

    def __init__(self, d, *options):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            [DNSCTL, "--control", d.path, "server", "trace", *options],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert "are counted" in self.process.stderr.readline()
        stats(d)  # The server has read what came before.

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(name="begin")
def fixture_begin(d, started):
    def begin(*options):
        started.append(Trace(d, *options))
        return started[-1]
    return begin


def run(d, *options):
    return subprocess.run(
        [DNSCTL, "--control", d.path, "server", "trace", *options],
        text=True, capture_output=True, check=False, timeout=PATIENCE)


def ask_all():
    for _ in range(30):
        ask(NAME)
        ask(NAME)
        ask(OTHER)


def test_all_are_counted_until_ctrl_c(d, begin):
    """Those before are not, and nothing is left to chance."""
    ask_all()
    trace = begin("--for", "1h", "--json")
    ask_all()
    status, out, err = trace.end()
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found.pop("seconds") < 3600
    assert found.pop("askers")[0]["count"] == 90
    assert found == {
        "count": 90,
        "networks": [{"name": "acme", "count": 90, "error": 0}],
        "names": [{"name": NAME, "count": 60, "error": 0},
                  {"name": OTHER, "count": 30, "error": 0}]}


def test_the_next_one_begins_anew(d, begin):
    begin("--json").close()
    ask_all()
    trace = begin("--json")
    ask(OTHER)
    assert json.loads(trace.end()[1])["count"] == 1


def test_it_ends_by_itself(d):
    done = run(d, "--for", "1s")
    assert done.returncode == 0
    assert done.stderr == \
        "all questions are counted for 1 s; Ctrl-C ends it\n"
    assert done.stdout.startswith("0 questions in 1 s\n")


def test_for_people(d, begin):
    trace = begin()
    ask_all()
    _, out, _ = trace.end()
    rows = [line.split() for line in out.splitlines()]
    assert rows[0][:2] == ["90", "questions"]
    assert ["acme", "90", "0"] in rows
    assert rows.index([NAME, "60", "0"]) < rows.index([OTHER, "30", "0"])


def test_one_at_a_time(d, begin):
    trace = begin("--for", "1h")
    done = run(d)
    assert done.returncode == 1
    assert done.stderr.endswith("\nerror: another client has a trace\n")
    trace.end(signal.SIGKILL)
    until(lambda: run(d, "--for", "1s").returncode == 0, "it is free again")


def test_a_reload_begins_it_anew(d, begin):
    trace = begin("--for", "1h", "--json")
    ask(NAME)
    d.hup()
    until(lambda: stats(d)["reloads"] == 1, "it is reread")
    until(lambda: "worker" in told(d, b"workers\n") and ask(OTHER), "serving")
    found = json.loads(trace.end()[1])
    assert [entry["name"] for entry in found["names"]] == [OTHER]


@pytest.mark.parametrize("time, why", [
    ("0s", "must be a number and s, m, h or d"), ("10", "must be a number"),
    ("2h", "must not be longer than 1h")])
def test_times(d, time, why):
    done = run(d, "--for", time)
    assert done.returncode == 2 and why in done.stderr


def test_a_server_that_goes(d, begin):
    trace = begin("--for", "1h")
    d.stop()
    trace.process.wait(PATIENCE)
    status, out, err = trace.end()
    assert (status, out) == (1, "") and "the server has gone" in err
    assert run(d).returncode == 1


def test_end_that_comes_with_the_beginning(d):
    """Both in one read, as where the server was busy."""
    assert json.loads(told(d, b"trace\n\n"))["count"] == 0
