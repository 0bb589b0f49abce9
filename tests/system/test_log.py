"""What the log says, how often, and in which form."""

import concurrent.futures
import json
import os
import re
import socket
import subprocess

import pytest

from ask import PATIENCE, ask, ede, rcode
from programs import DNSD, NOT_UPSTREAMS, sample, until
from test_server_control import stats
from upstreams import Upstream, address_of, reply_to

NAME = "paulgra-ham.internal"


def lines(d, start="{"):
    return [line for line in d.read_log().splitlines()
            if line.startswith(start)]


def events(d, event):
    return [e for e in map(json.loads, lines(d)) if e["event"] == event]


def ask_many(count):
    """At once, and from many ports, so that every worker is asked."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(
            lambda _: ask(f"{os.urandom(4).hex()}.example", "A"),
            range(count)))


def test_json_is_an_object_a_line(servers):
    d = servers.serve(servers.store(sample()), log="json")
    d.stop()
    said = [json.loads(line) for line in d.read_log().splitlines()]
    assert len(said) > 3
    for entry in said:
        assert set(entry) == {"time", "level", "event", "thing", "message"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"])
    assert {entry["level"] for entry in said} <= {"info", "warning"}
    assert said[-1]["message"] == "stopped"


@pytest.mark.parametrize("level, said", [
    ("info", True), ("warning", False), ("error", False)])
def test_levels(servers, level, said):
    d = servers.serve(servers.store(sample()), **{"log-level": level})
    d.stop()
    assert ("stopped" in d.read_log()) == said


def test_an_upstream_is_down_once_and_up_once(servers, started):
    """Not once a worker; and questions are told of, with their number."""
    dead = {"is": True}
    up = Upstream("192.0.2.1",
                  lambda q, _: [] if dead["is"] else [address_of(q)])
    started.append(up)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS, workers=4,
                      log="json", forward={"upstreams": ["udp://192.0.2.1"]})

    def is_down():
        for reply in ask_many(40):
            assert rcode(reply) == "SERVFAIL" and ede(reply)
        return events(d, "upstream_down")
    until(is_down, "it is found to be down")
    is_down()
    dead["is"] = False
    until(lambda: ask_many(20) and events(d, "upstream_up"),
          "it is found to be up")
    until(lambda: {rcode(r) for r in ask_many(40)} == {"NOERROR"},
          "by every worker")
    assert len(events(d, "upstream_down")) == 1
    assert len(events(d, "upstream_up")) == 1
    assert events(d, "upstream_down")[0]["thing"] == "udp://192.0.2.1:53"
    failures = events(d, "servfail")
    assert 1 <= len(failures) <= 16  # one in ten seconds a worker
    assert failures[0]["thing"] == "." and "udp://192.0.2.1:53" in \
        failures[0]["message"]


def test_why_a_question_got_servfail(servers, started):
    up = Upstream("192.0.2.1", lambda q, _: [reply_to(q, rcode=2)])
    started.append(up)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS, workers=1,
                      control=str(servers.fresh() / "control"),
                      forward={"upstreams": [], "zones": [
                          {"suffix": "corp.example",
                           "upstreams": ["udp://192.0.2.1"]}]})
    for i in range(5):
        assert rcode(ask(f"host{i}.corp.example", "A")) == "SERVFAIL"
    (line,) = lines(d, "warning: forward: host0.corp.example, type 1, gets")
    assert "zone corp.example" in line and "udp://192.0.2.1:53" in line
    d.path = d.config["control"]
    counted = stats(d)
    assert counted["forward_failed"] == 5 and counted["forward_answered"] == 0


def test_a_store_that_comes_is_told_once(servers):
    store = servers.store()
    d = servers.serve(store, ready=False, workers=4, log="json")
    until(lambda: events(d, "") and
          [e for e in events(d, "") if "workers" in e["message"]], "it runs")
    assert rcode(ask(NAME, timeout=PATIENCE)) == "SERVFAIL"
    store.apply(sample())
    # A worker that saw none looks again after a second.
    until(lambda: ask(NAME) and events(d, "store_good"), "it is there")
    until(lambda: {rcode(ask(NAME)) for _ in range(40)} == {"NOERROR"},
          "for every worker")
    assert [e["level"] for e in events(d, "store_good")] == ["info"]
    assert not events(d, "store_bad")


def test_the_journal_gets_fields(servers, tmp_path):
    """Where standard error is the journal's, as $JOURNAL_STREAM says."""
    os.makedirs("/run/systemd/journal", exist_ok=True)
    path = "/run/systemd/journal/socket"
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run/systemd/journal"],
                   check=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(path)
        journal.settimeout(PATIENCE)
        with open(tmp_path / "stderr", "w", encoding="ascii") as err:
            st = os.fstat(err.fileno())
            done = subprocess.run(
                [DNSD, "-c", "/no/such/file"], stderr=err, check=False,
                env={"JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"})
            other = subprocess.run(
                [DNSD, "-c", "/no/such/file"], capture_output=True, text=True,
                env={"JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"},
                check=False)
        fields = dict(line.split("=", 1) for line
                      in journal.recv(4096).decode().splitlines())
    subprocess.run(["umount", "/run/systemd/journal"], check=True)
    assert done.returncode == 1
    assert (tmp_path / "stderr").read_text() == ""
    assert fields["PRIORITY"] == "3" and fields["SYSLOG_IDENTIFIER"] == "dnsd"
    assert "/no/such/file" in fields["MESSAGE"]
    assert "/no/such/file" in other.stderr  # its standard error is a pipe
