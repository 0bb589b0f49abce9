#!/usr/bin/env python3
"""rooms.py: the plan of the house, held against its sources and objects.

Each room is a folder of sources with its headers in include/, and knows only
the rooms in its row.  Neither includes nor calls run in a circle, between
rooms or between files.  Prints a line for each thing that is not so, with the
two files and the name that ties them.
"""

import collections
import os
import re
import subprocess
import sys

# What a room may know, besides itself.  To add a room: its row, in order, here
# and in docs/architecture.md, and its folder in the Makefile.
READ = ["base", "zones/names", "zones/store/read"]
WRITE = ["base", "zones/names", "zones/facts", "zones/store/read",
         "zones/store/write"]
ROOMS = {
    "base": [],
    "zones/names": ["base"],
    "zones/facts": ["base", "zones/names"],
    "zones/store/read": ["base", "zones/names"],
    "zones/store/write": ["base", "zones/names", "zones/facts",
                          "zones/store/read"],
    "zones/query": READ,
    "zones/feed": WRITE,
    "host": [],
    "dnsd/config": ["base", "zones/names"],
    "dnsd/tap": READ + ["dnsd/config"],
    "dnsd/forward": READ + ["zones/query", "dnsd/config", "dnsd/tap"],
    "dnsd/listen": READ + ["zones/query", "dnsd/config", "dnsd/forward"],
    "dnsd/server": READ + ["zones/query", "host", "dnsd/config",
                           "dnsd/tap", "dnsd/forward", "dnsd/listen"],
    "dnsd": ["base", "dnsd/config", "dnsd/server"],
    "dnsctl/source": WRITE + ["host"],
    "dnsctl/etcd": WRITE + ["zones/feed", "dnsctl/source"],
    "dnsctl/listen": ["base"],
    "dnsctl/relay": WRITE + ["zones/feed", "dnsctl/listen", "dnsctl/source"],
    "dnsctl/control": ["base"],
    "dnsctl/explain": WRITE + ["zones/query", "dnsd/config"],
    "dnsctl/doctor": WRITE + ["host", "dnsd/config", "dnsctl/control"],
    "dnsctl/serve": WRITE + ["host", "dnsctl/listen", "dnsctl/control",
                             "dnsctl/explain"],
    "dnsctl/wireguard": WRITE + ["host", "dnsctl/etcd"],
    "dnsctl": WRITE + ["zones/query", "host", "dnsd/config", "zones/feed",
                       "dnsctl/etcd", "dnsctl/source", "dnsctl/relay",
                       "dnsctl/control", "dnsctl/doctor", "dnsctl/explain",
                       "dnsctl/serve", "dnsctl/wireguard"],
}

# Which rooms may include what is not ours.
STORE = ["zones/store/read", "zones/store/write"]
SERVER = ["dnsd/forward", "dnsd/listen", "dnsd/server"]
LIBRARIES = {
    "lmdb.h": STORE,
    "event2/": SERVER,
    "openssl/": ["dnsd/forward", "dnsctl/etcd", "dnsctl/wireguard"],
    "png.h": ["dnsctl/wireguard"],
    "qrencode.h": ["dnsctl/wireguard"],
    "yaml.h": ["dnsd/config"],
    "curl/": ["dnsctl/etcd", "dnsctl/relay"],
    "jansson.h": ["zones/facts", "zones/feed", "dnsctl/etcd",
                  "dnsctl/control", "dnsctl/doctor", "dnsctl/explain", "dnsctl/serve",
                  "dnsctl/wireguard",
                  "dnsctl"],
    "ldns/": ["zones/facts", "dnsctl/explain", "dnsctl/control", "dnsctl"],
    "microhttpd.h": ["dnsctl/relay", "dnsctl/serve"],
    "gnutls/": ["dnsctl/relay"],
    "fstrm.h": ["dnsd/tap"],
    "dnstap.pb-c.h": ["dnsd/tap"],
    "seccomp.h": ["host"],
}
# Our headers that show LMDB, and so are the store's alone.
STORE_ONLY = ["zones/store/read/keys.h", "zones/store/read/env.h",
              "zones/store/read/recent.h", "zones/store/read/pack.h",
              "zones/store/read/guard.h"]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)
MANUAL = "docs/architecture.md"
MANUAL_ROOM = re.compile(r"^- \*\*`([a-z/]+)`\*\*", re.M)
found = []


def complain(line):
    found.append(line)


def room_of(path):
    """The room of a source or header; None where it stands in none."""
    folder = os.path.dirname(path.removeprefix("include/"))
    folder = {"zones/base": "base"}.get(folder, folder)
    return folder if folder in ROOMS else None


def includes(path):
    with open(path, encoding="utf-8") as source:
        return INCLUDE.findall(source.read())


def resolve(path, name):
    """The file that a quoted include of PATH means."""
    if "/" not in name:
        return os.path.join(os.path.dirname(path), name)
    return os.path.join("include", name)


def check_library(path, room, name):
    for what, rooms in LIBRARIES.items():
        if name.startswith(what) and room not in rooms:
            complain(f"{path}: <{name}> is only for {' '.join(rooms)}")


def check_include(path, room, name):
    target = resolve(path, name)
    if not os.path.exists(target):
        complain(f'{path}: "{name}" is not beside it' if "/" not in name
                 else f'{path}: there is no "{name}"')
        return None
    other = room_of(target)
    if other != room and other not in ROOMS[room]:
        complain(f'{path}: "{name}" is of {other}, which {room} does not know')
    if name in STORE_ONLY and room not in STORE:
        complain(f'{path}: "{name}" is only for {" ".join(STORE)}')
    return target


def own_header(path):
    """The header that a source must include first, so that it compiles alone."""
    header = "include/" + path.removesuffix(".c") + ".h"
    header = header.replace("include/zones/base/", "include/base/")
    return header if os.path.exists(header) else None


def check_file(path):
    """Holds one file to its room's row; returns the files that it includes."""
    room = room_of(path)
    if room is None:
        complain(f"{path}: is in no room")
        return {}
    names = includes(path)
    targets = {}
    for kind, name in names:
        if kind == "<":
            check_library(path, room, name)
            continue
        target = check_include(path, room, name)
        if target is not None:
            targets[target] = f'includes "{name}"'
    header = own_header(path) if path.endswith(".c") else None
    if header and (not names or "include/" + names[0][1] != header):
        complain(f"{path}: its own header, {header}, does not come first")
    return targets


def circles(edges):
    """Sets of nodes that reach each other (Tarjan)."""
    index, low, stack, on, out = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in edges.get(node, {}):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            circle = set()
            while node not in circle:
                circle.add(stack.pop())
            on.difference_update(circle)
            if len(circle) > 1:
                out.append(circle)

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return out


def check_circles(edges, what):
    for circle in circles(edges):
        complain(f"a circle of {what}:")
        for node in sorted(circle):
            for other, why in sorted(edges[node].items()):
                if other in circle:
                    complain(f"  {node} -> {other}: {why}")


def symbols(objects):
    """(source, letter, name) for each external symbol."""
    command = ["gcc-nm", "-A", "--format=posix", *objects]
    text = subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout
    for line in text.splitlines():
        path, name, letter = line.replace(": ", " ", 1).split()[:3]
        yield path, letter, name


def calls(objects, prefix):
    """source -> source -> the names that the first takes from the second."""
    defined, wanted = {}, []
    for path, letter, name in symbols(objects):
        source = path.removeprefix(prefix).removesuffix(".o") + ".c"
        if letter in "TDBR" and name != "main":
            defined[name] = source
        elif letter == "U":
            wanted.append((source, name))
    edges = collections.defaultdict(dict)
    for source, name in wanted:
        other = defined.get(name, source)
        if other == source:
            continue
        so_far = edges[source].get(other, "")
        edges[source][other] = f"{so_far} {name}".strip()
        if room_of(other) not in [room_of(source), *ROOMS[room_of(source)]]:
            complain(f"{source} calls {name} of {other}, which "
                     f"{room_of(source)} does not know")
    return edges


def check_manual():
    """The manual has the rooms in their order."""
    with open(MANUAL, encoding="utf-8") as manual:
        told = MANUAL_ROOM.findall(manual.read())
    told = ["base" if room == "zones/base" else room for room in told]
    if told != list(ROOMS):
        complain(f"{MANUAL}: its rooms are {' '.join(told)}, ours are "
                 f"{' '.join(ROOMS)}")


def main(build):
    files = [os.path.join(folder, name)
             for top in ("include", "zones", "dnsd", "dnsctl")
             for folder, _, names in os.walk(top)
             for name in sorted(names) if name.endswith((".c", ".h"))]
    check_circles({path: check_file(path) for path in files}, "includes")
    sources = [path for path in files if path.endswith(".c")]
    prefix = build + "/obj/"
    objects = [prefix + path.removesuffix(".c") + ".o" for path in sources]
    check_circles(calls(objects, prefix), "calls")
    check_manual()
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
