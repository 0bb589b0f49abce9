"""The control socket: counters, and a flush of the cache."""

import json
import os
import socket
import stat
import threading

import pytest

from ask import ACME, PATIENCE, ask, connect, exchange, rcode, values
from programs import NOT_UPSTREAMS, sample, until
from upstreams import Upstream, address_of

NAME = "paulgra-ham.internal"


@pytest.fixture(name="controlled")
def fixture_controlled(servers, started, tmp_path):
    """A server with a control socket, `path`, and an upstream."""
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    started.append(up)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      control=str(tmp_path / "control"),
                      forward={"upstreams": ["udp://192.0.2.1"]})
    d.path = d.config["control"]
    d.upstream = up
    return d


def told(d, command):
    """What the server says to COMMAND until it closes."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(d.path)
        s.sendall(command)
        return s.makefile().read()


def stats(d):
    lines = [line.split() for line in told(d, b"stats\n").splitlines()]
    assert all(len(line) == 2 for line in lines)
    return {name: int(value) for name, value in lines}


def counted(d, question):
    """What QUESTION() changed, without what is not about questions."""
    before = stats(d)
    question()
    after = stats(d)
    assert before.keys() == after.keys()
    return {name: after[name] - before[name] for name in after
            if after[name] != before[name]}


UDP = {"udp_received": 1, "udp_sent": 1}
TCP = {"tcp_accepted": 1, "tcp_received": 1, "tcp_sent": 1}


def test_each_kind_of_answer_is_counted(controlled):
    for name, rdtype, kind in [(NAME, "AAAA", "answered"),
                               (NAME, "MX", "nodata"),
                               ("no-such-app.internal", "A", "nxdomain"),
                               (NAME, "AXFR", "refused")]:
        assert counted(controlled, lambda: ask(name, rdtype)) == \
            UDP | {f"query_{kind}": 1}
    assert counted(controlled, lambda: exchange(b"\0" * 12)) == \
        UDP | {"query_formerr": 1}
    assert counted(controlled, lambda: ask("a.example", "A")) == \
        UDP | {"forward_asked": 1, "forward_sent": 1, "forward_answered": 1}
    assert counted(controlled, lambda: ask("a.example", "A")) == \
        UDP | {"forward_asked": 1, "forward_hits": 1}


def test_what_is_cut_is_counted(controlled):
    """Over UDP one may ask again; what TCP cannot hold, nobody gets."""
    controlled.store.apply(
        [{"put": "instance", "network": "acme", "app": "huge", "id": f"i{i}",
          "region": "ord", "addresses": [f"fdaa:0:18:9::{i:x}"]}
         for i in range(3000)])
    assert counted(controlled, lambda: ask("huge.internal")) == \
        UDP | {"query_answered": 1, "query_truncated": 1}
    changed = counted(controlled, lambda: ask("huge.internal", tcp=True))
    changed.pop("tcp_open", None)
    assert changed == TCP | {"query_answered": 1, "query_truncated": 1,
                             "query_cut_tcp": 1}


def test_connections_are_counted(controlled):
    with connect():
        until(lambda: stats(controlled)["tcp_open"] == 1, "it is accepted")
    until(lambda: stats(controlled)["tcp_open"] == 0, "it is closed")
    changed = counted(controlled, lambda: ask(NAME, tcp=True))
    changed.pop("tcp_open", None)  # it may be closed by now, or not
    assert changed == TCP | {"query_answered": 1}


def test_workers_are_summed(controlled):
    """The kernel spreads askers over the workers; the sum is whole."""
    def ask_often():
        for _ in range(50):
            ask(NAME)
    assert counted(controlled, ask_often) == {
        "udp_received": 50, "udp_sent": 50, "query_answered": 50}


def test_counters_outlive_a_reload(controlled):
    ask(NAME)
    before = stats(controlled)
    controlled.hup()
    until(lambda: stats(controlled)["reloads"] == 1, "it is reread")
    assert counted(controlled, lambda: ask(NAME)) == \
        UDP | {"query_answered": 1}
    after = stats(controlled)
    assert after["query_answered"] == before["query_answered"] + 1
    assert after["udp_received"] == before["udp_received"] + 1


def test_reports_while_workers_come_and_go(controlled):
    """The thread sanitizer looks on, where the servers are built with it."""
    def ask_often():
        for _ in range(40):
            assert stats(controlled)["workers"] == 2
    askers = [threading.Thread(target=ask_often) for _ in range(3)]
    for asker in askers:
        asker.start()
    while any(asker.is_alive() for asker in askers):
        controlled.hup()
        assert rcode(ask(NAME)) == "NOERROR"
    for asker in askers:
        asker.join()


def test_flush_forgets_what_upstreams_said(controlled):
    for _ in range(2):
        assert values(ask("b.example", "A")) == ["198.51.100.7"]
    assert len(controlled.upstream.seen) == 1
    assert told(controlled, b"flush\n") == "flushed\n"
    assert values(ask("b.example", "A")) == ["198.51.100.7"]
    assert len(controlled.upstream.seen) == 2


def ctl(d, *words):
    """`dnsctl server` with WORDS: its status, and what it printed."""
    done = d.store.run("--control", d.path, "server", *words)
    return done.returncode, done.stdout or done.stderr


def test_flush_of_a_name(controlled):
    """What is below it goes, too, and nothing else."""
    names = ["b.example", "a.b.example", "c.example"]
    for name in names:
        assert values(ask(name, "A")) == ["198.51.100.7"]
    assert ctl(controlled, "flush", "b.example") == (0, "flushed\n")
    for name in names:
        assert values(ask(name, "A")) == ["198.51.100.7"]
    asked = [name.lower() for name in controlled.upstream.names()]
    assert sorted(asked) == sorted(
        [f"{name}." for name in names + ["b.example", "a.b.example"]])
    assert ctl(controlled, "flush", "b..example")[0] == 1


def test_reload_is_done_when_it_says_so(controlled):
    controlled.configure(dict(controlled.config, workers=3))
    assert ctl(controlled, "reload") == (0, "reloaded\n")
    assert stats(controlled)["workers"] == 3
    controlled.configure({"store": 1})
    status, said = ctl(controlled, "reload")
    assert status == 1 and "not reloaded" in said
    assert values(ask(NAME)) == [ACME]


def test_workers_are_shown_side_by_side(controlled):
    for _ in range(4):
        ask(NAME)
    status, said = ctl(controlled, "workers")
    heads, *rows = [line.split() for line in said.splitlines()]
    assert status == 0 and [row[0] for row in rows] == ["0", "1"]
    answered = heads.index("answered")
    assert sum(int(row[answered]) for row in rows) == \
        stats(controlled)["query_answered"]


def test_dnsctl_asks(controlled):
    ask(NAME)
    assert ctl(controlled, "stats")[1].startswith("workers 2\n")
    status, said = ctl(controlled, "stats", "--json")
    assert status == 0 and json.loads(said)["counters"]["query_answered"] >= 1
    said = ctl(controlled, "stats")[1]
    assert "udp://192.0.2.1:53 " in said and "answers" in said


@pytest.mark.parametrize("words,status,said", [
    (["stat"], 2, "did you mean stats?"),
    (["stats", "now"], 2, "takes no argument"),
    (["zzzzz"], 2, "dnsctl help server"),
])
def test_dnsctl_asks_wrongly(controlled, words, status, said):
    done = ctl(controlled, *words)
    assert done[0] == status and said in done[1]


def test_dnsctl_asks_nobody(controlled):
    controlled.stop()
    status, said = ctl(controlled, "stats")
    assert status == 1 and controlled.path in said


@pytest.mark.parametrize("command", [b"help\n", b"\n", b"stats \n",
                                     b"stats a\n", b"x" * 2000])
def test_unknown_command(controlled, command):
    said = told(controlled, command)
    assert said.startswith("error: ") and "stats" in said and "flush" in said
    assert values(ask(NAME)) == [ACME]


def test_only_user_and_group_may_ask(controlled):
    mode = os.stat(controlled.path).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660


def test_socket_goes_with_the_server(controlled):
    assert controlled.stop() == 0
    assert not os.path.exists(controlled.path)


def test_stale_socket_is_replaced(controlled, servers):
    """A server that was killed left its socket behind."""
    controlled.process.kill()
    controlled.process.wait()
    servers.running.remove(controlled)
    assert os.path.exists(controlled.path)
    again = servers.serve(controlled.store, listen=NOT_UPSTREAMS,
                          control=controlled.path)
    again.path = controlled.path
    assert stats(again)["workers"] == 2


def test_socket_of_a_living_server_is_not_taken(controlled, servers):
    second = servers.serve(controlled.store, ready=False, workers=1,
                           listen=[{"address": "127.0.0.1:5317"}],
                           control=controlled.path)
    assert second.process.wait(PATIENCE) == 1
    servers.running.remove(second)
    assert controlled.path in second.read_log()
    assert stats(controlled)["workers"] == 2


def test_file_in_the_way_is_left_alone(servers, tmp_path):
    path = tmp_path / "precious"
    path.write_text("text")
    d = servers.serve(servers.store(sample()), ready=False, control=str(path))
    assert d.process.wait(PATIENCE) == 1
    servers.running.remove(d)
    assert str(path) in d.read_log()
    assert path.read_text() == "text"


def test_another_path_after_a_reload(controlled):
    new = controlled.path + "2"
    controlled.configure(dict(controlled.config, control=new))
    controlled.hup()
    until(lambda: os.path.exists(new) and not os.path.exists(controlled.path),
          "the socket moves")
    controlled.path = new
    assert stats(controlled)["reloads"] == 1
    assert rcode(ask(NAME)) == "NOERROR"


def test_what_an_upstream_can_is_reported(controlled):
    """Each ability with its evidence and its end."""
    name = "abcdefghijklmnopqrstuvwxyz.example"
    assert values(ask(name, "A")) == ["198.51.100.7"]
    (up,) = json.loads(told(controlled, b"report\n"))["upstreams"]
    assert {k: v["is"] for k, v in up["able"].items()} == {
        "edns": "yes", "cookies": "no", "letters": "yes", "udp": "yes"}
    assert up["able"]["cookies"]["why"] == "a reply lacked it"
    assert up["able"]["cookies"]["over"] == "udp"
    assert 0 < up["able"]["cookies"]["ends_s"] <= 60
    assert 3500 < up["able"]["letters"]["ends_s"] <= 3600


def test_dnsctl_tells_programs(controlled):
    """An object a line, of each thing that can be asked."""
    def said(*words):
        status, lines = ctl(controlled, *words, "--json")
        assert status == 0
        return [json.loads(line) for line in lines.splitlines()]
    ask(NAME)
    assert said("flush") == [{"said": "flushed"}]
    workers = said("workers")
    assert [worker["worker"] for worker in workers] == [0, 1]
    assert sum(worker["answered"] for worker in workers) >= 1
    [top] = said("top")
    assert [row["name"] for row in top["networks"]][0] == "acme"
    assert said("reload") == [{"said": "reloaded"}]
