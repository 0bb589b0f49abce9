"""dnsctl: apply, export, list, check, explain."""

import contextlib
import fcntl
import json
import os
import re
import select
import struct
import subprocess
import termios
import time

import pytest

from ask import ACME, PATIENCE, ask, values
from programs import DNSCTL, UNBOXED, lines, sample

NET = '{"put":"network","id":"n","prefixes":["fdaa:0:18::/48"]}\n'
WEB = ('{"put":"instance","network":"n","app":"web","id":"i","region":"iad",'
       '"addresses":["fdaa:0:18::1"]}\n')

# What is wrong, the bad line, and what the message names besides file and line.
BAD_LINES = [
    ("not JSON", "{put", []),
    ("not an object", "[1,2]", []),
    ("no verb", '{"network":"n"}', []),
    ("unknown fact", '{"put":"server","id":"x"}', ["server"]),
    ("unknown field", '{"put":"app","network":"n","name":"a","color":"x"}',
     ["app", "color"]),
    ("missing field", '{"put":"app","network":"n"}', ["app", "name"]),
    ("wrong type", '{"put":"app","network":"n","name":7}', ["app", "name"]),
    ("label with a dot", '{"put":"app","network":"n","name":"a.b"}',
     ["app", "name", "a.b"]),
    ("empty label", '{"put":"app","network":"n","name":""}', ["app", "name"]),
    ("label of 64", '{"put":"app","network":"n","name":"%s"}' % ("a" * 64),
     ["app", "name", "a" * 64]),
    ("underscore", '{"put":"app","network":"n","name":"_apps"}',
     ["app", "name", "_apps"]),
    ("address outside", WEB.replace("fdaa:0:18::1", "fdaa:0:19::1").strip(),
     ["instance", "addresses", "fdaa:0:19::1"]),
    ("no address", WEB.replace("fdaa:0:18::1", "fdaa:0:18::g").strip(),
     ["instance", "addresses", "fdaa:0:18::g"]),
    ("unknown network", WEB.replace('"n"', '"m"').strip(),
     ["instance", "network", "m"]),
    ("state", WEB.replace('"region"', '"state":"asleep","region"').strip(),
     ["instance", "state", "asleep"]),
    ("region like a qualifier",
     '{"put":"region","id":"vm","latitude":1,"longitude":1}',
     ["region", "id", "vm"]),
    ("latitude", '{"put":"region","id":"xx","latitude":91,"longitude":1}',
     ["region", "latitude", "91"]),
    ("prefix", '{"put":"network","id":"m","prefixes":["fdaa::/129"]}',
     ["network", "prefixes", "fdaa::/129"]),
    ("prefix with host bits", '{"put":"network","id":"m","prefixes":'
     '["fdaa:0:19::1/48"]}', ["network", "prefixes", "fdaa:0:19::1/48"]),
    ("ttl", '{"put":"network","id":"m","prefixes":[],"ttl":-1}',
     ["network", "ttl", "-1"]),
    ("expires", '{"put":"peer","network":"n","name":"p","addresses":[],'
     '"expires":"tomorrow"}', ["peer", "expires", "tomorrow"]),
    ("distance", '{"put":"distance","from":"iad","to":"lhr","ms":-3}',
     ["distance", "ms", "-3"]),
    ("cursor of 257", '{"commit":"%s"}' % ("c" * 257), ["commit"]),
    ("end of nothing", '{"snapshot":"end","commit":"x"}', ["snapshot"]),
    ("a field twice", '{"put":"app","network":"n","name":"a","name":"b"}',
     ["name"]),
]


@pytest.mark.parametrize("bad,named", [b[1:] for b in BAD_LINES],
                         ids=[b[0] for b in BAD_LINES])
def test_bad_line(servers, tmp_path, bad, named):
    """File, line, fact, rule and value; the store as it was; status 1."""
    store = servers.store(NET + WEB)
    before = store.tell("export")
    feed = tmp_path / "feed.ndjson"
    feed.write_text(
        '{"put":"app","network":"n","name":"before"}\n' + bad + "\n"
        '{"put":"app","network":"n","name":"after"}\n')
    done = store.run("apply", str(feed))
    assert done.returncode == 1
    assert f"{feed}:2:" in done.stderr
    for word in named:
        assert word in done.stderr, done.stderr
    assert store.tell("export") == before


def test_apply_warns_of_what_no_name_asks_for(servers):
    """Taken, all of it: file, line, fact, field, form, value; a follower is
    not told of each again."""
    store = servers.store(NET)
    web = WEB.replace('"region":"iad"', '"region":"vms","group":"_tcp",'
                      '"metadata":{"version":"1.2","Role":"Primary"}')
    done = store.run("apply", "-", stdin="\n" + web)
    assert (done.returncode, done.stdout) == (0, "put 1 instance\n")
    assert done.stderr.splitlines() == [
        "-:2: instance n/web/i: warning: region: REGION.APP.internal "
        'will not answer: "vms"',
        "-:2: instance n/web/i: warning: group: GROUP.process.APP.internal "
        'will not answer: "_tcp"',
        "-:2: instance n/web/i: warning: metadata: VALUE.KEY.kv._metadata."
        'APP.internal will not answer: "version=1.2"',
        '-:2: instance n/web/i: warning: region: there is no such region: '
        '"vms"']
    done = store.run("follow", "-", *UNBOXED,
                     stdin=web + '{"commit":"1"}\n')
    assert (done.returncode, done.stderr) == (0, "")


def test_apply_warns_of_a_region_that_is_not_there(servers):
    """Once, as of the end, in their order; and who is in one that goes."""
    store = servers.store(NET)
    iad = '{"put":"region","id":"iad","latitude":39,"longitude":-77}\n'
    gone = '{"delete":"region","id":"iad"}\n'
    other = WEB.replace('"i"', '"j"').replace("18::1", "18::2")
    for lines_, said in [
            (WEB + other.replace('"iad"', '"ord"'),
             '-:1: instance n/web/i: warning: region: there is no such '
             'region: "iad"\n-:2: instance n/web/j: warning: region: there '
             'is no such region: "ord"\n'),
            (WEB + other, '-:1: instance n/web/i: warning: '
             'region: there is no such region: "iad"\n'),
            (WEB + iad, ""),
            (gone + WEB.replace('"iad"', '"lhr"') + iad.replace("iad", "lhr"),
             "-:1: region iad: warning: there is none any more, and instance "
             "n/web/j is in it\n"),
            (iad, ""),
            (gone + '{"delete":"instance","network":"n","app":"web","id":"j"}\n',
             "")]:
        done = store.run("apply", "-", stdin=lines_)
        assert (done.returncode, done.stderr) == (0, said)
    done = store.run("follow", "-", *UNBOXED,
                     stdin=WEB + '{"commit":"1"}\n')
    assert (done.returncode, done.stderr) == (0, "")


def test_bad_line_after_a_commit_changes_nothing(servers):
    """`apply` is all or nothing, whatever commits the file has."""
    store = servers.store(NET)
    before = store.tell("export")
    done = store.run("apply", "-", stdin=WEB + '{"commit":"1"}\n{bad}\n')
    assert done.returncode == 1
    assert store.tell("export") == before


def test_unfinished_snapshot_changes_nothing(servers):
    store = servers.store(NET + WEB)
    before = store.tell("export")
    done = store.run("apply", "-", stdin='{"snapshot":"begin"}\n' + NET)
    assert done.returncode == 1
    assert store.tell("export") == before


@pytest.mark.parametrize("facts", [
    NET, NET + WEB, sample(),
    sample() + '{"put":"network","id":"v4","prefixes":["10.0.0.0/8"],'
    '"resolvers":["10.0.0.3"],"ttl":60}\n'
    '{"put":"app","network":"v4","name":"a","domain":"a.b.c"}\n',
], ids=["network", "instance", "sample", "more"])
def test_export_apply_round_trip(servers, facts):
    first = servers.store(facts)
    exported = first.tell("export")
    second = servers.store(exported)
    assert second.tell("export") == exported
    # And onto itself: nothing changes.
    first.apply(exported)
    assert first.tell("export") == exported
    assert first.tell("check") == second.tell("check")


def test_export_is_complete(servers):
    """The copy answers as the original does."""
    copy = servers.store(servers.store(sample()).tell("export"))
    servers.serve(copy)
    assert values(ask("paulgra-ham.internal")) == [ACME]
    assert values(ask("lion.shop.production.apn", "A")) == ["172.16.10.45"]
    assert values(ask("flyer.flycast")) == ["fdaa:0:18:0:1::3"]
    assert values(ask("my-peer._peer.internal")) != []


def test_snapshot_replaces_everything(servers):
    store = servers.store(sample())
    store.apply('{"snapshot":"begin","allow_delete":true}\n' + NET +
                '{"snapshot":"end","commit":"s2"}\n')
    assert "paulgra-ham" not in store.tell("export")
    assert '"n"' in store.tell("export")


def test_snapshot_of_one_network(servers):
    store = servers.store(sample())
    store.apply('{"snapshot":"begin","network":"acme","allow_delete":true}\n'
                '{"put":"network","id":"acme","prefixes":["fdaa:0:18::/48"]}\n'
                '{"put":"app","network":"acme","name":"new"}\n'
                '{"snapshot":"end","commit":"s2"}\n')
    exported = store.tell("export")
    assert "paulgra-ham" not in exported and '"new"' in exported
    assert "balancer" in exported  # globex is as it was
    assert '"nrt"' in exported     # and so are the regions


def test_putting_again_and_deleting_nothing_are_no_errors(servers):
    store = servers.store(NET + WEB)
    before = store.tell("export")
    store.apply(NET + WEB + '{"delete":"app","network":"n","name":"no"}\n'
                '{"delete":"peer","network":"n","name":"no"}\n'
                '{"delete":"network","id":"no"}\n')
    assert store.tell("export") == before


def test_deleting_an_app_deletes_its_instances(servers):
    store = servers.store(NET + WEB)
    store.apply('{"delete":"app","network":"n","name":"web"}\n')
    assert "web" not in store.tell("export")


@pytest.mark.parametrize("kind,expected", [
    ("networks", ["acme", "globex"]),
    ("apps", ["paulgra-ham", "random-potato-45", "balancer"]),
    ("instances", ["f066b83b", "3d8d9250", "77aa0001"]),
    ("peers", ["my-peer"]),
    ("regions", ["ams", "yyz"]),
])
def test_list(servers, kind, expected):
    store = servers.store(sample())
    listed = store.tell("list", kind)
    for word in expected:
        assert word in listed
    if kind in ("apps", "instances", "peers"):
        of_globex = store.tell("list", kind, "-n", "globex")
        assert "paulgra-ham" not in of_globex and "my-peer" not in of_globex


def test_list_of_everything(servers):
    listed = servers.store(sample()).tell("list")
    for word in "acme", "globex", "paulgra-ham", "f066b83b", "my-peer":
        assert word in listed


KEY = "6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY="
CLAIMS = """\
{"put":"network","id":"acme","prefixes":["fdaa:0:18::/48"]}
{"put":"network","id":"beta","prefixes":["fdaa:0:19::/48"]}
{"put":"app","network":"acme","name":"api","domain":"web","flycast":\
["fdaa:0:18::4"]}
{"put":"instance","network":"acme","app":"web","id":"i1","region":"iad",\
"addresses":["fdaa:0:18::3"],"name":"db","group":"w","metadata":{"k":"v"}}
{"put":"instance","network":"acme","app":"api","id":"i2","region":"iad",\
"addresses":["fdaa:0:18::4"],"name":"db","public_key":"%(key)s"}
{"put":"peer","network":"beta","name":"p","addresses":["fdaa:0:19::4"],\
"public_key":"%(key)s"}
{"put":"app","network":"beta","name":"web"}
{"put":"export","network":"acme","app":"web","to":"beta"}
""" % {"key": KEY}
CONFLICTS = """\
address fdaa:0:18::3 of network acme: instance acme/web/i1, network acme
address fdaa:0:18::4 of network acme: app acme/api, instance acme/api/i2
domain web of network acme: app acme/api, app acme/web
key %s: instance acme/api/i2, peer beta/p
name web of network beta: app beta/web, export acme/web/beta
server db of network acme: instance acme/api/i2, instance acme/web/i1
""" % KEY


def test_list_conflicts(servers):
    store = servers.store(CLAIMS)
    assert store.tell("list", "conflicts") == CONFLICTS
    of_beta = [json.loads(line) for line in store.tell(
        "list", "--json", "conflicts", "-n", "beta").splitlines()]
    assert [c["conflict"] for c in of_beta] == ["key", "name"]
    assert of_beta[1]["facts"] == ["app beta/web", "export acme/web/beta"]
    assert servers.store(sample()).tell("list", "conflicts") == (
        "server lion of network acme: instance acme/blog/b1, instance "
        "acme/shop/s1\n")


def test_list_of_names(servers):
    """Each instance with the names that answer with it."""
    lines = servers.store(CLAIMS).tell("list", "instances").splitlines()
    assert lines[1].endswith(
        "  names i1.vm.web.internal iad.web.internal w.process.web.internal "
        "v.k.kv._metadata.web.internal db.apn db.web.apn")
    # Metadata in either case; no form that a word of the fact takes away.
    web = WEB.replace('"region":"iad"', '"region":"vms","group":"_tcp",'
                      '"metadata":{"version":"1.2","Role":"Primary"}')
    assert servers.store(NET + web).tell("list", "instances").endswith(
        "  names i.vm.web.internal primary.role.kv._metadata.web.internal\n")


def test_explain_says_where_nobody_knows_who_is(servers):
    said = servers.store(NET + WEB).tell(
        "explain", "-n", "n", "top1.nearest.of.web.internal")
    assert ("measured from nowhere: nobody knows where asker and server are\n"
            in said)


def test_list_for_programs(servers):
    """Each line is a fact as the feed has it."""
    store = servers.store(sample())
    facts = [json.loads(line)
             for line in store.tell("list", "--json", "apps").splitlines()]
    assert {(fact["put"], fact["network"], fact["name"]) for fact in facts} \
        >= {("app", "acme", "flyer"), ("app", "globex", "balancer")}
    whole = store.tell("list", "--json")
    assert servers.store(whole).tell("list", "--json") == whole


def test_check_of_a_good_store(servers):
    assert servers.store(sample()).run("check").returncode == 0


def test_check_of_a_damaged_store(servers):
    """Damage is reported, and never a crash."""
    store = servers.store(sample())
    data = os.path.join(store.path, "data.mdb")
    with open(data, "r+b") as f:
        octets = f.read()
        at = octets.rindex(b"f066b83b")
        f.seek(at)
        f.write(b"\xff" * 8)
    done = store.run("check")
    assert done.returncode == 1
    assert done.stderr + done.stdout


@pytest.mark.parametrize("command", ["export", "list", "check"])
def test_absent_store(servers, command):
    store = servers.store()
    done = store.run(command)
    assert done.returncode == 1
    assert store.path in done.stderr
    assert not os.path.exists(store.path)


def test_missing_feed(servers):
    done = servers.store().run("apply", "/no/such/feed")
    assert done.returncode == 1
    assert "/no/such/feed" in done.stderr


@pytest.mark.parametrize("arguments", [
    [], ["-s"], ["-s", "/tmp/x"], ["-s", "/tmp/x", "answer"],
    ["-s", "/tmp/x", "apply"], ["-s", "/tmp/x", "list", "cats"],
    ["-s", "/tmp/x", "explain"], ["-s", "/tmp/x", "explain", "a.internal"],
])
def test_usage(arguments):
    done = subprocess.run([DNSCTL, *arguments], text=True, input="",
                          capture_output=True, timeout=30, check=False)
    assert done.returncode not in (0, None)
    assert done.stderr


@pytest.mark.parametrize("arguments,said", [
    (["lst"], "no such command: lst; did you mean list?"),
    (["zzzzzz"], "dnsctl help says what there is"),
    ([], "a command is missing"),
    (["help", "aply"], "did you mean apply?"),
    (["--netwrok", "acme", "list"], "did you mean --network?"),
    (["-n"], "-n needs NETWORK"),
    (["list", "--network"], "--network needs NETWORK"),
    (["list", "instence"], "did you mean instances?"),
    (["list", "cats"], "must be networks"),
    (["list", "--timeout", "1"], "list has no option --timeout"),
])
def test_what_was_meant(arguments, said):
    done = subprocess.run([DNSCTL, *arguments], text=True, input="",
                          capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("arguments,said,unsaid", [
    (["--help"], "apply FILE|-", "no such"),
    (["help"], "apply FILE|-", "no such"),
    (["help", "wait"], "--timeout SECONDS", "--network"),
])
def test_help(arguments, said, unsaid):
    done = subprocess.run([DNSCTL, *arguments], text=True, input="",
                          capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout and unsaid not in done.stdout


# --- what changes, and what has changed

CHANGES = [
    {"put": "region", "id": "xx", "latitude": 1, "longitude": 2},
    {"put": "app", "network": "acme", "name": "flyer", "domain": "x"},
    {"delete": "peer", "network": "acme", "name": "my-peer"},
]
SUMMARY = "put 1 region; changed 1 app; deleted 1 peer\n"
SHOWN = ["+ region xx", "~ app acme/flyer", "- peer acme/my-peer"]


@pytest.mark.parametrize("arguments,shown,summary,done", [
    (["apply", "-"], [], SUMMARY, True),
    (["apply", "-v", "-"], SHOWN, SUMMARY, True),
    (["apply", "--dry-run", "-"], [], SUMMARY, False),
    (["apply", "--dry-run", "--verbose", "-"], SHOWN, SUMMARY, False),
    (["diff", "-"], SHOWN, "", False),
])
def test_what_changes(servers, arguments, shown, summary, done):
    store = servers.store(sample())
    before = store.tell("list", "--json")
    said = store.tell(*arguments, stdin=lines(CHANGES))
    assert said.endswith(summary)
    rest = said[:len(said) - len(summary)].splitlines()
    assert [line.split("  ")[0] for line in rest] == shown
    assert (store.tell("list", "--json") != before) == done
    assert store.tell("check") == "ok\n"


def test_nothing_changes(servers):
    store = servers.store(sample())
    assert store.tell("apply", "-", stdin=sample()) == "nothing changed\n"
    assert store.tell("diff", "-", stdin=sample()) == ""


def test_diff_names_mistakes(servers):
    done = servers.store(sample()).run("diff", "-", stdin="{put")
    assert done.returncode == 1 and "-:1: " in done.stderr


def test_history(servers):
    store = servers.store(sample())
    store.apply(CHANGES)
    newest, first = [json.loads(line) for line in
                     store.tell("history", "--json").splitlines()]
    assert (newest["commit"], first["commit"]) == (2, 1)
    assert newest["put"] == {"region": 1}
    assert newest["changed"] == {"app": 1}
    assert newest["deleted"] == {"peer": 1}
    assert first["cursor"] == "sample-1" and first["put"]["network"] == 2
    assert store.tell("history").splitlines()[0].endswith(SUMMARY.strip())


class Terminal:
    """dnsctl where standard error, and OUT too if not given, is a terminal."""

    def __init__(self, store, arguments, out=None, columns=80, **environment):
        self.ours, theirs = os.openpty()
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 25, columns, 0, 0))
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            [DNSCTL, "-s", store.path, *arguments], stdin=subprocess.PIPE,
            stdout=theirs if out is None else out, stderr=theirs, text=True,
            env=dict(os.environ, **environment))
        os.close(theirs)
        self.said = b""

    def feed(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()
        while select.select([self.ours], [], [], 0.05)[0]:
            self.said += os.read(self.ours, 4096)

    def end(self):
        """All that was written there."""
        self.process.stdin.close()
        with contextlib.suppress(OSError):  # EIO: it has ended
            while True:
                self.said += os.read(self.ours, 4096)
        os.close(self.ours)
        self.process.wait(PATIENCE)
        return self.said.decode()


@pytest.mark.parametrize("environment,coloured", [
    ({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False),
])
def test_colours(servers, environment, coloured):
    shown = Terminal(servers.store(sample()), ["diff", "-"], **environment)
    shown.feed(lines(CHANGES))
    said = shown.end()
    assert ("\033[32m+ region xx" in said) == coloured
    assert "+ region xx" in said


# --- on a terminal

def test_progress(servers):
    """On a terminal, of what takes long; gone when it is done."""
    line = '{"put":"region","id":"xx","latitude":1,"longitude":2}\n'
    shown = Terminal(servers.store(), ["apply", "-"])
    while b" lines, " not in shown.said:
        shown.feed(line * 3000)
    said = shown.end()
    assert re.search(r"\r\d+ lines, \d+ a second", said)
    assert said.endswith("\r\033[Kput 1 region\r\n")


def instances(count, share):
    """As many, SHARE of them at each address, which check has a line about."""
    return NET + "".join(
        WEB.replace('"i"', f'"{"i" * 50}{i}"')
        .replace("18::1", f"18::{i // share:x}") for i in range(count))


@pytest.mark.parametrize("command,counts,share", [
    ("export", "facts", 1), ("check", "keys", 2),
])
def test_progress_of_who_is_held_up(servers, command, counts, share):
    """Its reader takes no more for as long as it takes to say something."""
    store = servers.store(instances(3000, share))
    shown = Terminal(store, [command], out=subprocess.PIPE)
    first = os.read(shown.process.stdout.fileno(), 1).decode()
    time.sleep(1.1)
    rest = shown.process.stdout.read()
    said = shown.end()
    assert re.search(rf"\r\d+ {counts}, \d+ a second, \d+ s left", said)
    assert said.endswith("\r\033[K") and shown.process.returncode == 0
    assert first + rest == store.tell(command)


def test_columns(servers):
    """A line is no wider than the terminal, whatever is cut for that."""
    store = servers.store(sample())
    for columns in 900, 100:
        shown = Terminal(store, ["list", "instances", "-n", "acme"],
                         columns=columns, NO_COLOR="1").end().splitlines()
        heads = shown[0].split()
        assert heads == ["app", "id", "region", "addresses", "name", "group",
                         "state", "metadata", "names"]
        assert len(shown) == 11
        assert max(map(len, shown)) <= columns
        whole = any("fdaa:0:18:a7b:181:5918:5664:2" in line for line in shown)
        assert whole == (columns == 900)
        assert any(".." in line for line in shown) == (columns < 900)
        at = shown[0].index("region")
        assert {line[at - 1] + line[at:at + 3] for line in shown[1:]} >= \
            {" iad", " lhr", " fra"}


def test_columns_of_all_kinds(servers):
    said = Terminal(servers.store(sample()), ["list"]).end()
    assert "networks\r\n\033[1mid " in said and "peers\r\n" in said
    assert "gateways" not in said


@pytest.mark.parametrize("command", [["list"], ["list", "--json"]])
def test_a_pipe_gets_everything(servers, command):
    store = servers.store(sample())
    said = store.tell(*command)
    assert "\033" not in said and ".." not in said
    assert "datasette-apache-proxy-demo" in said


# --- for programs

def test_status_for_programs(servers):
    store = servers.store(sample())
    said = json.loads(store.tell("status", "--json"))
    assert said["facts"]["network"] == 2 and said["facts"]["gateway"] == 0
    assert (said["commits"], said["cursor"], said["source"]) == \
        (1, "sample-1", "")
    assert 0 <= time.time() * 1000 - said["committed_ms"] < PATIENCE * 4000


def test_check_for_programs(servers):
    store = servers.store(NET + WEB + WEB.replace('"i"', '"j"'))
    found, last = [json.loads(line) for line in
                   store.tell("check", "--json").splitlines()]
    assert found["finding"] == "conflict" and "web/j" in found["text"]
    assert last == {"good": True}


# --- explain

def explain(servers, *arguments):
    return servers.store(sample()).tell("explain", *arguments)


def test_explain_answer(servers):
    said = explain(servers, "--from", ACME, "paulgra-ham.internal", "AAAA")
    for word in "acme", ACME, "NOERROR":
        assert word in said


def test_explain_says_what_is_left_out_and_why(servers):
    said = explain(servers, "-n", "acme", "random-potato-45.internal", "AAAA")
    assert "148ed725" in said and "stopped" in said
    said = explain(servers, "-n", "acme", "iad.random-potato-45.internal",
                   "AAAA")
    assert "91851e6e" in said and "region" in said
    said = explain(servers, "-n", "acme", "visitor._peer.internal", "AAAA")
    assert "visitor" in said and "expired" in said and "NXDOMAIN" in said


def test_explain_whose_question(servers):
    said = explain(servers, "--from", "fdaa:0:99::1", "x.internal")
    assert "REFUSED" in said
    said = explain(servers, "--from", "172.16.10.46", "lion.apn", "A")
    assert "acme" in said and "172.16.10.45" in said
    assert "172.16.10.61" not in said or "left out" in said


def test_explain_for_programs(servers):
    said = json.loads(explain(servers, "--json", "--from", ACME, "top1.nearest"
                              ".of.random-potato-45.internal"))
    steps = [text for word, text in said["steps"] if word == "note"]
    assert any(text.startswith("measured from ") for text in steps)
    assert any(text.startswith("region iad: ") and text.endswith(" ms")
               for text in steps)
    assert ["outcome", "answered:"] in said["steps"]
    assert "AAAA" in said["reply"]


LEASE = """\
{"put":"network","id":"acme","prefixes":["fdaa:0:18::/48"]}
{"put":"network","id":"beta","prefixes":["fdaa:0:19::/48"],"role":"admin"}
{"put":"instance","network":"acme","app":"web","id":"i1","region":"iad",\
"addresses":["fdaa:0:18::1"],"health":"critical"}
{"put":"export","network":"acme","app":"web","to":"beta","as":"site",\
"instances":true,"flycast":["fdaa:0:19::f"]}
{"put":"peer","network":"acme","name":"old","addresses":\
["fdaa:0:18::102/120"],"expires":"2020-01-01T00:00:00Z"}
{"put":"peer","network":"acme","name":"some","addresses":\
["fdaa:0:18::202/120"],"apps":["blog"]}
{"put":"peer","network":"beta","name":"low","addresses":["fdaa:0:19::1"]}
"""


@pytest.mark.parametrize("asker,name,said", [
    ("fdaa:0:18::1ab", "web.internal", "none: the peer has expired"),
    ("fdaa:0:19::1", "web.internal",
     "none: the peer's role is less than the network asks"),
    ("fdaa:0:18::2ab", "web.internal",
     "app web: left out: the asker does not see its app"),
    ("fdaa:0:18::9", "web.internal",
     "instance web/i1: taken: nothing else is healthy"),
    ("fdaa:0:19::9", "i1.vm.site.internal",
     "site is web of network acme, by an export"),
    ("fdaa:0:19::9", "site.flycast",
     "site is web of network acme, by an export"),
])
def test_explain_who_asks(servers, asker, name, said):
    assert said in servers.store(LEASE).tell("explain", "--from", asker, name)


def test_explain_other_names(servers):
    said = explain(servers, "-n", "acme", "example.com", "A")
    assert "forward" in said


def test_explain_of_an_unknown_network(servers):
    said = explain(servers, "-n", "nobody", "x.internal")
    assert "not in the store" in said and "REFUSED" in said


CONF = """
store: /nowhere
region: fra
listen:
  - address: "[fdaa::3]:53"
  - address: "0.0.0.0:53"
  - address: "127.0.0.1:5300"
    network: globex
forward:
  upstreams: ["udp://203.0.113.1"]
  allow: ["192.0.2.0/24"]
  zones:
    - suffix: corp.example
      upstreams: ["tls://203.0.113.2#dns.example"]
    - suffix: corp.example
      network: acme
      upstreams: ["tcp://203.0.113.3"]
    - suffix: bad.example
      action: nxdomain
"""


@pytest.mark.parametrize("arguments,said", [
    # Whose question it is, by the address that is asked and the listener.
    (["--from", ACME, "--to", "fdaa::3", "flyer.internal"],
     "network   acme: its prefix holds the source"),
    (["--from", "192.0.2.9", "--to", "127.0.0.1", "flyer.internal"],
     "network   globex: the listener is bound to it"),
    (["--from", "192.0.2.9", "--to", "192.0.2.1", "flyer.internal"],
     "network   none: source is in no network; forward.allow holds it"),
    # Where other names go.
    (["--from", "192.0.2.9", "example.org"],
     "outcome   forwarded to udp://203.0.113.1\n"),
    (["--from", "192.0.2.9", "a.corp.example"],
     "outcome   forwarded to tls://203.0.113.2\n"),
    (["--from", ACME, "a.corp.example"],
     "outcome   forwarded to tcp://203.0.113.3\n"),
    (["--from", ACME, "bad.example"],
     "zone      bad.example, line 18 of "),
    (["--from", ACME, "bad.example"],
     "outcome   NXDOMAIN, as the zone says\n"),
    # Where the node stands is in the configuration.
    (["-n", "acme", "top1.nearest.of.random-potato-45.internal"],
     "e286065f: taken"),
])
def test_explain_of_this_server(servers, tmp_path, arguments, said):
    conf = tmp_path / "dnsd.conf"
    conf.write_text(CONF)
    arguments = ["-c", str(conf)] + arguments
    assert said in explain(servers, *arguments)


@pytest.mark.parametrize("arguments,said", [
    (["--to", "fdaa::4"], "fdaa::4: the server listens on no such address"),
    (["--to", "somewhere"], "must be an IPv6 or IPv4 address"),
])
def test_explain_of_no_address_of_this_server(
        servers, tmp_path, arguments, said):
    conf = tmp_path / "dnsd.conf"
    conf.write_text(CONF)
    done = servers.store(sample()).run(
        "explain", "-c", str(conf), "--from", ACME, *arguments, "a.internal")
    assert done.returncode == 2 and said in done.stderr


@pytest.mark.parametrize("name,said", [
    ("flier.internal", "there is no app flier; flyer is near"),
    ("zzzzzzz.internal", "there is no app zzzzzzz\n"),
    ("vms.flier.internal", "there is no app flier; flyer is near"),
    ("idd.random-potato-45.internal", "there is no region idd; iad is near"),
    ("3d8d9251.vm.random-potato-45.internal",
     "there is no instance 3d8d9251; 3d8d9250 is near"),
    ("wbe.process.random-potato-45.internal",
     "there is no process group wbe; web is near"),
    ("x.rol.kv._metadata.random-potato-45.internal",
     "there is no metadata rol; role is near"),
    ("my-pear._peer.internal", "there is no peer my-pear; my-peer is near"),
    ("lyon.apn", "there is no server lyon; lion is near"),
])
def test_explain_says_which_label_is_missing(servers, name, said):
    assert "missing   " + said in explain(servers, "-n", "acme", name)


@pytest.mark.parametrize("name,said", [
    ("gone.internal", "there is no app flier; flyer is near"),
    ("vms.gone.internal", "there is no app flier; flyer is near"),
    ("3d8d9251.vm.potato.internal",
     "there is no instance 3d8d9251; 3d8d9250 is near"),
])
def test_explain_says_what_an_alias_misses(servers, name, said):
    store = servers.store(sample() + lines([
        {"put": "alias", "network": "acme", "name": alias, "app": app}
        for alias, app in (("gone", "flier"), ("potato", "random-potato-45"))]))
    assert "missing   " + said in store.tell("explain", "-n", "acme", name)


# --- a full disk

def test_full_disk(servers, tmp_path):
    """A clear error, the store as it was, and the server goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", disk],
                   check=True)
    filler = disk / "filler"
    filler.write_bytes(bytes(39 << 20))
    store = servers.store()
    store.path = str(disk / "store")
    store.apply(sample())
    servers.serve(store)
    before = store.tell("export")
    many = lines({"put": "instance", "network": "acme", "app": "big",
                  "id": f"i{i}", "region": "iad",
                  "addresses": [f"fdaa:0:18:9::{i:x}"]}
                 for i in range(20000))
    done = store.run("apply", "-", stdin=many)
    assert done.returncode == 1
    assert "space" in done.stderr and store.path in done.stderr
    assert store.tell("export") == before
    assert values(ask("paulgra-ham.internal")) == [ACME]
    assert store.run("check").returncode == 0
    # Where the disk is not full, the same feed is stored: the map grows.
    filler.unlink()
    store.apply(many)
    assert len(values(ask("big.internal", tcp=True))) > 2000
    assert values(ask("i19999.vm.big.internal")) == ["fdaa:0:18:9::4e1f"]


def test_a_look_makes_no_store(servers):
    store = servers.store()
    for look in ["diff"], ["apply", "--dry-run"]:
        done = store.run(*look, "-", stdin=NET)
        assert done.returncode == 0, done.stderr
        assert "network" in done.stdout
        assert not os.path.exists(store.path) or not os.listdir(store.path)


@pytest.mark.parametrize("arguments,words", [
    (["apply", "/tmp"], ["/tmp", "directory"]),
    (["list", "-n", "nn"], ["network nn", "did you mean n?"]),
    (["follow", "etcd://me:secret@h"], ["--user", "--password-file"]),
    (["follow", "--user", "me", "etcd://h"], ["--user me", "--insecure"]),
])
def test_what_is_wrong_is_said(servers, arguments, words):
    done = servers.store(NET).run(*arguments)
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr
    assert "secret" not in done.stderr
    assert "store" not in done.stderr or arguments[0] != "apply"


def test_folder_that_may_not_be_entered(servers):
    """It is not told as if no store were there."""
    store = servers.store(NET)
    os.chmod(os.path.dirname(store.path), 0o700)
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--clear-groups", DNSCTL, "-s",
         store.path, "status"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
