#!/usr/bin/env python3
"""crash.py: what a writer leaves that is killed, a machine that stops, a disk
that is full; each held to what is promised.

A store stands where it stood before a transaction or after it, whole; what was
acknowledged is there; a reader that runs sees no other state, the next writer
gets in, and `dnsctl check` finds nothing.

	make crash                  a few hundred outcomes
	make crash COUNT=100000     so many
	make crash HOURS=1          for so long
"""

import contextlib
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

BUILD = os.environ["DNSD_BUILD"]
DNSCTL = os.path.join(BUILD, "dnsctl")
WORLD = os.path.join(BUILD, "crash", "world")
SHIM = os.path.join(BUILD, "crash", "shim.so")
IS_RELEASE = not os.path.basename(BUILD).endswith("san")
# What a sanitizer calls is not let through; nor can it look for leaks in who
# is traced.
UNBOXED = [] if IS_RELEASE else ["--no-sandbox"]
WATCHED = {} if IS_RELEASE else {
    "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

NETWORK = {"put": "network", "id": "acme", "prefixes": ["fdaa:0:18::/48"]}


# --- what is written

def instance(number, text=""):
    return {"put": "instance", "network": "acme", "app": f"app{number % 7}",
            "id": f"i{number}", "region": ("iad", "lhr")[number % 2],
            "addresses": [f"fdaa:0:18::{number + 4:x}"],
            "metadata": {"k": text or str(number)}}


def gone(number):
    return {"delete": "instance", "network": "acme",
            "app": f"app{number % 7}", "id": f"i{number}"}


def any_line(rng, size):
    number = rng.randrange(size)
    if rng.random() < 0.4:
        return gone(number)
    return instance(number, "x" * rng.choice((1, 20, 200)))


def transaction(lines, cursor):
    return "".join(json.dumps(line) + "\n"
                   for line in [*lines, {"commit": cursor}])


def scenario(rng):
    """A store's first transaction, and some more."""
    size = rng.choice((3, 30, 300))
    first = [NETWORK] + [instance(n) for n in range(size)]
    steps = [[any_line(rng, size) for _ in range(rng.choice((1, 5, 80)))]
             for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.3:
        steps.append([gone(n) for n in range(size)])
    return [transaction(lines, str(n))
            for n, lines in enumerate([first, *steps])]


# --- programs

def run(*arguments, prefix=(), env=None, stdin=""):
    return subprocess.run([*prefix, DNSCTL, *arguments], input=stdin,
                          text=True, capture_output=True, timeout=60,
                          env={**os.environ, **WATCHED, **(env or {})}, check=False)


# A step that changes no fact.
COMPACT = "compact"


def write(store, steps, **how):
    """The steps, one after the other; what is not facts stands alone."""
    if steps == [COMPACT]:
        return run("-s", store, "compact", **how)
    return run("-s", store, "follow", "-", *UNBOXED, stdin="".join(steps),
               **how)


# What a reader may say where there never was a commit.
NOTHING = ("absent", "store is damaged")


def is_one_of(state, allowed):
    return state in allowed or allowed[0] == "absent" and state in NOTHING


class World:
    """world.c: one process for all stores."""

    def __init__(self):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([WORLD], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer, f"{words}: the reader died"
        return answer

    def close(self):
        self.process.stdin.close()
        return self.process.wait(10)


class Crash:
    """A folder to break stores in, and how many outcomes were looked at."""

    def __init__(self):
        top = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="crash-", dir=top)
        self.world = World()
        self.count = {}
        self.made = 0

    def path(self):
        self.made += 1
        return os.path.join(self.folder, str(self.made))

    def close(self):
        self.world.close()
        shutil.rmtree(self.folder)

    def counted(self, kind):
        self.count[kind] = self.count.get(kind, 0) + 1

    def states(self, steps):
        """What a reader says after each of the steps, and before any."""
        store, states = self.path(), ["absent"]
        for step in steps:
            done = write(store, [step])
            assert done.returncode == 0, done.stderr
            states.append(self.world.ask("check", store))
        shutil.rmtree(store)
        return states

    def filled(self, steps, folder=None):
        store = self.path() if folder is None else f"{folder}/store"
        os.mkdir(store)
        for step in steps:
            assert write(store, [step]).returncode == 0
        return store


# --- a writer is killed

CALL = re.compile(r"^\d+ +(\w+)\(")
# Those of the C library and the sanitizers, which touch no file.
QUIET = {"mprotect", "munmap", "brk", "madvise", "futex", "gettid", "rseq",
         "rt_sigprocmask", "rt_sigaction", "sigaltstack", "set_robust_list",
         "sched_getaffinity", "uname", "getpid"}


def calls_of(log):
    """Each call after the store was opened, and the how-manieth it is."""
    seen, began = {}, False
    with open(log, encoding="utf-8") as lines:
        main = None
        for line in lines:
            call = CALL.match(line)
            main = main or line.split()[0]
            if call is None or line.split()[0] != main:
                continue
            name = call[1]
            seen[name] = seen.get(name, 0) + 1
            began = began or "lock.mdb" in line or "mkdir" in name
            if not began or name in QUIET or name == "exit_group" or \
                    name == "mmap" and (not IS_RELEASE or "ANON" in line):
                continue
            yield name, seen[name]


def traced(store, steps, log, inject=()):
    return write(store, steps, prefix=("strace", "-f", "-o", log, *inject))


def kill_points(crash, before, steps):
    store = crash.filled(before)
    log = store + ".log"
    done = traced(store, steps, log)
    assert done.returncode == 0, done.stderr
    points = list(calls_of(log))
    shutil.rmtree(store)
    assert points, "nothing is to be killed at"
    return points


def acknowledged(text):
    return text.count('"committed"')


AFTER = transaction([NETWORK, instance(9999)], "after")


def hold(crash, store, allowed, what):
    """The promises, of a store with a reader."""
    state = crash.world.ask("look")
    assert is_one_of(state, allowed), f"{what}: a reader says {state}"
    done = run("-s", store, "check")
    assert done.returncode == 0 or state in NOTHING, \
        f"{what}: check says {done.stdout} {done.stderr}"
    done = run("-s", store, "apply", "-", stdin=AFTER)
    assert done.returncode == 0, f"{what}: the next writer: {done.stderr}"
    assert crash.world.ask("look").endswith("/after"), \
        f"{what}: the next commit is not seen"
    checked = crash.world.ask("check", store)
    assert checked.endswith("/after"), f"{what}: then {checked}"


def killed_at(crash, before, steps, states, point):
    name, number = point
    store = crash.filled(before)
    crash.world.ask("open", store)
    done = traced(store, steps, os.devnull,
                  (f"-einject={name}:signal=KILL:when={number}",))
    least = len(before) + acknowledged(done.stdout)
    hold(crash, store, states[least:],
         f"killed at {name} {number} (status {done.returncode})")
    shutil.rmtree(store)
    crash.counted("killed")


def kill_everywhere(crash, whole, first, only=lambda point: True):
    """At each call of the transactions from FIRST on, one after the other."""
    before, steps = whole[:first], whole[first:]
    states = crash.states(whole)
    for point in kill_points(crash, before, steps):
        if only(point):
            killed_at(crash, before, steps, states, point)


# --- the machine stops

RECORD = struct.Struct("<BBHIQ")
SECTOR = 512


def records(log):
    with open(log, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        kind, file, _, length, where = RECORD.unpack_from(data, at)
        at += RECORD.size
        held = data[at:at + length] if chr(kind) != "t" else b""
        at += len(held)
        yield chr(kind), file, where, held


def put(data, where, held):
    if len(data) < where + len(held):
        data.extend(bytes(where + len(held) - len(data)))
    data[where:where + len(held)] = held


class Disk:
    """What is safe, and what of the rest may be there or not."""

    def __init__(self, store):
        self.safe, self.pending = {}, {}   # by file
        self.names = {}                    # what the folder calls it
        self.renames = []                  # not yet safe
        self.start = {}
        for name in set(os.listdir(store)) - {"lock.mdb"}:
            with open(os.path.join(store, name), "rb") as f:
                self.start[name] = f.read()

    def take(self, record):
        kind, file, where, held = record
        if kind == "n":
            name = held.decode()
            self.safe[file] = bytearray(self.start.get(name, b""))
            self.pending[file] = []
            self.names[name] = file
        elif kind == "r":
            self.renames.append((held.decode(), file))
        elif kind == "s":
            self.sync(file)
        elif kind == "d":
            put(self.safe[file], where, held)
        elif kind in "wt":
            self.pending[file].append((kind, where, held))

    def sync(self, file):
        if file == self.names.get(""):     # the folder itself
            for name, moved in self.renames:
                self.names[name] = moved
            self.renames = []
        for change in self.pending[file]:
            self.apply(self.safe[file], change)
        self.pending[file] = []

    @staticmethod
    def apply(data, change):
        kind, where, held = change
        if kind == "w":
            put(data, where, held)
        elif where < len(data):
            del data[where:]
        else:
            data.extend(bytes(where - len(data)))

    def left(self, rng, chance):
        """One image: each unsynced sector is there by CHANCE, in any order."""
        files = {}
        for file, safe in self.safe.items():
            data = bytearray(safe)
            todo = list(self.pending[file])
            rng.shuffle(todo)
            for kind, where, held in todo:
                if kind == "t":
                    if rng.random() < chance:
                        self.apply(data, (kind, where, held))
                    continue
                for at in range(0, len(held), SECTOR):
                    if rng.random() < chance:
                        put(data, where + at, held[at:at + SECTOR])
            files[file] = data
        names = dict(self.names)
        for name, moved in self.renames:
            if rng.random() < chance:
                names[name] = moved
        return {**self.start,
                **{name: files[file] for name, file in names.items()
                   if name == "data.mdb"}}


def stop_everywhere(crash, rng, whole, first, chances=(0, 1, 0.5)):
    """At each write and sync; once for each of CHANCES."""
    before, states = whole[:first], crash.states(whole)
    store = crash.filled(before)
    log = store + ".log"
    disk = Disk(store)
    done = write(store, whole[first:], env={
        "LD_PRELOAD": SHIM, "CRASH_STORE": store, "CRASH_LOG": log})
    assert done.returncode == 0, done.stderr
    shutil.rmtree(store)
    # The first line of those that follow says where the store stands.
    told = first - (whole[first:] != [COMPACT])
    for number, record in enumerate(records(log)):
        disk.take(record)
        told += record[0] == "o"
        for chance in chances:
            image(crash, disk.left(rng, chance), states[max(told, first):],
                  f"stopped after call {number}, {chance} of the rest")
    assert told == len(whole)


def image(crash, files, allowed, what):
    store = crash.path()
    os.mkdir(store)
    for name, data in files.items():
        with open(os.path.join(store, name), "wb") as f:
            f.write(data)
    state = crash.world.ask("check", store)
    assert is_one_of(state, allowed), f"{what}: a reader says {state}"
    wrote = crash.world.ask("write", store)
    assert wrote == "success", f"{what}: the next writer: {wrote} ({store})"
    shutil.rmtree(store)
    crash.counted("stopped")


# --- the disk is full

def octets_of(crash, before, steps):
    store = crash.filled(before)
    log = store + ".log"
    env = {"LD_PRELOAD": SHIM, "CRASH_STORE": store, "CRASH_LOG": log}
    assert write(store, steps, env=env).returncode == 0
    shutil.rmtree(store)
    return sum(len(held) for kind, _, _, held in records(log)
               if kind in "wd")


def full_hold(crash, store, done, states, what):
    """Of a writer that is DONE, when there is room again."""
    least = acknowledged(done.stdout)
    assert done.returncode == 0 or done.returncode == 1 and \
        "no space left" in done.stderr, f"{what}: {done.stderr}"
    hold(crash, store, states[least:], what)
    shutil.rmtree(store)
    crash.counted("full")


def fill_everywhere(crash, whole, first, rooms):
    """ROOMS chooses of all the octets that are written."""
    before, steps = whole[:first], whole[first:]
    states = crash.states(whole)[first:]
    for room in rooms(octets_of(crash, before, steps)):
        store = crash.filled(before)
        crash.world.ask("open", store)
        done = write(store, steps, env={
            "LD_PRELOAD": SHIM, "CRASH_STORE": store, "CRASH_ROOM": str(room)})
        full_hold(crash, store, done, states, f"room for {room} octets")


def fill_disk(crash, whole, first, folder, pages):
    """FOLDER is a file system of its own, which gets so many pages of room."""
    store = crash.filled(whole[:first], folder)
    states = crash.states(whole)[first:]
    crash.world.ask("open", store)
    ballast = os.path.join(folder, "ballast")
    with open(ballast, "wb", buffering=0) as f:
        with contextlib.suppress(OSError):
            while True:
                f.write(bytes(4096))
        f.truncate(f.tell() - 4096 * pages)
    done = write(store, whole[first:])
    os.remove(ballast)
    full_hold(crash, store, done, states, f"room for {pages} pages")


# --- by hand

def round_of(crash, rng):
    whole = scenario(rng)
    first = rng.randrange(len(whole))
    if rng.random() < 0.2:
        first = len(whole)
        whole.append(COMPACT)
    stop_everywhere(crash, rng, whole, first,
                    (0, 1, *(rng.random() for _ in range(8))))
    fill_everywhere(crash, whole, first, lambda most: (
        rng.randint(0, most) for _ in range(20)))
    kill_everywhere(crash, whole, first, lambda point: rng.random() < 0.5)


def main():
    hours, count = (float(os.environ.get(name) or 0)
                    for name in ("HOURS", "COUNT"))
    until = time.monotonic() + hours * 3600
    seed = int(os.environ.get("SEED") or time.time())
    count = count or (0 if hours else 500)
    with contextlib.closing(Crash()) as crash:
        while time.monotonic() < until or sum(crash.count.values()) < count:
            print(f"SEED={seed} ", end="", flush=True)
            round_of(crash, random.Random(seed))
            print(", ".join(f"{number} {kind}"
                            for kind, number in crash.count.items()))
            seed += 1
        print(f"{sum(crash.count.values())} passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
