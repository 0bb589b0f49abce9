#!/usr/bin/env python3
"""lines.py FOLDER...: how many lines each room has, and dnsd, made of FOLDERs.

What is to be read stays as little as README.md says: more lines than BOUNDS
are a failure, and a number there that is a tenth off.  Who raises a bound
says in the commit what for.
"""

import glob
import os
import re
import sys

from rooms import ROOMS, includes, resolve

# How an answer comes about, from a packet to its reply.  Opening the store is
# not part of it.  Of base, it and the server have what they include.
ANSWER = ["zones/names/*", "zones/store/read/*", "zones/query/*",
          "dnsd/listen/udp*"]
BEFORE_IT = {"zones/store/read/" + name
             for name in ("guard.c", "news.c", "open.c", "pages.c", "slots.c",
                              "store.c")}
BOUNDS = {"an answer": 9500, "the server": 24680}
SAID = re.compile(r"\b([0-9]+,[0-9]{3})\b")


def sources(patterns):
    return {path for pattern in patterns for path in glob.glob(pattern)
            if path.endswith((".c", ".h"))}


def with_headers(paths):
    todo, seen = list(paths), set()
    while todo:
        path = todo.pop()
        if path in seen or not os.path.exists(path):
            continue
        seen.add(path)
        headers = [resolve(path, name) for kind, name in includes(path)
                   if kind == '"']
        todo += headers + [header.replace("include/base", "zones/base")
                           .replace(".h", ".c") for header in headers]
    return seen


def count(paths):
    total = 0
    for path in paths:
        with open(path, encoding="utf-8") as source:
            total += sum(1 for line in source)
    return total


def files_of(folder):
    header = "include/base" if folder == "zones/base" else "include/" + folder
    return sources([folder + "/*", header + "/*"])


def folder_of(room):
    return "zones/base" if room == "base" else room


def main(linked):
    answer = with_headers(sources(ANSWER) - BEFORE_IT)
    server = with_headers(path for folder in linked if folder != "zones/base"
                          for path in files_of(folder))
    rooms = {room: count(files_of(folder_of(room))) for room in ROOMS}
    sums = {"an answer": count(answer),
            "the server": count(server),
            "all": sum(rooms.values())}
    for name, lines in [*rooms.items(), *sums.items()]:
        print(f"{lines:6} {name}")
    bad = [f"{name} has {sums[name]} lines, at most {most} are allowed"
           for name, most in BOUNDS.items() if sums[name] > most]
    with open("README.md", encoding="utf-8") as readme:
        text = readme.read()
    bad += [f"README.md: what has {said} lines?" for said in SAID.findall(text)
            if not any(abs(1 - int(said.replace(",", "")) / n) < 0.1
                       for n in sums.values())]
    bad += [f"README.md: its tour lacks {path}" for path in sorted(answer)
            if path.endswith(".c") and f"`{os.path.basename(path)}`" not in text]
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
