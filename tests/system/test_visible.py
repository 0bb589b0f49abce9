"""Commits are seen at once, whole, and without a restart."""

import json

from ask import ACME, ask, ede, rcode, values
from programs import sample, until

WEB = ('{"put":"instance","network":"acme","app":"web","id":"%s","region":'
       '"iad","addresses":["fdaa:0:18::9:%s"]}\n')


def test_commit_is_visible_without_restart(servers):
    store = servers.store(sample())
    servers.serve(store)
    assert rcode(ask("web.internal")) == "NXDOMAIN"
    store.apply(WEB % ("one", "1"))
    assert values(ask("web.internal")) == ["fdaa:0:18::9:1"]
    store.apply(WEB % ("two", "2"))
    assert sorted(values(ask("web.internal"))) == \
        ["fdaa:0:18::9:1", "fdaa:0:18::9:2"]
    assert values(ask("web.internal", tcp=True)) != []
    store.apply('{"delete":"instance","network":"acme","app":"web",'
                '"id":"one"}\n')
    assert values(ask("web.internal")) == ["fdaa:0:18::9:2"]
    store.apply('{"delete":"app","network":"acme","name":"web"}\n')
    assert rcode(ask("web.internal")) == "NXDOMAIN"


def test_every_change_of_state_is_answered(servers):
    """A stopped instance is asked for by its id only; and starts again."""
    store = servers.store(sample())
    servers.serve(store)
    fact = json.loads(WEB % ("one", "1"))
    for state in "started", "stopped", "started":
        store.apply([dict(fact, state=state)])
        started = ["fdaa:0:18::9:1"] if state == "started" else []
        assert values(ask("web.internal")) == started
        assert values(ask("vms.web.internal", "TXT")) == \
            (["one iad"] if started else [])
        assert values(ask("all.vms.web.internal", "TXT")) == ["one iad"]
        assert values(ask("one.vm.web.internal")) == ["fdaa:0:18::9:1"]
        assert rcode(ask("web.internal")) == "NOERROR"


def test_soa_serial_counts_commits(servers):
    store = servers.store('{"put":"network","id":"n","prefixes":'
                          '["fdaa:0:18::/48"]}\n')
    servers.serve(store)

    def serial():
        return ask("internal", "SOA").answer[0][0].serial

    first = serial()
    store.apply('{"put":"app","network":"n","name":"a"}\n')
    assert serial() == first + 1
    store.apply('{"put":"app","network":"n","name":"b"}\n'
                '{"commit":"x"}\n'
                '{"put":"app","network":"n","name":"c"}\n')
    assert serial() >= first + 2


def test_deleting_a_network_leaves_nothing(servers):
    store = servers.store(sample())
    servers.serve(store)
    store.apply('{"delete":"network","id":"acme"}\n')
    reply = ask("paulgra-ham.internal", source=ACME)
    assert rcode(reply) == "REFUSED"
    assert 18 in ede(reply)
    # Its name is free again and nothing of before comes back.
    store.apply('{"put":"network","id":"acme","prefixes":["fdaa:0:18::/48"]}\n')
    assert rcode(ask("paulgra-ham.internal")) == "NXDOMAIN"
    assert values(ask("_apps.internal", "TXT")) == []


def test_absent_store_then_first_commit(servers):
    """No store: SERVFAIL with EDE 14; the first commit needs no restart."""
    store = servers.store()
    servers.serve(store)
    for name in "paulgra-ham.internal", "internal", "x.apn", "y.flycast":
        for tcp in False, True:
            reply = ask(name, tcp=tcp)
            assert rcode(reply) == "SERVFAIL", name
            assert ede(reply) == [14]
    store.apply(sample())
    for tcp in False, True:  # each worker looks for a store once a second
        until(lambda tcp=tcp: values(ask("paulgra-ham.internal", tcp=tcp)) ==
              [ACME], "it answers")


def test_empty_store_then_first_commit(servers):
    """A store that was made but never saw a commit is as good as none."""
    store = servers.store()
    store.run("apply", "-", stdin="{bad\n")
    servers.serve(store)
    assert rcode(ask("paulgra-ham.internal")) == "SERVFAIL"
    store.apply(sample())
    assert values(ask("paulgra-ham.internal")) == [ACME]


def test_expired_peer_leaves_without_a_writer(servers):
    """Its TTL ends where it does, then it is in no answer."""
    # pylint: disable=import-outside-toplevel
    import datetime
    import time
    now = datetime.datetime.now(datetime.timezone.utc)
    end = (now + datetime.timedelta(seconds=3)).replace(microsecond=0)
    store = servers.store(sample())
    servers.serve(store)
    store.apply([{"put": "peer", "network": "acme", "name": "guest",
                  "addresses": ["fdaa:0:18::99"],
                  "expires": end.strftime("%Y-%m-%dT%H:%M:%SZ")}])
    while True:
        before = time.time()
        reply = ask("guest._peer.internal")
        listed = values(ask("_peer.internal", "TXT"))
        after = time.time()
        if values(reply):
            assert before + reply.answer[0].ttl <= end.timestamp()
        if after < end.timestamp():
            assert values(reply) and "guest" in listed[0]
        if before > end.timestamp():
            assert rcode(reply) == "NXDOMAIN"
            assert listed == ["my-peer"]
            break
        time.sleep(0.05)
