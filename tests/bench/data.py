"""The benchmarks' data: the same facts as our feed, as a zone, as hosts.

Everything is made from a seed, so two runs measure the same work.  A folder
that holds a finished set is not made again.
"""

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

SEED = 20260
NETWORK = "bench"
REGION = "iad"  # where the measured server stands

REGIONS = {
    "ams": (52.31, 4.77), "arn": (59.65, 17.94), "atl": (33.64, -84.43),
    "bog": (4.70, -74.14), "bom": (19.09, 72.87), "bos": (42.37, -71.01),
    "cdg": (49.01, 2.55), "den": (39.86, -104.67), "dfw": (32.90, -97.04),
    "ewr": (40.69, -74.17), "eze": (-34.82, -58.54), "fra": (50.03, 8.56),
    "gdl": (20.52, -103.31), "gig": (-22.81, -43.25), "gru": (-23.44, -46.47),
    "hkg": (22.31, 113.91), "iad": (38.95, -77.46), "jnb": (-26.14, 28.25),
    "lax": (33.94, -118.41), "lhr": (51.47, -0.45), "mad": (40.47, -3.56),
    "mia": (25.79, -80.29), "nrt": (35.76, 140.39), "ord": (41.98, -87.90),
    "otp": (44.57, 26.09), "phx": (33.43, -112.01), "qro": (20.62, -100.19),
    "scl": (-33.39, -70.79), "sea": (47.45, -122.31), "sin": (1.36, 103.99),
    "sjc": (37.36, -121.93), "syd": (-33.95, 151.18), "waw": (52.17, 20.97),
    "yul": (45.47, -73.74), "yyz": (43.68, -79.63),
}

FIRST = ("ancient", "bold", "calm", "dawn", "empty", "falling", "green",
         "hidden", "icy", "late", "misty", "nameless", "quiet", "rough",
         "silent", "wild")
SECOND = ("bird", "brook", "cloud", "dust", "feather", "fire", "frog", "lake",
          "moon", "paper", "potato", "river", "sea", "shadow", "stone", "tree")

NOERROR, NXDOMAIN = 0, 3


@dataclass
class App:
    name: str
    network: int
    # (id, region, address, group)
    instances: list = field(default_factory=list)


def network_prefix(network):
    return f"fdaa:0:{network:x}"


def app_name(n):
    return f"{FIRST[n % 16]}-{SECOND[n // 16 % 16]}-{n}"


class Fleet:
    """Apps and their instances; every instance has an id of its own."""

    def __init__(self, seed=SEED):
        self.random = random.Random(seed)
        self.regions = list(REGIONS)
        self.apps = []
        self.networks = {}  # number: id
        self._serial = 0

    def network(self, number, name):
        self.networks[number] = name

    def app(self, network, name, instances, regions=None):
        app = App(name, network)
        for i in range(instances):
            region = (regions[i % len(regions)] if regions
                      else self.random.choice(self.regions))
            app.instances.append(self._instance(network, region))
        self.apps.append(app)
        return app

    def _instance(self, network, region):
        self._serial += 1
        # An odd factor permutes 32 bits: ids look random and never repeat.
        n = self._serial * 2654435761 & 0xffffffff
        address = (f"{network_prefix(network)}:a7b:{self._serial & 0xfff:x}"
                   f":{n >> 16:x}:{n & 0xffff:x}:2")
        return f"{n:08x}", region, address, "web" if n & 3 else "worker"


def fleet_main(apps=100_000, empty=5_000, instances=310_000):
    """One network of 100,000 apps, 5,000 of them without instances."""
    fleet = Fleet()
    fleet.network(0x18, NETWORK)
    live = apps - empty
    counts = [1] * live
    left = instances - live
    while left > 0:
        i = int(live * fleet.random.random() ** 1.3)
        if counts[i] < 12:  # what fits 512 octets: no answer is cut
            counts[i] += 1
            left -= 1
    counts += [0] * empty
    order = list(range(apps))
    fleet.random.shuffle(order)
    for n in order:
        fleet.app(0x18, app_name(n), counts[n])
    return fleet


def fleet_even(networks, apps, instances=1):
    """Networks of the same size."""
    fleet = Fleet()
    for number in range(0x18, 0x18 + networks):
        fleet.network(number, f"n{number:x}")
        for n in range(apps):
            fleet.app(number, app_name(n), instances)
    return fleet


def fleet_corners():
    """Small networks, each for a question that is measured by itself."""
    fleet = Fleet()
    fleet.network(0x18, "crowd")
    fleet.app(0x18, "crowd", 1000, fleet.regions)
    fleet.app(0x18, "ten", 10)
    fleet.network(0x19, "list")
    for n in range(5000):
        fleet.app(0x19, f"app-{n:05}", 0)
    return fleet


# --- our feed -------------------------------------------------------------

def instance_line(network_id, app, instance):
    id_, region, address, group = instance
    return (f'{{"put":"instance","network":"{network_id}","app":"{app.name}",'
            f'"id":"{id_}","region":"{region}","addresses":["{address}"],'
            f'"group":"{group}"}}\n')


def write_feed(fleet, path):
    with open(path, "w") as out:
        out.write('{"snapshot":"begin"}\n')
        for id_, (lat, lon) in REGIONS.items():
            out.write(f'{{"put":"region","id":"{id_}","latitude":{lat},'
                      f'"longitude":{lon}}}\n')
        for number, id_ in fleet.networks.items():
            out.write(f'{{"put":"network","id":"{id_}","prefixes":'
                      f'["{network_prefix(number)}::/48"]}}\n')
        for app in fleet.apps:
            network_id = fleet.networks[app.network]
            if not app.instances:
                out.write(f'{{"put":"app","network":"{network_id}",'
                          f'"name":"{app.name}"}}\n')
            for instance in app.instances:
                out.write(instance_line(network_id, app, instance))
        out.write('{"snapshot":"end","commit":"bench-1"}\n')


# --- the peers' zone ------------------------------------------------------

def app_texts(app):
    """The TXT lists of an app, by the label that asks for them."""
    vms = ",".join(f"{i[0]} {i[1]}" for i in app.instances)
    regions = ",".join(sorted({i[1] for i in app.instances}))
    return {"vms": vms, "regions": regions,
            "all.vms": vms, "all.regions": regions}


def app_records(app):
    """(owner, type, value) of every name that the rules would compute."""
    for id_, region, address, group in app.instances:
        yield app.name, "AAAA", address
        yield f"{region}.{app.name}", "AAAA", address
        yield f"{id_}.vm.{app.name}", "AAAA", address
        yield f"{group}.process.{app.name}", "AAAA", address
    if app.instances:
        for label, text in app_texts(app).items():
            yield f"{label}.{app.name}", "TXT", f'"{text}"'


def write_zone(fleet, path):
    records = 0
    with open(path, "w") as out:
        out.write("$ORIGIN internal.\n$TTL 5\n"
                  "@ SOA ns hostmaster 1 3600 600 86400 5\n"
                  "@ NS ns\nns AAAA fdaa:0:18::3\n")
        for app in fleet.apps:
            for owner, type_, value in app_records(app):
                out.write(f"{owner} {type_} {value}\n")
                records += 1
    return records


def write_hosts(fleet, path):
    """For dnsmasq: its TXT records are one linear list, so it gets none.

    A name that has only TXT records gets an IPv4 address instead, so that
    AAAA of it is NODATA as it is elsewhere.
    """
    with open(path, "w") as out:
        for app in fleet.apps:
            for owner, type_, value in app_records(app):
                if type_ == "AAAA":
                    out.write(f"{value} {owner}.internal\n")
                elif owner.startswith("vms."):
                    out.write(f"192.0.2.1 {owner}.internal\n")


# --- questions ------------------------------------------------------------

def ask_app(rng, app):
    return f"{app.name}.internal AAAA", NOERROR, len(app.instances)


def ask_region(rng, app):
    region = rng.choice(app.instances)[1]
    count = sum(1 for i in app.instances if i[1] == region)
    return f"{region}.{app.name}.internal AAAA", NOERROR, count


def ask_vm(rng, app):
    id_ = rng.choice(app.instances)[0]
    return f"{id_}.vm.{app.name}.internal AAAA", NOERROR, 1


def ask_text(rng, app):
    label = rng.choice(("vms", "regions"))
    return f"{label}.{app.name}.internal TXT", NOERROR, 1


def ask_missing(rng, app):
    return f"{app.name}-x.internal AAAA", NXDOMAIN, 0


def ask_nodata(rng, app):
    return f"vms.{app.name}.internal AAAA", NOERROR, 0


MIX = ((60, ask_app), (15, ask_region), (10, ask_vm), (5, ask_text),
       (5, ask_missing), (5, ask_nodata))


def source_of(app, asker=0):
    return f"{network_prefix(app.network)}::{asker + 10:x}"


def write_questions(fleet, path, count, mix=MIX, sources=0):
    """`NAME TYPE RCODE ANSWERS`, and one of SOURCES addresses that ask."""
    rng = random.Random(SEED + 1)
    live = [app for app in fleet.apps if app.instances]
    asks = [ask for _, ask in mix]
    weights = [weight for weight, _ in mix]
    with open(path, "w") as out:
        for ask in rng.choices(asks, weights, k=count):
            app = rng.choice(live)
            question, rcode, answers = ask(rng, app)
            source = (f" {source_of(app, rng.randrange(sources))}"
                      if sources else "")
            out.write(f"{question} {rcode} {answers}{source}\n")


def write_first(questions, path):
    """A name that has an address, to see that a server answers."""
    for line in open(questions):
        name, type_, _, answers = line.split()[:4]
        if type_ == "AAAA" and answers != "0":
            path.write_text(name)
            return


# --- sets -----------------------------------------------------------------

def make(folder, build):
    """Runs build(folder) once; a half-made folder is made again."""
    folder = Path(folder)
    done = folder / "done"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        build(folder)
        done.touch()
    return folder


def _build_main(folder):
    fleet = fleet_main()
    write_feed(fleet, folder / "network.ndjson")
    records = write_zone(fleet, folder / "internal.zone")
    (folder / "records").write_text(str(records))
    write_hosts(fleet, folder / "hosts")
    write_questions(fleet, folder / "questions", 500_000)
    write_questions(fleet, folder / "questions-sources", 500_000, sources=1)
    write_first(folder / "questions", folder / "first")


def main_set(root):
    return make(Path(root) / "main", _build_main)


def even_set(root, networks, apps, askers=1):
    """ASKERS: addresses in each network that ask."""
    def build(folder):
        fleet = fleet_even(networks, apps)
        write_feed(fleet, folder / "network.ndjson")
        write_questions(fleet, folder / "questions", 500_000, sources=askers)

    return make(Path(root) / f"even-{networks}-{apps}-{askers}", build)


def corners_set(root):
    def build(folder):
        fleet = fleet_corners()
        write_feed(fleet, folder / "network.ndjson")
        crowd = network_prefix(0x18) + "::a"
        for name, text in (
                ("ten", f"ten.internal AAAA 0 10 {crowd}"),
                ("nearest",
                 f"top10.nearest.of.crowd.internal AAAA 0 10 {crowd}"),
                ("apps", "_apps.internal TXT 0 1")):
            (folder / name).write_text(text + "\n")

    return make(Path(root) / "corners", build)


if __name__ == "__main__":
    main_set(os.environ.get("BENCH_DATA", "build/bench/data"))
