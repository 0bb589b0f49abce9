"""A gateway's device: what a start and a change of its peers take.

    bench_wireguard.py

The device is wireguard-go's, so what it does with a peer is its time too.  A
change is committed by `dnsctl apply`; it is there when the kernel tells of its
route, which comes behind the peer.
"""

import base64
import json
import os
import random
import statistics
import subprocess
import sys
import time

from measure import BUILD, WORK, machine, publish, resident, table

PEERS, CHANGES, STARTS = 5000, 41, 5
DEVICE = "wgbench0"
DNSCTL = BUILD / "dnsctl"


def in_own_namespaces():
    """Runs the program again where devices and /run are its own."""
    if os.environ.get("BENCH_NETWORK") != "own":
        environment = dict(os.environ, BENCH_NETWORK="own")
        os.execvpe("unshare", ["unshare", "-nm", sys.executable, *sys.argv],
                   environment)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)


def peer(number, key=None):
    rng = random.Random(key or number)
    return {"put": "peer", "network": "acme", "name": f"p{number}",
            "gateway": "g1",
            "public_key": base64.b64encode(rng.randbytes(32)).decode(),
            "addresses": [f"fdaa:0:18:0:1:{number:x}:a:2/120"]}


def apply(store, facts):
    """Returns when they are committed."""
    subprocess.run([DNSCTL, "-s", store, "apply", "-"], check=True,
                   input="".join(json.dumps(fact) + "\n" for fact in facts),
                   text=True, stdout=subprocess.DEVNULL)


def once(store):
    begun = time.monotonic()
    subprocess.run([DNSCTL, "-s", store, "wireguard", "follow", DEVICE,
                    "--gateway", "g1", "--once"], check=True)
    return time.monotonic() - begun


def device():
    """A new one."""
    # pylint: disable-next=consider-using-with
    process = subprocess.Popen(["wireguard-go", "-f", DEVICE],
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    while not os.path.exists(f"/run/wireguard/{DEVICE}.sock"):
        time.sleep(0.01)
    subprocess.run(["ip", "link", "set", DEVICE, "up"], check=True)
    return process


def changes(store):
    """Seconds from a commit to its route, each; and what follow holds."""
    follow = subprocess.Popen([DNSCTL, "-s", store, "wireguard", "follow",
                               DEVICE, "--gateway", "g1"])
    # Beginning, follow puts thousands of routes, more than a monitor may hold.
    time.sleep(2)
    monitor = subprocess.Popen(["ip", "-6", "monitor", "route"], text=True,
                               stdout=subprocess.PIPE)
    time.sleep(1)
    took = []
    for i in range(CHANGES):
        number = PEERS + 1 + i
        apply(store, [peer(number)])
        begun = time.monotonic()
        while f":1:{number:x}:" not in (told := monitor.stdout.readline()):
            if not told:
                sys.exit("ip monitor ended")
        took.append(time.monotonic() - begun)
    held = resident(follow.pid)
    for process in follow, monitor:
        process.terminate()
        process.wait()
    return took, held


def main():
    in_own_namespaces()
    WORK.mkdir(parents=True, exist_ok=True)
    store = str(WORK / "wireguard")
    subprocess.run(["rm", "-rf", store], check=True)
    apply(store, [{"put": "network", "id": "acme",
                   "prefixes": ["fdaa:0:18::/48"]},
                  {"put": "gateway", "id": "g1", "region": "iad",
                   "endpoint": "gw.example", "number": 1,
                   "public_key": peer(1)["public_key"]},
                  *[peer(n) for n in range(1, PEERS + 1)]])
    first, again = [], []
    for i in range(STARTS):
        running = device()
        first.append(once(store))
        again.append(once(store))
        if i < STARTS - 1:
            running.terminate()
            running.wait()
    took, held = changes(store)
    running.terminate()
    running.wait()
    rows = [[what, f"{statistics.median(times) * 1000:,.0f}",
             f"{max(times) * 1000:,.0f}"] for what, times in (
                 (f"start, {PEERS:,} peers to put", first),
                 (f"start, {PEERS:,} peers that are there", again),
                 ("one peer more, from its commit", took))]
    publish("wireguard", f"{machine()}; {STARTS} starts, {CHANGES} changes. "
            f"`follow` holds {held / 1e6:.0f} MB.\n\n"
            + table(["", "ms, median", "ms, longest"], rows))


main()
