#!/usr/bin/env python3
"""control_plane.py STORE - an app's life over `dnsctl follow -`; see docs/feed.md.

A class to build on: change() takes facts that belong together and returns when
they are on the disk, with what was left out of them and why.
"""

import itertools
import json
import subprocess
import sys
import time


class ControlPlane:
    def __init__(self, store):
        self.follower = subprocess.Popen(
            ["dnsctl", "-s", store, "follow", "-"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # Where the store stands: a source of its own resumes from there.
        standing = json.loads(self.follower.stdout.readline())["standing"]
        self.cursors = itertools.count(int(standing or 0) + 1)

    def change(self, *facts):
        lines = [*facts, {"commit": str(next(self.cursors))}]
        self.follower.stdin.write("".join(json.dumps(l) + "\n" for l in lines))
        self.follower.stdin.flush()
        return json.loads(self.follower.stdout.readline()).get("left_out", [])

    def close(self):
        self.follower.stdin.close()
        return self.follower.wait()


def instance(number, version, prefix="fdaa:0:77", region="iad", **more):
    return {"put": "instance", "network": "shop", "app": "web",
            "id": f"i{number}v{version}", "region": region,
            "addresses": [f"{prefix}::{version}:{number}"], **more}


def gone(fact):
    return {"delete": "instance", **{k: fact[k] for k in ("network", "app", "id")}}


def life(plane, count=3, pause=5):
    network = {"put": "network", "id": "shop", "prefixes": ["fdaa:0:77::/48"]}
    left_out = plane.change(network, *(instance(n, 1) for n in range(count)))
    for n in range(count):  # a rolling update: drained, then replaced
        left_out += plane.change(instance(n, 1, state="draining"), instance(n, 2))
        time.sleep(pause)
        left_out += plane.change(gone(instance(n, 1)))
    left_out += plane.change(instance(0, 2, region="lhr"))  # it moved
    left_out += plane.change(  # another prefix: all of it in one commit
        network | {"prefixes": ["fdaa:0:78::/48"]},
        *(instance(n, 2, "fdaa:0:78") for n in range(count)))
    return left_out


if __name__ == "__main__":
    control_plane = ControlPlane(sys.argv[1])
    print(life(control_plane, pause=float(sys.argv[2]) if sys.argv[2:] else 5))
    sys.exit(control_plane.close())
