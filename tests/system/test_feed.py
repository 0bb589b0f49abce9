"""dnsctl follow -, and what a store is after its writer died."""

import contextlib
import json
import os
import random
import re
import subprocess
import time

from ask import ACME, ask, rcode, values
from programs import DNSCTL, UNBOXED, lines, sample, until

NET = {"put": "network", "id": "n", "prefixes": ["fdaa:0:18::/48"]}
READERS = 100
DEATHS = 1000


def app(name, **fields):
    return {"put": "app", "network": "n", "name": name, **fields}


def commit(cursor):
    return {"commit": str(cursor)}


class Follower:
    """`dnsctl follow -`, line by line."""

    def __init__(self, store):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            [DNSCTL, "-s", store.path, "follow", "-", *UNBOXED], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.standing = self.read()["standing"]

    def read(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def tell(self, *facts):
        self.process.stdin.write(lines(facts))
        self.process.stdin.flush()

    def committed(self):
        return self.read()["committed"]

    def finish(self):
        """Ends the input; returns what was not read yet, and the mistakes."""
        out, mistakes = self.process.communicate()
        assert self.process.returncode == 0, mistakes
        return [json.loads(line)["committed"] for line in
                out.splitlines()], mistakes

    def close(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@contextlib.contextmanager
def following(store):
    follower = Follower(store)
    try:
        yield follower
    finally:
        follower.close()


def facts(store):
    return [json.loads(line) for line in
            store.tell("export").splitlines()]


def apps(store):
    """Name and domain of every app."""
    return {fact["name"]: fact.get("domain", fact["name"])
            for fact in facts(store) if fact.get("put") == "app"}


def status(store, what):
    return re.search(rf"^{what}: (.*)$", store.tell("status"),
                     re.MULTILINE)[1]


def test_says_where_it_stands_then_what_is_durable(servers):
    store = servers.store()
    with following(store) as f:
        assert f.standing == ""
        f.tell(NET, app("a"), commit("one"))
        assert f.committed() == "one"
        f.process.kill()  # what was said is on the disk
        f.process.wait()
    assert apps(store) == {"a": "a"}
    with following(store) as f:
        assert f.standing == "one"
    assert status(store, "cursor") == "one"
    assert status(store, "source") == "-"


def test_is_visible_when_it_is_said(servers):
    store = servers.store(sample())
    servers.serve(store)
    with following(store) as f:
        for i in range(50):
            address = f"fdaa:0:18::{i + 1:x}"
            f.tell({"put": "peer", "network": "acme", "name": "p",
                    "addresses": [address]}, commit(i))
            assert f.committed() == str(i)
            assert values(ask("p._peer.internal")) == [address]


def test_bad_facts_are_told_and_left_out(servers):
    store = servers.store()
    with following(store) as f:
        f.tell(NET, app("a"), app("_b"),
               {"put": "app", "network": "no", "name": "c"},
               app("d", flycast=["fd00::1"]), commit(1), app("e"), commit(2))
        done, mistakes = f.finish()
    assert done == ["1", "2"]
    assert apps(store) == {"a": "a", "e": "e"}
    told = mistakes.splitlines()
    assert len(told) == 3
    for line, words in zip(told, [
            ["-:3:", "app n/_b", "name", "must not begin with _", '"_b"'],
            ["-:4:", "app no/c", "network", "must be put before", '"no"'],
            ["-:5:", "app n/d", "flycast", "must lie inside", '"fd00::1"']]):
        for word in words:
            assert word in line


def test_bad_lines_are_told_and_left_out(servers):
    store = servers.store()
    with following(store) as f:
        f.tell(NET)
        f.process.stdin.write(
            "\n\r\n  \n"
            + json.dumps(app("crlf")) + "\r\n"
            + "no json\n"
            + '{"put":"app"\0}\n'
            + json.dumps(app("x" * (1024 * 1024))) + "\n"
            + json.dumps(app("last")) + "\n" + '{"commit":"1"}')
        done, mistakes = f.finish()
    assert done == ["1"]  # without a final newline
    assert apps(store) == {"crlf": "crlf", "last": "last"}
    assert [line.split(" ")[0] for line in mistakes.splitlines()] == [
        "-:6:", "-:7:", "-:8:"]
    assert "must have at most 1048576 octets" in mistakes


def test_byte_order_mark(servers):
    """At the start it is an editor's, and nothing; elsewhere a mistake."""
    store = servers.store()
    mark = "\ufeff"
    store.apply(mark + lines([NET, app("one")]))
    done = store.run("apply", "-", stdin=lines([app("two")]) + mark +
                     lines([app("three")]))
    assert done.returncode == 1
    assert "one" in store.tell("list", "apps")
    assert "two" not in store.tell("list", "apps")


def test_tail_without_commit_is_dropped(servers):
    store = servers.store()
    with following(store) as f:
        f.tell(NET, app("a"), commit(1), app("b"))
        done, _ = f.finish()
    assert done == ["1"]
    assert apps(store) == {"a": "a"}


def test_large_tail_without_commit_is_dropped(servers):
    """So large that it was written as it came."""
    store = servers.store()
    with following(store) as f:
        f.tell(NET, app("a"), commit(1), *[app(f"b{i}") for i in range(3000)])
        done, _ = f.finish()
    assert done == ["1"]
    assert apps(store) == {"a": "a"}


def test_many_waiting_commits_are_stored_together(servers):
    """In their order, each acknowledged, but not each with a disk's wait."""
    store = servers.store([NET])
    many = [line for i in range(5000)
            for line in (app(f"a{i % 100}", domain=f"d{i}"), commit(i))]
    with following(store) as f:
        out, mistakes = f.process.communicate(lines(many))
    assert not mistakes
    assert [json.loads(line)["committed"] for line in out.splitlines()] == [
        str(i) for i in range(5000)]
    assert apps(store) == {f"a{i}": f"d{4900 + i}" for i in range(100)}
    assert int(status(store, "commits")) < 5000


def test_snapshot_while_following(servers):
    store = servers.store(sample())
    with following(store) as f:
        f.tell({"snapshot": "begin", "allow_delete": True}, NET,
               *[app(f"a{i}") for i in range(3000)], commit("no"),
               {"snapshot": "end", "commit": "s"}, app("b"), commit("t"))
        done, mistakes = f.finish()
    assert done == ["s", "t"]
    assert "commit: must come with the end of the snapshot" in mistakes
    assert apps(store).keys() == {"b", *[f"a{i}" for i in range(3000)]}
    assert [x["id"] for x in facts(store) if x.get("put") == "network"] == [
        "n"]


def test_sigterm_ends_cleanly(servers):
    store = servers.store()
    with following(store) as f:
        f.tell(NET, app("a"), commit(1), app("b"))
        assert f.committed() == "1"
        f.process.terminate()
        assert f.process.wait() == 0
    assert apps(store) == {"a": "a"}


def test_no_lock_while_the_source_is_slow(servers):
    """Half a transaction waits outside; others write meanwhile."""
    store = servers.store([NET])
    with following(store) as f:
        f.tell(app("a"), commit(1), app("b"))
        assert f.committed() == "1"
        store.apply([app("c")])
        f.tell(commit(2))
        assert f.committed() == "2"
    assert apps(store).keys() == {"a", "b", "c"}


def test_two_writers_wait_for_each_other(servers):
    store = servers.store([NET])
    with following(store) as f, following(store) as g:
        for i in range(200):
            f.tell(app(f"f{i}"), commit(f"f{i}"))
            g.tell(app(f"g{i}"), commit(f"g{i}"))
        for i in range(200):
            assert f.committed() == f"f{i}"
            assert g.committed() == f"g{i}"
    assert apps(store).keys() == {
        f"{who}{i}" for who in "fg" for i in range(200)}
    assert "ok" in store.tell("check")


def test_wait(servers):
    store = servers.store()
    with following(store) as f:
        # pylint: disable-next=consider-using-with
        waits = subprocess.Popen([DNSCTL, "-s", store.path, "wait", "k/10"])
        f.tell(NET, commit("k/9"))
        assert f.committed() == "k/9"
        assert waits.poll() is None
        f.tell(commit("k/11"))  # it may have missed the tenth
        assert waits.wait() == 0
    assert store.run("wait", "--timeout", "0", "k/11").returncode == 0
    for beyond in "k/12", "j/9", "11":
        done = store.run("wait", "--timeout", "0", beyond)
        assert done.returncode == 1
        assert f"does not stand at {beyond} yet" in done.stderr


def pair(k):
    """Two facts that always change together."""
    return [app("left", domain=f"v{k}"), app("right", domain=f"v{k}"),
            commit(k)]


def die_somewhere(store, k):
    """Commits from K on until killed; returns what was acknowledged last."""
    writer = Follower(store)
    assert writer.standing == str(k)
    for i in range(random.randrange(40)):
        writer.tell(*pair(k + 1 + i))
    time.sleep(random.random() * 0.002)
    writer.process.kill()
    whole = [line for line in writer.process.stdout.read().splitlines()
             if line.endswith("}")]
    writer.close()
    return int(json.loads(whole[-1])["committed"]) if whole else k


def test_writer_killed_a_thousand_times(servers):
    """Whatever was acknowledged is there, and no transaction is half."""
    random.seed(4)
    store = servers.store([NET, *pair(0)])
    stands, ends = 0, set()
    for death in range(DEATHS):
        acknowledged = die_somewhere(store, stands)
        found = facts(store)
        domains = [x["domain"] for x in found if x.get("put") == "app"]
        standing = int(found[-1]["commit"])
        assert domains == [f"v{standing}"] * 2
        assert acknowledged <= standing <= stands + 40
        ends.add(standing - stands)
        stands = standing
        if death % 100 == 0:
            assert "ok" in store.tell("check")
    assert "ok" in store.tell("check")
    assert len(ends) > 9, "it was killed at the same point again and again"


def test_a_hundred_readers(servers):
    """Each sees commits; the slots of those that were killed are free."""
    store = servers.store([NET, *pair(0)])
    waits = [subprocess.Popen([DNSCTL, "-s", store.path, "wait", cursor])
             for cursor in ["1"] * READERS + ["never"] * READERS]
    until(lambda: int(status(store, "readers").split()[0]) > 2 * READERS,
          "all of them read")
    store.apply(pair(1))
    for reader in waits[:READERS]:
        assert reader.wait() == 0
    for reader in waits[READERS:]:
        reader.kill()
        reader.wait()
    store.apply(pair(2))
    assert int(status(store, "readers").split()[0]) == 1
    # Pages that only the dead could still read are used again.
    before = os.stat(os.path.join(store.path, "data.mdb")).st_size
    for i in range(3, 103):
        store.apply(pair(i))
    assert os.stat(os.path.join(store.path, "data.mdb")).st_size <= \
        before + 65536


def test_clock_jumps_for_expires(servers, tmp_path, monkeypatch):
    """A peer goes at its second by the clock, whichever way that is set."""
    clock = tmp_path / "clock"
    clock.write_text("@2030-06-01 11:59:50 i0\n")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(clock))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    store = servers.store(sample())
    store.apply([{"put": "peer", "network": "acme", "name": "guest",
                  "addresses": [ACME[:-1] + "9"],
                  "expires": "2030-06-01T12:00:00Z"}])
    monkeypatch.setenv(
        "LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
    servers.serve(store)
    monkeypatch.delenv("LD_PRELOAD")
    for now, ttl in [("2030-06-01 11:59:50", 5), ("2030-06-01 11:59:57", 2),
                     ("2030-06-01 11:59:59", 0), ("2030-06-01 12:00:00", None),
                     ("2038-01-19 03:14:08", None),
                     ("2020-06-01 12:00:00", 5), ("2030-06-01 12:00:01", None),
                     ("2030-05-31 23:59:59", 5)]:
        clock.write_text(f"@{now} i0\n")
        reply = ask("guest._peer.internal")
        if ttl is None:
            assert rcode(reply) == "NXDOMAIN", now
        else:
            assert reply.answer[0].ttl == ttl, now
        assert ("guest" in values(ask("_peer.internal", "TXT"))[0]) == \
            (ttl is not None), now
