#!/usr/bin/env python3
"""lines.py FOLDER...: how many lines each room has, and dnsd of its FOLDERs.

What is to be read stays as little as README.md says: some lines more than
BOUNDS are a failure, and a number of lines there that is none of these.
"""

import glob
import re
import sys

from rooms import ROOMS

# How an answer comes about: from a packet to its reply.
ANSWER = ["zones/base/*", "include/base/*", "zones/names/*",
          "include/zones/names/*", "zones/store/read/*",
          "include/zones/store/read/*", "zones/query/*",
          "include/zones/query/*", "dnsd/listen/udp*",
          "include/dnsd/listen/udp*"]
BOUNDS = {"an answer": 7500, "dnsd": 18000}
SAID = re.compile(r"\b([0-9,]+) lines")


def count(patterns):
    total = 0
    for pattern in patterns:
        for path in glob.glob(pattern):
            if path.endswith((".c", ".h")):
                with open(path, encoding="utf-8") as source:
                    total += sum(1 for line in source)
    return total


def patterns_of(folder):
    header = "include/base" if folder == "zones/base" else "include/" + folder
    return [folder + "/*", header + "/*"]


def folder_of(room):
    return "zones/base" if room == "base" else room


def main(linked):
    rooms = {room: count(patterns_of(folder_of(room))) for room in ROOMS}
    sums = {"an answer": count(ANSWER),
            "dnsd": sum(count(patterns_of(folder)) for folder in linked),
            "all": sum(rooms.values())}
    for name, lines in [*rooms.items(), *sums.items()]:
        print(f"{lines:6} {name}")
    bad = [f"{name} has {sums[name]} lines, at most {most} are allowed"
           for name, most in BOUNDS.items() if sums[name] > most]
    with open("README.md", encoding="utf-8") as readme:
        for said in SAID.findall(readme.read()):
            lines = int(said.replace(",", ""))
            if not any(abs(lines - n) < 500 for n in sums.values()):
                bad.append(f"README.md: what has {said} lines?")
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
