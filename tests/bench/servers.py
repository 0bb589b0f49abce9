"""The servers that are measured: ours, its peers, and the floor.

A server has a name, listens on a port of its own, and is made ready in a
folder of its own below build/bench.  All run one thread that answers; what
else they need to be as fast as they can is in their configurations here.
"""

import re
import shutil
import subprocess

import data
from measure import (BUILD, RESOLVER, WORK, Process, package_version,
                     wait_for_answer)

ZONE = "internal"


class Server:
    name = ""
    package = ""
    port = 0
    address = "127.0.0.1"
    sources = False  # asked from the addresses in the questions
    echo = False     # it sends back what comes, or OCTETS of its own
    octets = 0
    process = None

    def __init__(self, main_set):
        self.data = main_set
        self.folder = WORK / re.sub("[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def version(self):
        return package_version(self.package)

    def fresh(self):
        """Makes everything that start() needs, from nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.prepare()

    def prepare(self):
        """Writes the configuration into the folder."""

    def command(self):
        raise NotImplementedError

    def start(self, first_name=None, pause=0.02):
        """Starts; where a name is given, until it is answered (seconds)."""
        self.process = Process(self.command(), self.folder / "log")
        if first_name:
            return wait_for_answer(self, first_name, pause=pause)
        return 0.0

    def stop(self):
        if self.process:
            self.process.stop()
        self.process = None

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name


class Echo(Server):
    name = "bare echo"
    port = 5301
    echo = True

    def version(self):
        return ""

    def command(self):
        return [BUILD / "echo", self.address, self.port]


class EchoAnswers(Echo):
    """What the mix's answers cost the kernel: they are longer."""

    octets = 117  # the mean answer to the mix
    name = f"bare echo of {octets} octets"
    port = 5318

    def command(self):
        return [BUILD / "echo", "-s", self.octets, self.address, self.port]


class EchoWildcard(Echo):
    """The floor of a wildcard listener: it must say which address it was."""

    name = "bare echo (wildcard)"
    port = 5302
    address = RESOLVER
    sources = True

    def command(self):
        return [BUILD / "echo", "-i", "::", self.port]


class Dnsd(Server):
    name = "dnsd"
    port = 5303
    network = data.NETWORK

    def version(self):
        return ""

    def store(self):
        return self.folder / "store"

    def feed(self):
        return self.data / "network.ndjson"

    def prepare(self):
        self.apply()
        self.configure()

    def apply(self):
        subprocess.run([BUILD / "dnsctl", "-s", self.store(), "apply",
                        self.feed()], check=True)

    def listeners(self):
        return (f'  - address: "{self.address}:{self.port}"\n'
                f"    network: {self.network}\n")

    def configure(self, workers=1, more=""):
        self.write("dnsd.conf",
                   f"store: {self.store()}\n"
                   f"region: {data.REGION}\n"
                   f"workers: {workers}\n"
                   f"listen:\n{self.listeners()}{more}")

    def command(self):
        return [BUILD / "dnsd", "-c", self.folder / "dnsd.conf"]


class DnsdWildcard(Dnsd):
    """As on a host: one listener, the network told by the asker."""

    name = "dnsd (wildcard)"
    port = 5304
    address = RESOLVER
    sources = True

    def listeners(self):
        return f'  - address: "[::]:{self.port}"\n'


class Nsd(Server):
    name = "NSD"
    package = "nsd"
    port = 5305

    def prepare(self):
        self.write("nsd.conf", f"""
server:
  server-count: 1
  ip-address: {self.address}
  port: {self.port}
  username: ""
  zonesdir: "{self.folder}"
  database: ""
  zonelistfile: "{self.folder}/zone.list"
  xfrdfile: "{self.folder}/xfrd.state"
  xfrdir: "{self.folder}"
  pidfile: "{self.folder}/nsd.pid"
  minimal-responses: yes
  rrl-ratelimit: 0
  tcp-count: 200
remote-control:
  control-enable: no
zone:
  name: "{ZONE}"
  zonefile: "{self.data}/internal.zone"
""")

    def command(self):
        return ["nsd", "-d", "-c", self.folder / "nsd.conf"]


class Knot(Server):
    name = "Knot"
    package = "knot"
    port = 5306

    def prepare(self):
        self.write("knot.conf", f"""
server:
  rundir: {self.folder}
  listen: {self.address}@{self.port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: warning
database:
  storage: {self.folder}
acl:
  - id: update
    address: 127.0.0.1
    action: update
zone:
  - domain: {ZONE}
    file: {self.data}/internal.zone
    acl: update
    semantic-checks: off
    zonefile-sync: -1
    zonefile-load: whole
""")

    def command(self):
        return ["knotd", "-c", self.folder / "knot.conf"]


class Bind(Server):
    name = "BIND"
    package = "bind9"
    port = 5307

    def prepare(self):
        # Updates are written beside the zone's file: it gets a copy.
        shutil.copy(self.data / "internal.zone", self.folder)
        self.write("named.conf", f"""
options {{
  directory "{self.folder}";
  listen-on port {self.port} {{ {self.address}; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
  minimal-responses yes;
  dnssec-validation no;
  notify no;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
zone "{ZONE}" {{
  type primary;
  file "internal.zone";
  allow-update {{ 127.0.0.1; }};
}};
""")

    def command(self):
        return ["named", "-f", "-n", 1, "-X", "none", "-c",
                self.folder / "named.conf"]


class PowerDns(Server):
    name = "PowerDNS LMDB"
    package = "pdns-server"
    port = 5308
    settings = ""

    def prepare(self):
        self.configure()
        self.load_zone()

    def configure(self):
        self.write("pdns.conf", f"""
launch=lmdb
lmdb-filename={self.folder}/pdns.lmdb
socket-dir={self.folder}
local-address={self.address}
local-port={self.port}
receiver-threads=1
distributor-threads=1
daemon=no
guardian=no
{self.settings}""")

    def load_zone(self):
        subprocess.run(["pdnsutil", f"--config-dir={self.folder}",
                        "load-zone", ZONE, self.data / "internal.zone"],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def command(self):
        return ["pdns_server", f"--config-dir={self.folder}"]


class PowerDnsUncached(PowerDns):
    name = "PowerDNS LMDB, no cache"
    port = 5309
    settings = "cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\n"


class Dnsmasq(Server):
    """No zones: a file of hosts, and no TXT (they are searched linearly)."""

    name = "dnsmasq"
    package = "dnsmasq-base"
    port = 5310

    def command(self):
        return ["dnsmasq", "--keep-in-foreground", "--user=root",
                "--conf-file=/dev/null", f"--pid-file={self.folder}/pid",
                "--no-resolv", "--no-hosts", f"--local=/{ZONE}/",
                f"--addn-hosts={self.data}/hosts", "--local-ttl=5",
                f"--port={self.port}", f"--listen-address={self.address}",
                "--bind-interfaces", "--cache-size=0"]


FLOORS = (Echo, EchoAnswers, EchoWildcard)
OURS = (Dnsd, DnsdWildcard)
PEERS = (Nsd, Knot, Bind, PowerDns, PowerDnsUncached, Dnsmasq)
