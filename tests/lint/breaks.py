#!/usr/bin/env python3
"""breaks.py: lint sees what it is there for.

Each row breaks one thing in a copy of the tree, built as lint builds it, and a
check of run.sh, or a test, must fail and say what it is and where.  Ends with
"N passed, N failed".
"""

import os
import re
import shutil
import subprocess
import sys

COPY = "build/lint/copy"
BUILT = "build/lint/gcc"
CHECKS = ["rooms", "names", "lines", "no_writer", "no_sockets", "musl"]


def behind(*lines):
    return lambda text: text + "".join(line + "\n" for line in lines)


def before(first, line):
    """A line before the one that begins with FIRST."""
    return lambda text: re.sub(f"^(?={re.escape(first)})", line + "\n", text,
                               count=1, flags=re.M)


def without(start):
    """No line that begins with START."""
    return lambda text: re.sub(f"^{re.escape(start)}.*\n", "", text,
                               flags=re.M)


def calling(declaration, call):
    """One function more, which makes a call of what is declared so."""
    return behind(declaration, "void broken(void);", "void", "broken(void)",
                  "{", f"\t(void){call};", "}")


# What is broken; in which files and how; which check says it; its words.  A
# file that is not there is made.
ROWS = [
    ("an include of a room that is not known",
     {"zones/query/query.c":
      before("#include", '#include "zones/store/write/txn.h"')},
     "rooms", ["zones/query/query.c", "zones/store/write/txn.h"]),
    ("a call of a room that is not known",
     {"dnsd/server/steer.c":
      calling("void store_abort(void *);", "store_abort(0)")},
     "rooms", ["dnsd/server/steer.c", "store_abort", "zones/store/write"]),
    ("a library in a room that may not have it",
     {"zones/query/query.c": before("#include", "#include <event2/event.h>")},
     "rooms", ["zones/query/query.c", "<event2/event.h>"]),
    ("a circle of includes",
     {"include/dnsctl/etcd/etcd.h":
      before("#include", '#include "dnsctl/etcd/key.h"'),
      "include/dnsctl/etcd/key.h":
      before("#include", '#include "dnsctl/etcd/etcd.h"')},
     "rooms", ["circle of includes",
               "include/dnsctl/etcd/etcd.h -> include/dnsctl/etcd/key.h",
               "include/dnsctl/etcd/key.h -> include/dnsctl/etcd/etcd.h"]),
    ("a circle of calls",
     {"dnsctl/etcd/json.c":
      calling("void etcd_abort(struct etcd *);", "etcd_abort(NULL)")},
     "rooms", ["circle of calls",
               "dnsctl/etcd/json.c -> dnsctl/etcd/take.c: etcd_abort",
               "dnsctl/etcd/take.c -> dnsctl/etcd/json.c: "]),
    ("a writer's symbol in dnsd",
     {"dnsd/server/steer.c":
      calling("int mdb_drop(void *, unsigned, int);", "mdb_drop(0, 0, 0)")},
     "no_writer", ["mdb_drop", "steer.o"]),
    ("JSON in dnsd",
     {"dnsd/server/steer.c":
      calling("void *json_loads(char *, long, void *);",
              "json_loads(0, 0, 0)")},
     "no_writer", ["json_loads", "steer.o"]),
    ("a writer's room on the link line of dnsd",
     {"Makefile": lambda text: text.replace(
         "ROOMS_read   :=", "ROOMS_read   := zones/store/write")},
     "no_writer", ["mdb_put", "overlay.o"]),
    ("a socket in the library",
     {"zones/query/query.c":
      calling("int socket(int, int, int);", "socket(0, 0, 0)")},
     "no_sockets", ["socket", "query.o"]),
    ("a file that a document names",
     {"docs/architecture.md": behind("See `zones/query/gone.c`.")},
     "names", ["docs/architecture.md", "zones/query/gone.c"]),
    ("a file that a document names, and there are two",
     {"docs/architecture.md": behind("## More", "See `check.c`.")},
     "names", ["docs/architecture.md", "dnsd/config/check.c",
               "zones/facts/check.c"]),
    ("a function that a document names",
     {"README.md": behind("`query_gone()` is the spine.")},
     "names", ["README.md", "query_gone"]),
    ("a file that a comment names",
     {"zones/query/query.c": behind("/* see gone.h */")},
     "names", ["zones/query/query.c", "gone.h"]),
    ("a function that a comment names",
     {"tests/system/ask.py": behind("# as dig_gone() does")},
     "names", ["tests/system/ask.py", "dig_gone"]),
    ("a source that no document names",
     {"zones/query/gone.c": behind("/*", " * gone.c - nothing.", " */")},
     "names", ["zones/query/gone.c", "README.md"]),
    ("a name of two functions",
     {"dnsd/server/steer.c": behind("static void", "log_event(void)", "{", "}")},
     "names", ["zones/base/log.c", "log_event()", "dnsd/server/steer.c"]),
    ("a source that the tour lacks",
     {"README.md": lambda text: text.replace("`nearest.c`", "")},
     "lines", ["README.md", "zones/query/nearest.c"]),
    ("an option that the manual does not know",
     {"docs/operations.md": without("| `max-udp-size`")},
     "unit", ["max-udp-size"]),
    ("what only glibc has",
     {"dnsd/main.c": before("#include", "#include <execinfo.h>")},
     "musl", ["execinfo.h", "dnsd/main.c"]),
    ("more lines than the server may have",
     {"dnsd/main.c": lambda text: text + "\n" * 30000},
     "lines", ["the server"]),
    ("more lines than an answer may take",
     {"zones/query/query.c": lambda text: text + "\n" * 9000},
     "lines", ["answer"]),
]


def copy():
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(
        ".", COPY, symlinks=True,
        ignore=lambda folder, names: {
            name for name in names if name.startswith(".git")
            or name in ("run", "__pycache__")
            or folder == "." and name == "build"})
    shutil.copytree(BUILT, os.path.join(COPY, BUILT))


def make(folder, check):
    """Its status and its words.  The manual's options are a unit test's."""
    target = ["lint", f"CHECK={check}"] if check != "unit" else \
        ["unit", "ONLY=config_options", "CC=gcc", "CFLAGS=-Werror",
         f"BUILD={BUILT}"]
    done = subprocess.run(["make", "--no-print-directory", *target],
                          cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def change(path, how):
    path = os.path.join(COPY, path)
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    changed = how(text)
    assert changed != text, path
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)


def is_seen(files, check, words):
    copy()
    for path, how in files.items():
        change(path, how)
    status, said = make(COPY, check)
    missed = [word for word in words if word not in said]
    if status != 0 and not missed:
        return True
    print(f"{said}{check} does not say {' nor '.join(missed) or 'not ok'}")
    return False


def main():
    status, said = make(".", " ".join(CHECKS))
    results = [("nothing is broken", status == 0)]
    if status != 0:
        print(said)
    for what, files, check, words in ROWS:
        results.append((what, is_seen(files, check, words)))
    shutil.rmtree(COPY)
    for what, good in results:
        print("ok" if good else "not ok", what)
    failed = sum(not good for _, good in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ.pop("MAKEFLAGS", None)
    os.environ.pop("MAKELEVEL", None)
    sys.exit(main())
