"""dnsctl follow etcd://..., against real clusters that lose members."""

import json
import os
import re
import signal
import subprocess
import time

import dns.reversename
import pytest

from ask import ACME, GLOBEX, PATIENCE, ask, rcode, values
from etcd import Asker, Changes, Cluster, Node, b64, client_context, delete, \
    key_of, put, same, value_of
from programs import BUILD, UNBOXED, until

NET = {"put": "network", "id": "acme", "prefixes": ["fdaa:0:18::/48"]}
REGIONS = [{"put": "region", "id": "iad", "latitude": 38.95,
            "longitude": -77.46},
           {"put": "region", "id": "lhr", "latitude": 51.47,
            "longitude": -0.45}]
# Where two servers listen, one for each node.
DOORS = [{"server": "fdaa::3", "port": 5301},
         {"server": "fdaa::3", "port": 5302}]


def instance(app, number, region="iad", **fields):
    return {"put": "instance", "network": "acme", "app": app,
            "id": f"i{number}", "region": region,
            "addresses": [f"fdaa:0:18::{number + 1:x}"], **fields}


STEADY = instance("steady", 0xfffe)
BASE = [NET, *REGIONS, STEADY, instance("pair", 0), instance("pair", 1)]


def change(k):
    """Ten facts; the two of `pair` are never in different regions."""
    region = "iad" if k % 2 else "lhr"
    return [put(instance("pair", 0, region)), put(instance("pair", 1, region)),
            *[put(instance("many", 100 + k % 50 * 8 + i, region,
                           group=f"g{k}")) for i in range(8)]]


@pytest.fixture(name="cluster")
def fixture_cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


@pytest.fixture(name="nodes")
def fixture_nodes(cluster, servers, started):
    """Two nodes at a cluster that holds BASE, each with a server."""
    cluster.tell(BASE)
    nodes = []
    for door in DOORS:
        node = Node(servers.store(), servers.fresh(), cluster.url)
        started.append(node)
        nodes.append(node)
        node.wait(cluster.cursor)
        servers.serve(node.store, ready=False, listen=[
            {"address": f"[{door['server']}]:{door['port']}"}]).wait_ready(
                source=ACME, **door)
    return nodes


@pytest.fixture(name="askers")
def fixture_askers(nodes, started):
    """Look all along for a half transaction and for a name that blinks."""
    assert len(nodes) == len(DOORS)
    askers = [Asker(name, rdtype, source=ACME, **door) for door in DOORS
              for name, rdtype in [("regions.pair.internal", "TXT"),
                                   ("steady.internal", "AAAA")]]
    for asker in askers:
        asker.close = asker.ending.set
    started.extend(askers)
    return askers


def assert_seen(askers):
    """Never two regions, never none; and never no steady one."""
    for asker in askers:
        seen = asker.end()
        assert asker.count > 0
        if asker.question[1] == "TXT":
            assert seen <= {("iad",), ("lhr",)}, seen
        else:
            assert seen == {tuple(STEADY["addresses"])}, seen
    assert any(len(asker.seen) == 2 for asker in askers), \
        "nobody saw a change"


def assert_equal(cluster, nodes):
    """Every node holds exactly what etcd holds."""
    expected = cluster.facts()
    for node in nodes:
        node.wait(cluster.cursor)
        assert same(node.facts(), expected), node.told()
        assert "ok" in node.store.tell("check")


def test_changes_arrive(cluster, nodes):
    app = {"put": "app", "network": "acme", "name": "web",
           "domain": "web.production"}
    peer = {"put": "peer", "network": "acme", "name": "p",
            "addresses": ["fdaa:0:18::99"]}
    distance = {"put": "distance", "from": "iad", "to": "lhr", "ms": 70}
    cluster.commit(*map(put, [app, peer, distance, instance("web", 7)]))
    assert_equal(cluster, nodes)
    for door in DOORS:
        assert values(ask("web.internal", source=ACME, **door)) == [
            "fdaa:0:18::8"]
    cluster.commit(delete(peer), delete(distance), put(
        instance("web", 7, state="stopped")))
    assert_equal(cluster, nodes)
    for door in DOORS:
        assert rcode(ask("p._peer.internal", source=ACME, **door)) == \
            "NXDOMAIN"


def test_deleted_app_leaves_instances_that_etcd_has(cluster, nodes):
    app = {"put": "app", "network": "acme", "name": "web",
           "flycast": ["fdaa:0:18::f"]}
    cluster.tell([app, instance("web", 7)])
    cluster.commit(delete(app))
    assert_equal(cluster, nodes)


def test_network_comes_after_what_is_in_it(cluster, nodes):
    """In order of keys instances precede networks, and so may revisions."""
    late = {"put": "network", "id": "late", "prefixes": ["fdaa:0:20::/48"]}
    inside = [{"put": "app", "network": "late", "name": "a"},
              {"put": "instance", "network": "late", "app": "b", "id": "i",
               "region": "iad", "addresses": ["fdaa:0:20::1"]},
              {"put": "peer", "network": "late", "name": "p",
               "addresses": ["fdaa:0:21::1"]}]
    cluster.tell(inside)
    cluster.tell([late])
    for node in nodes:
        node.wait(cluster.cursor)
        assert same([f for f in node.facts() if f.get("network") == "late"],
                    inside[:2])
    cluster.tell([{**late, "prefixes": ["fdaa:0:20::/48", "fdaa:0:21::/48"]}])
    assert_equal(cluster, nodes)
    # The network goes, and what etcd still holds of it comes back with it.
    cluster.commit(delete(late))
    for node in nodes:
        node.wait(cluster.cursor)
        assert not [f for f in node.facts() if f.get("network") == "late"]
    cluster.tell([{**late, "prefixes": ["fdaa:0:20::/47"]}])
    assert_equal(cluster, nodes)


def test_lease_that_runs_out_is_a_delete(cluster, nodes):
    lease = cluster.call("lease/grant", {"TTL": 1})["ID"]
    fact = instance("leased", 9)
    cluster.put_raw(key_of(fact), value_of(fact), lease=lease)
    for node, door in zip(nodes, DOORS):
        until(lambda door=door: values(
            ask("leased.internal", source=ACME, **door)), "it is there")
    for node, door in zip(nodes, DOORS):
        until(lambda door=door: rcode(ask(
            "leased.internal", source=ACME, **door)) == "NXDOMAIN",
            "it is gone")
        assert same(node.facts(), cluster.facts())


def test_bad_values_are_told_and_left_out(cluster, nodes):
    good = instance("web", 7)
    cluster.tell([good])
    for key, value, words in [
            ("/dnsd/instances/acme/web/x", "no json", ["JSON object"]),
            ("/dnsd/instances/acme/web/x", "{}", ["region", "must be given"]),
            ("/dnsd/apps/acme/Web", "{}", ["name", "must be 1 to 63"]),
            ("/dnsd/apps/acme/a", '{"name":"b"}', ["must agree", '"b"']),
            ("/dnsd/apps/acme/a/b", "{}", ["must be a key of"]),
            ("/dnsd/apps/nobody/a", "{}", ["network", "must be put before"]),
            ("/dnsd/colors/red", "{}", ["must be a key of"]),
            (key_of(good), '{"region":"lhr","addresses":["fd00::1"]}',
             ["addresses", "must lie inside", "fd00::1"])]:
        cluster.revision = int(
            cluster.put_raw(key, value)["header"]["revision"])
        for node in nodes:
            node.wait(cluster.cursor)
            told = node.told().splitlines()[-1]
            for word in [key, *words]:
                assert word in told
    for node in nodes:
        assert good in node.facts()


def test_goes_on_where_it_stood(cluster, nodes):
    """A restart reads what it missed, and no snapshot."""
    for how, status in (signal.SIGTERM, 0), (signal.SIGKILL, -9):
        assert nodes[0].stop(how) == status
        cluster.commit(*change(1))
        cluster.commit(delete(instance("many", 108)))
        nodes[0].start()
        assert_equal(cluster, nodes)
        assert "following from revision" in nodes[0].told()
        assert "snapshot" not in nodes[0].told()


def test_quiet_etcd_is_heard_of(nodes):
    """Nothing changes, but the store knows that its source is alive."""
    def ages():
        told = nodes[0].store.tell("status")
        return [float(re.search(rf"last {what}: ([0-9.]+) s", told)[1])
                for what in ("commit", "heard")]

    before = until(lambda: ages()[1] > 0.5 and ages()[1], "some silence")
    until(lambda: ages()[1] < before, "a sign")
    cursor = re.search("cursor: (.*)", nodes[0].store.tell("status"))[1]
    assert re.fullmatch("[0-9]+/[0-9]+", cursor)


def test_leader_killed_under_load(cluster, nodes, askers):
    """A thousand changes a second, a hundred transactions."""
    changes = Changes(cluster, change, 100)
    until(lambda: changes.count > 100, "some changes")
    for _ in range(2):
        leader = cluster.leader()
        leader.stop()
        count = changes.count
        until(lambda count=count: changes.count > count + 100,
              "changes without it")
        leader.start(cluster.initial, cluster.token)
        count = changes.count
        until(lambda count=count: changes.count > count + 100,
              "changes with it")
    changes.end()
    assert_equal(cluster, nodes)
    assert_seen(askers)


def test_node_away_beyond_compaction(cluster, nodes, askers):
    """It reads a snapshot, and what did not change does not blink."""
    cluster.commit(*change(0))
    assert_equal(cluster, nodes)
    for how in signal.SIGTERM, signal.SIGKILL:
        nodes[1].stop(how)
        for k in range(1, 30):
            cluster.commit(*change(k))
        cluster.commit(delete(instance("many", 108)),
                       delete(instance("many", 109)))
        cluster.compact()
        cluster.commit(*change(30))
        nodes[1].start()
        assert_equal(cluster, nodes)
        assert "reading a snapshot" in nodes[1].told()
        assert "reading a snapshot" not in nodes[0].told().split(
            "following", 1)[1]
    assert_seen(askers)


@pytest.mark.parametrize("token", ["first", "second"])
def test_restored_from_an_older_backup(cluster, nodes, askers, tmp_path,
                                       token):
    """The same cluster id with an older revision, or another id."""
    for k in range(5):
        cluster.commit(*change(k))
    backup = str(tmp_path / "backup")
    cluster.save(backup)
    for k in range(5, 8):
        cluster.commit(*change(k))
    assert_equal(cluster, nodes)
    newer = cluster.cursor
    cluster.restore(backup, token)
    cluster.commit(put(instance("restored", 77)))
    assert cluster.cursor != newer
    for node in nodes:
        until(lambda node=node: same(node.facts(), cluster.facts()),
              "what the backup holds")
    cluster.commit(*change(1))
    assert_equal(cluster, nodes)
    assert_seen(askers)


def test_member_that_hangs(cluster, nodes):
    """It is silent, as a quiet one is, but gives no sign when asked."""
    for member in cluster.members:
        member.process.send_signal(signal.SIGSTOP)
        others = [m for m in cluster.members if m is not member]
        try:
            cluster.members.remove(member)
            cluster.members.append(member)
            cluster.commit(put(instance("hang", member.port - 2000)))
            for node in nodes:
                node.wait(cluster.cursor)
        finally:
            member.process.send_signal(signal.SIGCONT)
        assert len(others) == 2
    assert_equal(cluster, nodes)


def certificates(directory):
    """A CA, and two certificates that it signed.

    Without common names: etcd's gateway refuses users by certificate.
    """
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True,
                       capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in "server", "client":
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj",
                f"/O={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem",
                "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", f"{name}.pem")


def enable_users(cluster):
    """Root, who is us from now on, and node, who may read."""
    cluster.call("auth/user/add", {"name": "root", "password": "r"})
    cluster.call("auth/role/add", {"name": "root"})
    cluster.call("auth/user/grant", {"user": "root", "role": "root"})
    cluster.call("auth/user/add", {"name": "node", "password": "secret"})
    cluster.call("auth/role/add", {"name": "reader"})
    cluster.call("auth/role/grant", {"name": "reader", "perm": {
        "key": b64("/dnsd/"), "range_end": b64("/dnsd0")}})
    cluster.call("auth/user/grant", {"user": "node", "role": "reader"})
    cluster.call("auth/enable", {})
    cluster.headers["Authorization"] = cluster.call(
        "auth/authenticate", {"name": "root", "password": "r"})["token"]


# What a machine trusts that trusts the first argument.
TRUSTING = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" '
            '/etc/ssl/certs/ca-certificates.crt && exec "$@"')


def test_tls_and_password(servers, started, tmp_path):
    certificates(tmp_path)
    file = {name: str(tmp_path / name) for name in
            ("ca.pem", "server.pem", "server.key", "client.pem",
             "client.key")}
    cluster = Cluster(
        tmp_path, 1, ["--cert-file=" + file["server.pem"],
                      "--key-file=" + file["server.key"],
                      "--trusted-ca-file=" + file["ca.pem"],
                      "--client-cert-auth"],
        client_context(file["ca.pem"], file["client.pem"],
                       file["client.key"]))
    started.append(cluster)
    cluster.tell(BASE)
    enable_users(cluster)
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess\n")
    tls = ["--cacert", file["ca.pem"], "--cert", file["client.pem"], "--key",
           file["client.key"]]
    who = ["--user", "node", "--password-file", str(tmp_path / "password")]
    for options, words in [
            ([], ["etcd 127.0.0.1:2379"]),
            ([*tls[:2], *who], ["etcd 127.0.0.1:2379"]),
            (["--cacert", "system", *tls[2:], *who], ["certificate"]),
            ([*tls, *who[:2], "--password-file", str(tmp_path / "wrong")],
             ["invalid user ID or password"])]:
        node = Node(servers.store(), servers.fresh(), cluster.url, *options)
        started.append(node)
        until(lambda node=node: "the store stays as it is" in node.told(),
              "a warning")
        for word in words:
            assert word in node.told()
        assert node.store.run("list").returncode == 1
    nodes = [
        Node(servers.store(), servers.fresh(), cluster.url, *tls, *who),
        Node(servers.store(), servers.fresh(), cluster.url, "--cacert",
             "system", *tls[2:], *who, within=(*TRUSTING, file["ca.pem"]))]
    started.extend(nodes)
    for node in nodes:
        node.wait(cluster.cursor)
        assert same(node.facts(), BASE)
    cluster.commit(*change(1))
    assert_equal(cluster, nodes)


def test_authentication_in_either_order(servers, started, tmp_path):
    """Nodes that know their user before it is asked for, and after."""
    cluster = Cluster(tmp_path, 1)
    started.append(cluster)
    cluster.tell(BASE)
    (tmp_path / "password").write_text("secret\n")
    who = ["--user", "node", "--password-file", str(tmp_path / "password"),
           "--insecure"]
    early = Node(servers.store(), servers.fresh(), cluster.url, *who)
    late = Node(servers.store(), servers.fresh(), cluster.url)
    started.extend([early, late])
    assert_equal(cluster, [early, late])
    enable_users(cluster)
    time.sleep(7)  # of silence: both ask etcd for a sign
    cluster.commit(*change(1))
    for node in early, late:
        node.wait(cluster.cursor)
    assert "user name is empty" not in late.told()
    assert late.stop() == 0
    late.command.extend(who)
    late.start()
    assert early.stop(signal.SIGKILL) == -9
    cluster.commit(*change(3))
    early.start()
    for node in early, late:
        node.wait(cluster.cursor)
    cluster.call("auth/disable", {})
    cluster.headers = {}
    cluster.commit(*change(4))
    assert_equal(cluster, [early, late])
    for node in early, late:
        assert node.stop() == 0
        node.start()
    cluster.commit(*change(5))
    assert_equal(cluster, [early, late])


@pytest.mark.parametrize("url,options,words", [
    ("etcd://", [], ["must be etcd://HOST:PORT"]),
    ("etcd://a,,b", [], ["must be etcd://HOST:PORT"]),
    ("etcd://a/b", [], ["must be etcd://HOST:PORT"]),
    ("http://a", [], ["a source is -, etcd://"]),
    ("etcd://a", ["--prefix", "dnsd"], ["--prefix dnsd"]),
    ("etcd://a", ["--prefix", "/dnsd/"], ["--prefix /dnsd/"]),
])
def test_mistakes_of_the_command_line(servers, url, options, words):
    done = servers.store().run("follow", url, *UNBOXED, *options)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr


def test_another_prefix_is_another_source(cluster, servers, started):
    """The cursor is etcd's, but the facts are not: as a mistake would be."""
    cluster.tell(BASE)
    store = servers.store()
    node = Node(store, servers.fresh(), cluster.url)
    node.wait(cluster.cursor)
    assert node.stop() == 0
    other = {"prefixes": ["fdaa:0:30::/48"]}
    cluster.put_raw("/other/networks/else", json.dumps(other))
    node = Node(store, servers.fresh(), cluster.url, "--prefix", "/other")
    until(lambda: "must not delete more than half" in node.told(), "it is told")
    until(lambda: "stands still: snapshot: must not delete more than half of"
          " the store" in store.tell("status"), "status tells it")
    assert same(node.facts(), BASE)
    assert node.stop() == 1
    node = Node(store, servers.fresh(), cluster.url, "--prefix", "/other",
                "--allow-delete")
    started.append(node)
    until(lambda: same(node.facts(), [
        {"put": "network", "id": "else", **other}]), "the other's facts")
    assert "stands still" not in store.tell("status")


def test_etcd_that_came_back_empty(cluster, servers):
    """The store stands, and goes on by itself when etcd has its facts."""
    cluster.tell(BASE)
    node = Node(servers.store(), servers.fresh(), cluster.url)
    node.wait(cluster.cursor)
    assert node.stop() == 0
    cluster.commit({"request_delete_range": {
        "key": b64("/dnsd/"), "range_end": b64("/dnsd0")}})
    cluster.commit(put(NET))
    cluster.compact()
    node.start()
    until(lambda: "must not delete more than half" in node.told(), "it is told")
    assert same(node.facts(), BASE)
    cluster.tell(BASE)
    assert_equal(cluster, [node])
    assert "stands still" not in node.store.tell("status")
    assert node.stop() == 0


def test_valid_as_a_whole(cluster, nodes):
    """A prefix and all that is in it moves in one; two change places."""
    other = {"put": "network", "id": "other", "prefixes": ["fdaa:0:19::/48"]}
    inside = {"put": "peer", "network": "other", "name": "p",
              "addresses": ["fdaa:0:19::9"]}
    cluster.tell([other, inside])
    moved = [dict(fact, addresses=[a.replace("0:18:", "0:19:")
                                   for a in fact["addresses"]])
             if "addresses" in fact else fact for fact in BASE[1:]]
    cluster.commit(*map(put, [
        *moved, dict(inside, addresses=["fdaa:0:18::9"]),
        dict(NET, prefixes=["fdaa:0:19::/48"]),
        dict(other, prefixes=["fdaa:0:18::/48"])]))
    assert_equal(cluster, nodes)
    for node in nodes:
        assert "must" not in node.told()


def test_left_out_until_it_fits(cluster, nodes):
    """Status has it meanwhile, on a node that starts anew too."""
    outside = [instance("web", 7, addresses=["fdaa:0:20::7"]),
               instance("web", 8)]
    cluster.tell(outside)
    for node in nodes:
        node.wait(cluster.cursor)
    assert nodes[0].stop() == 0
    nodes[0].start()
    for node in nodes:
        told = node.store.tell("status")
        assert "left out: 1" in told
        assert re.search(r"instance acme/web/i7: addresses: must lie inside.*"
                         r'"fdaa:0:20::7", since [0-9]+/[0-9]+', told)
    cluster.tell([dict(NET, prefixes=["fdaa:0:18::/48", "fdaa:0:20::/48"])])
    assert_equal(cluster, nodes)
    for node in nodes:
        assert "left out: 0" in node.store.tell("status")


def test_two_claims_have_one_owner(cluster, nodes, servers, started):
    """The newer one by etcd's word, for whoever watched or came later."""
    twice = [instance("twice", 5, addresses=["fdaa:0:18::55"]),
             instance("twice", 4, addresses=["fdaa:0:18::55"])]
    for fact in twice:
        cluster.tell([fact])
    cluster.commit(put(dict(twice[0])))  # the same again: it is newer now
    late = Node(servers.store(), servers.fresh(), cluster.url)
    started.append(late)
    door = {"server": "fdaa::3", "port": 5303}
    assert_equal(cluster, [*nodes, late])
    servers.serve(late.store, ready=False, listen=[
        {"address": f"[{door['server']}]:{door['port']}"}]).wait_ready(
            source=ACME, **door)
    for where in *DOORS, door:
        assert values(ask(dns.reversename.from_address("fdaa:0:18::55"), "PTR",
                          source=ACME, **where)) == ["i5.vm.twice.internal."]


GLOBEX_NET = {"put": "network", "id": "globex",
              "prefixes": ["fdaa:0:22b7::/48"]}
SEVEN, EIGHT = "fdaa:0:22b7:0:1::7", "fdaa:0:22b7:0:1::8"
EXPORT = {"put": "export", "network": "acme", "app": "steady", "to": "globex",
          "as": "db", "flycast": [SEVEN], "instances": True}
MOVED = {**EXPORT, "as": "pg", "flycast": [EIGHT]}
OWN = {"put": "instance", "network": "globex", "app": "pg", "id": "own",
       "region": "iad", "addresses": ["fdaa:0:22b7::5"]}


def forms(name, door):
    """What GLOBEX is answered of all that an export gives NAME."""
    asked = [ask(dns.reversename.from_address(flycast), "PTR", source=GLOBEX,
                 **door) for flycast in (SEVEN, EIGHT)]
    asked += [ask(f"{form}{name}.{zone}", rdtype, source=GLOBEX, **door)
              for form, zone, rdtype in [
                  ("", "flycast", "AAAA"), ("", "internal", "AAAA"),
                  ("iad.", "internal", "AAAA"), ("vms.", "internal", "TXT"),
                  (STEADY["id"] + ".vm.", "internal", "AAAA")]]
    return [rcode(reply) if not reply.answer else " ".join(values(reply))
            for reply in asked]


GONE, EMPTY, HERE = "NXDOMAIN", "NOERROR", STEADY["addresses"][0]
# Seven and eight backwards; flycast, all, iad, vms, one.
NONE = [GONE] * 7
ALL = ["db.flycast.", GONE, SEVEN, HERE, HERE, f"{STEADY['id']} iad", HERE]
AS_PG = [GONE, "pg.flycast.", EIGHT, HERE, HERE, f"{STEADY['id']} iad", HERE]
EXPORTS = [
    ("db", put(EXPORT), ALL),
    ("db", put({**EXPORT, "instances": False}),
     ["db.flycast.", GONE, SEVEN, *[GONE] * 4]),
    ("pg", put(MOVED), AS_PG),
    ("db", put(MOVED), [GONE, "pg.flycast.", *[GONE] * 5]),
    # what it leads to changes
    ("pg", put({**STEADY, "region": "lhr"}),
     [GONE, "pg.flycast.", EIGHT, HERE, EMPTY, f"{STEADY['id']} lhr", HERE]),
    ("pg", put({**STEADY, "state": "stopped"}),
     [GONE, "pg.flycast.", EIGHT, EMPTY, EMPTY, EMPTY, HERE]),
    ("pg", put(STEADY), AS_PG),
    # an own app of the name, and its end
    ("pg", put(OWN), [GONE, GONE, GONE, "fdaa:0:22b7::5", "fdaa:0:22b7::5",
                      "own iad", GONE]),
    ("pg", delete(OWN), AS_PG),
    # either network, and what etcd still has of it when it is back
    ("pg", delete(NET), NONE),
    ("pg", put(NET), AS_PG),
    ("pg", delete(GLOBEX_NET), ["REFUSED"] * 7),
    ("pg", put(GLOBEX_NET), AS_PG),
    ("pg", delete(MOVED), NONE),
    ("db", put(EXPORT), ALL),
]


def test_exports_follow(cluster, nodes, servers, started):
    """Put, changed, deleted: the importing network's forms follow, for who
    watches and for who comes later."""
    cluster.tell([GLOBEX_NET])
    for number, (name, operation, expected) in enumerate(EXPORTS):
        cluster.commit(operation)
        for node, door in zip(nodes, DOORS):
            node.wait(cluster.cursor)
            assert forms(name, door) == expected, (number, node.told())
    late = Node(servers.store(), servers.fresh(), cluster.url)
    started.append(late)
    assert_equal(cluster, [*nodes, late])


def own_pages(node):
    """KiB of a node that are in no file."""
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith("RssAnon:"))


def test_large_revisions_are_given_back(servers, started, tmp_path):
    """What is stored of them is in the store's file: none of it stays."""
    cluster = Cluster(tmp_path, 1, ["--max-txn-ops", "20000",
                                    "--max-request-bytes", "20000000"])
    started.append(cluster)
    many = [instance("many", i) for i in range(20000)]
    cluster.tell([NET])
    node = Node(servers.store(), servers.fresh(), cluster.url)
    started.append(node)
    node.wait(cluster.cursor)
    before = own_pages(node)
    for round_ in range(3):
        cluster.commit(*[put({**fact, "group": f"g{round_}"})
                         for fact in many])
        node.wait(cluster.cursor)
    until(lambda: own_pages(node) < before + 4096, "puts given back")
    cluster.revision = int(cluster.call("kv/deleterange", {
        "key": b64("/dnsd/instances/"),
        "range_end": b64("/dnsd/instances0")})["header"]["revision"])
    node.wait(cluster.cursor)
    until(lambda: own_pages(node) < before + 4096, "deletes given back")
    assert same(node.facts(), [NET])


def test_worked_example_of_the_manual(tmp_path):
    """What docs/feed.md says to type, typed."""
    manual = os.path.join(os.path.dirname(__file__), "..", "..", "docs",
                          "feed.md")
    with open(manual, encoding="ascii") as f:
        script = re.search(r"### A worked example\n\n```sh\n(.*?)```",
                           f.read(), re.DOTALL)[1]
    script = script.replace("/tmp/", f"{tmp_path}/")
    # pylint: disable-next=consider-using-with
    shell = subprocess.Popen(
        ["timeout", str(PATIENCE * 2), "sh", "-c",
         "set -eu; exec 2>&1\n" + script], text=True,
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
        start_new_session=True, cwd=tmp_path,
        env={**os.environ, "PATH": BUILD + ":" + os.environ["PATH"]})
    told = []
    try:
        for line in shell.stdout:
            told.append(line.rstrip())
            if "MSG SIZE" in line:
                break
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        shell.stdout.close()
    assert "app acme/shop  domain shop" in told
    assert "peer acme/laptop  fdaa:0:18::9  role developer" in told
    assert "fact      instance web/i1: left out: stopped" in told
    assert "fact      instance web/i2: taken" in told


def test_only_its_networks(cluster, servers, started):
    """What others have is neither read nor kept; another list begins anew."""
    nets = [{"put": "network", "id": name,
             "prefixes": [f"fdaa:0:{i:x}::/48"]}
            for i, name in enumerate(["a", "ab", "b"], 1)]
    inside = [{"put": "instance", "network": name, "app": "web", "id": "i1",
               "region": "iad", "addresses": [f"fdaa:0:{i:x}::1"]}
              for i, name in enumerate(["a", "ab", "b"], 1)]
    cluster.tell([*REGIONS, *nets, *inside])
    node = Node(servers.store(), servers.fresh(), cluster.url, "--network",
                "a,b")
    started.append(node)
    node.wait(cluster.cursor)
    want = [*REGIONS, nets[0], nets[2], inside[0], inside[2]]
    assert same(node.facts(), want)
    cluster.commit(*[put({**fact, "id": "i2"}) for fact in inside])
    node.wait(cluster.cursor)
    assert same(node.facts(), want + [
        {**inside[0], "id": "i2"}, {**inside[2], "id": "i2"}])
    node.stop()
    node.command[node.command.index("a,b")] = "ab"
    node.command.append("--allow-delete")
    node.start()
    until(lambda: same(node.facts(), [
        *REGIONS, nets[1], inside[1], {**inside[1], "id": "i2"}]),
          "another network alone")
