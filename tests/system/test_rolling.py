"""A rolling update that nobody sees, asked for all the while."""

import json
import subprocess
import threading
import time

import dns.message

from ask import make_socket, server_for
from programs import DNSCTL, UNBOXED, until

NETWORK = '{"put":"network","id":"acme","prefixes":["fdaa:0:18::/48"]}\n'
SOURCE = "fdaa:0:18::1"
INSTANCES = 50
RATE = 1000  # questions a second


def instance(n, state):
    return json.dumps({
        "put": "instance", "network": "acme", "app": "web", "id": f"i{n}",
        "region": "iad", "addresses": [f"fdaa:0:18:a::{n + 1:x}"],
        "state": state}) + "\n"


class Asker(threading.Thread):
    """Asks by the clock, and holds each answer to what was stored before."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stopped = frozenset()
        self.asked, self.wrong, self.over = 0, [], False
        self.query = dns.message.make_query("web.internal", "AAAA",
                                            use_edns=0, payload=8192)
        self.wire = self.query.to_wire()
        self.question = len(self.wire) - 11  # behind it, OPT

    def ask(self, sock):
        stopped = self.stopped
        sock.send(self.wire)
        reply = sock.recv(65536)
        count = int.from_bytes(reply[6:8], "big")
        answer = {reply[self.question + 28 * n + 27] - 1 for n in range(count)}
        if not answer or answer & stopped:
            self.wrong.append((answer, answer & stopped))
        self.asked += 1

    def run(self):
        sock = make_socket(SOURCE)
        sock.connect((server_for(SOURCE), 53))
        sock.settimeout(10)
        begun = time.monotonic()
        while not self.over and not self.wrong:
            self.ask(sock)
            time.sleep(max(0, begun + self.asked / RATE - time.monotonic()))
        sock.close()


class Feed:
    """A source that follows, each of whose commits has arrived."""

    def __init__(self, store):
        self.process = subprocess.Popen(
            [DNSCTL, "-s", store.path, "follow", "-", *UNBOXED], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()  # where the store stands
        self.commits = 0

    def commit(self, lines):
        self.commits += 1
        self.process.stdin.write(f'{lines}{{"commit":"{self.commits}"}}\n')
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        assert said == {"committed": str(self.commits)}

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


def test_rolling_update(servers):
    """Each is drained before it stops: no answer holds one that was stopped,
    and none is empty."""
    store = servers.store(NETWORK + "".join(
        instance(n, "started") for n in range(INSTANCES)))
    servers.serve(store)
    feed, asker = Feed(store), Asker()
    asker.start()
    for n in range(INSTANCES):
        feed.commit(instance(n, "draining") +
                    instance(INSTANCES + n, "started"))
        feed.commit(instance(n, "stopped"))
        asker.stopped |= {n}
        seen = asker.asked
        until(lambda: asker.asked > seen + 10 or asker.wrong,
              "questions between two steps")
    asker.over = True
    asker.join(30)
    feed.end()
    assert asker.wrong == []
    assert asker.asked >= 10 * INSTANCES
