"""Clusters of real etcd members on loopback, and nodes that follow them."""

import base64
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import threading

from ask import PATIENCE, ask, values
from programs import DNSCTL, UNBOXED, until

KEYS = {"network": ["id"], "region": ["id"], "distance": ["from", "to"],
        "app": ["network", "name"], "instance": ["network", "app", "id"],
        "peer": ["network", "name"],
        "gateway": ["id"], "export": ["network", "app", "to"]}


def b64(text):
    return base64.b64encode(text.encode()).decode()


def unb64(text):
    return base64.b64decode(text).decode()


def key_of(fact):
    kind = fact["put"]
    return "/".join(["/dnsd", kind + "s", *[fact[k] for k in KEYS[kind]]])


def value_of(fact):
    return json.dumps({k: v for k, v in fact.items()
                       if k != "put" and k not in KEYS[fact["put"]]})


def fact_of(key, value):
    kind, *parts = key.split("/")[2:]
    kind = kind[:-1]
    return {"put": kind, **dict(zip(KEYS[kind], parts)), **json.loads(value)}


def put(fact):
    """The operation of a transaction that puts FACT."""
    return {"request_put": {"key": b64(key_of(fact)),
                            "value": b64(value_of(fact))}}


def delete(fact):
    return {"request_delete_range": {"key": b64(key_of(fact))}}


class Member:
    """One etcd; PORT is its clients', the next one its peers'."""

    def __init__(self, directory, number, options=()):
        self.name = f"m{number}"
        self.port = 2379 + 10 * number
        self.peer = f"http://127.0.0.1:{self.port + 1}"
        self.data = os.path.join(directory, self.name)
        self.log = os.path.join(directory, self.name + ".log")
        self.options = list(options)
        self.scheme = "https" if any("cert-file" in o for o in options) \
            else "http"
        self.process = None

    def start(self, cluster, token):
        url = f"{self.scheme}://127.0.0.1:{self.port}"
        with open(self.log, "a", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                ["etcd", "--name", self.name, "--data-dir", self.data,
                 "--listen-client-urls", url, "--advertise-client-urls", url,
                 "--listen-peer-urls", self.peer,
                 "--initial-advertise-peer-urls", self.peer,
                 "--initial-cluster", cluster, "--initial-cluster-token",
                 token, "--logger", "zap", "--log-level", "error",
                 *self.options], stdout=log, stderr=log)

    def stop(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None


class Cluster:
    """Members that are one; asks any of them that answers."""

    def __init__(self, directory, count=3, options=(), context=None):
        self.directory = str(directory)
        self.members = [Member(self.directory, i, options)
                        for i in range(count)]
        self.token = "first"
        self.context = context
        self.headers = {}
        self.revision = 0  # of our last change
        self.cluster_id = None
        self.start()

    @property
    def initial(self):
        return ",".join(f"{m.name}={m.peer}" for m in self.members)

    @property
    def url(self):
        return "etcd://" + ",".join(f"127.0.0.1:{m.port}"
                                    for m in self.members)

    def start(self):
        for member in self.members:
            if member.process is None:
                member.start(self.initial, self.token)
        self.call("kv/range", {"key": b64("x")})

    def close(self):
        for member in self.members:
            member.stop()

    def call(self, path, body):
        """The reply of the first member that gives one."""
        said = {}
        try:
            return until(lambda: self.call_any(path, body, said), path)
        except AssertionError as wrong:
            raise AssertionError(f"etcd: {path}: {said}") from wrong

    def call_any(self, path, body, said):
        for member in self.members:
            try:
                reply = self.call_one(member, path, body)
            except (OSError, http.client.HTTPException, ValueError) as wrong:
                said[member.name] = wrong
                continue
            if reply is not None and "error" not in reply:
                return reply
            said[member.name] = reply
        return None

    def call_one(self, member, path, body):
        if self.context is None:
            c = http.client.HTTPConnection("127.0.0.1", member.port,
                                           timeout=3)
        else:
            c = http.client.HTTPSConnection("127.0.0.1", member.port,
                                            timeout=3, context=self.context)
        try:
            c.request("POST", "/v3/" + path, json.dumps(body), self.headers)
            return json.loads(c.getresponse().read())
        finally:
            c.close()

    def commit(self, *operations):
        """One transaction, one revision."""
        reply = self.call("kv/txn", {"success": list(operations)})
        self.revision = int(reply["header"]["revision"])
        self.cluster_id = reply["header"]["cluster_id"]
        return reply

    def tell(self, facts):
        """Puts FACTS, a hundred a transaction."""
        for i in range(0, len(facts), 100):
            self.commit(*[put(fact) for fact in facts[i:i + 100]])

    def put_raw(self, key, value, **more):
        return self.call("kv/put", {"key": b64(key), "value": b64(value),
                                    **more})

    @property
    def cursor(self):
        return f"{self.cluster_id}/{self.revision}"

    def facts(self):
        """What etcd holds, as an export would have it."""
        reply = self.call("kv/range", {"key": b64("/dnsd/"),
                                       "range_end": b64("/dnsd0")})
        return [fact_of(unb64(kv["key"]), unb64(kv["value"]))
                for kv in reply.get("kvs", [])]

    def compact(self):
        self.call("kv/compaction", {"revision": self.revision,
                                    "physical": True})

    def leader(self):
        def find():
            for member in self.members:
                try:
                    status = self.call_one(member, "maintenance/status", {})
                except (OSError, http.client.HTTPException, ValueError):
                    continue
                if status.get("leader") and \
                        status["leader"] == status["header"]["member_id"]:
                    return member
            return None
        return until(find, "a leader")

    def save(self, path):
        subprocess.run(
            ["etcdctl", "--endpoints", f"127.0.0.1:{self.members[0].port}",
             "snapshot", "save", path], check=True, capture_output=True,
            env={**os.environ, "ETCDCTL_API": "3"})

    def restore(self, path, token):
        """All members from a backup, as the manual of etcd has it."""
        self.token = token
        for member in self.members:  # of what is later nothing is said
            member.stop()
        for member in self.members:
            shutil.rmtree(member.data)
            subprocess.run(
                ["etcdctl", "snapshot", "restore", path, "--name",
                 member.name, "--data-dir", member.data,
                 "--initial-cluster", self.initial,
                 "--initial-cluster-token", token,
                 "--initial-advertise-peer-urls", member.peer],
                check=True, capture_output=True,
                env={**os.environ, "ETCDCTL_API": "3"})
        self.start()


class Node:
    """A store that follows a cluster."""

    def __init__(self, store, directory, url, *options, within=()):
        self.store = store
        self.log = os.path.join(directory, "follow.log")
        self.command = [*within, DNSCTL, "-s", store.path, "follow", url,
                        *UNBOXED, *options]
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(self.command, stdout=log,
                                            stderr=log)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait()

    def close(self):
        if self.process.poll() is None:
            assert self.stop() == 0, self.told()

    def told(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def wait(self, cursor):
        done = self.store.run("wait", "--timeout", str(PATIENCE * 2), cursor)
        assert done.returncode == 0, self.told()

    def facts(self):
        """Without how old they are, where two share an address."""
        return [{k: v for k, v in json.loads(line).items() if k != "age"}
                for line in self.store.tell("export").splitlines()[1:-1]]


def same(one, other):
    """The same facts, in whatever order."""
    key = str
    return sorted(map(key, map(sorted, map(dict.items, one)))) == \
        sorted(map(key, map(sorted, map(dict.items, other))))


class Changes(threading.Thread):
    """TRANSACTIONS a second, each of ten changes, until told to end.

    A transaction that nobody answered for is sent again.
    """

    def __init__(self, cluster, transaction, per_second):
        super().__init__()
        self.cluster = cluster
        self.transaction = transaction
        self.per_second = per_second
        self.count = 0
        self.ending = threading.Event()
        self.start()

    def run(self):
        while not self.ending.wait(1 / self.per_second):
            self.cluster.commit(*self.transaction(self.count))
            self.count += 1

    def end(self):
        self.ending.set()
        self.join()


class Asker(threading.Thread):
    """Asks one question over and over, and keeps every set of values."""

    def __init__(self, name, rdtype, **where):
        super().__init__()
        self.question = name, rdtype
        self.where = where
        self.seen = set()
        self.count = 0
        self.wrong = None
        self.ending = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ending.is_set():
                reply = ask(*self.question, **self.where)
                self.seen.add(tuple(sorted(values(reply))))
                self.count += 1
        except Exception as wrong:  # pylint: disable=broad-except
            self.wrong = wrong

    def end(self):
        """What was seen."""
        self.ending.set()
        self.join()
        assert self.wrong is None, self.wrong
        return self.seen


def client_context(ca, cert, key):
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(cert, key)
    return context
