"""The programs under test: a store, and servers that read it."""

import glob
import json
import os
import signal
import subprocess
import time

import dns.exception
import yaml

from ask import PATIENCE, SERVER6, ask

BUILD = os.environ.get("DNSD_BUILD", "")
DNSD = os.path.join(BUILD, "dnsd")
DNSCTL = os.path.join(BUILD, "dnsctl")
IS_RELEASE = not os.path.basename(BUILD).endswith("san")
# Of the calls that a sanitizer makes, none would be let through.
UNBOXED = [] if IS_RELEASE else ["--no-sandbox"]

SAMPLE = os.path.join(os.path.dirname(__file__), "..", "sample")
# Where the server listens: on all addresses, or beside upstreams on theirs.
EVERYWHERE = [{"address": "[::]:53"}, {"address": "0.0.0.0:53"}]
NOT_UPSTREAMS = [{"address": "[fdaa::3]:53"}, {"address": "172.31.0.53:53"},
                 {"address": "127.0.0.1:53"}]


def until(holds, what, seconds=PATIENCE):
    """Waits until HOLDS() is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        result = holds()
        if result:
            return result
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.01)


def lines(facts):
    """FACTS, dicts or one text, as the lines of a feed."""
    if isinstance(facts, str):
        return facts
    return "".join(json.dumps(fact) + "\n" for fact in facts)


def sample():
    with open(os.path.join(SAMPLE, "network.ndjson"), encoding="ascii") as f:
        return f.read()


class Store:
    """A store at PATH, written with dnsctl."""

    def __init__(self, path):
        self.path = str(path)

    def run(self, *arguments, stdin=""):
        return subprocess.run([DNSCTL, "-s", self.path, *arguments],
                              input=stdin, text=True, capture_output=True,
                              timeout=PATIENCE * 4, check=False)

    def tell(self, *arguments, stdin=""):
        """Runs a command that must succeed and returns what it printed."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, facts):
        self.tell("apply", "-", stdin=lines(facts))


class Dnsd:
    """A server with CONFIG in DIRECTORY, from start to a clean end.

    STARTED is what else it is started with: its environment, descriptors.
    """

    def __init__(self, directory, config, started):
        self.conf = os.path.join(directory, "dnsd.conf")
        self.log = os.path.join(directory, "dnsd.log")
        self.configure(config)
        with open(self.log, "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen([DNSD, "-c", self.conf],
                                            stdout=log, stderr=log, **started)

    def configure(self, config):
        with open(self.conf, "w", encoding="utf-8") as f:
            yaml.safe_dump(config, f, sort_keys=False)

    def wait_ready(self, **question):
        """Until it answers anything; start-up order is nobody's promise."""
        def answers():
            assert self.process.poll() is None, self.read_log()
            try:
                return ask("internal", "SOA", timeout=0.2, **question)
            except (dns.exception.Timeout, OSError):
                return None
        until(answers, "dnsd answers")

    def keeper_waits(self):
        """The thread of the store, for all that it waits for: it has looked,
        and makes no call until one of four descriptors tells something."""
        for task in glob.glob(f"/proc/{self.process.pid}/task/*"):
            with open(task + "/comm", encoding="utf-8") as comm, \
                    open(task + "/syscall", encoding="ascii") as call:
                if comm.read() == "store\n":
                    return call.read().split()[2:3] == ["0x4"]
        return False

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def read_log(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def close(self):
        """Ends it and asserts that it ended well."""
        status = self.stop() if self.process.poll() is None else None
        assert status in (None, 0), self.read_log()
        for sanitizer in "Sanitizer", "runtime error":
            assert sanitizer not in self.read_log(), self.read_log()


RUNNING = []  # or done; in this process's network namespace


def shared(one, other):
    """Whether two configurations have a port in common."""
    ports = [{at["address"].rpartition(":")[2] for at in config["listen"]}
             for config in (one, other)]
    return ports[0] & ports[1]


class Servers:
    """Makes stores and servers for a test or a module and ends them all."""

    def __init__(self, directory):
        self.directory = directory
        self.count = 0
        self.running = []

    def fresh(self):
        self.count += 1
        path = self.directory / f"server{self.count}"
        path.mkdir()
        return path

    def store(self, facts=None):
        store = Store(self.fresh() / "store")
        if facts is not None:
            store.apply(facts)
        return store

    def serve(self, store, ready=True, started=None, **config):
        """Starts dnsd on STORE; keys of dnsd.conf have `_` for `-`."""
        whole = {"store": store.path, "region": "ord", "workers": 2,
                 "listen": EVERYWHERE}
        if not IS_RELEASE:
            whole["sandbox"] = False
        whole.update((k.replace("_", "-"), v) for k, v in config.items())
        for dnsd in RUNNING:
            assert dnsd.process.poll() is not None or \
                not shared(whole, dnsd.config), \
                "two servers would share the questions to one address"
        dnsd = Dnsd(self.fresh(), whole, started or {})
        RUNNING.append(dnsd)
        dnsd.config = whole
        dnsd.store = store
        self.running.append(dnsd)
        if ready:
            # An asker that no test puts on another host.
            dnsd.wait_ready(source="fdaa:0:18::fffe", server=SERVER6)
        return dnsd

    def close(self):
        while self.running:
            self.running.pop().close()
