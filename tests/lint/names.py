#!/usr/bin/env python3
"""names.py: what comments and documents name is there.

Read are the comments of sources, scripts and make files, and the documents.
In them

  - a word like query.c is a file: its path, or the end of it from a folder
    on.  A bare name is a file beside, or the only one so called; in a
    document, one of the folder that its section named last;
  - a word like zones/query, below a folder of ours, is there;
  - a word like open(), and one with an underscore, is an identifier of our
    code, of a header that it includes, or one of OUTSIDE;
  - a link of a document leads somewhere.

Capitals stand for anything: test_X.c, fuzz/corpus/X, index_X().  In a document
only what is quoted is held to be an identifier.  A source's comment at its
head begins with its own name.

The other way round, every source is named by README.md or by
docs/architecture.md, and no function, static ones neither, has the name of
another source's.  Prints a line for each thing that is not so.
"""

import fnmatch
import io
import os
import re
import subprocess
import sys
import tokenize

# What others call so, and no header of ours: the reason beside each.
OUTSIDE = {
    "CAP_NET_ADMIN",           # Linux
    "SSL_CERT_DIR",            # OpenSSL's environment
    "ENTRY_BEGIN", "ENTRY_END",  # unbound's test scripts
    "TIME_WAIT",               # TCP
    "accepted_payload_size",   # HAProxy's configuration
    "mdb_copy",                # LMDB's tool
    "sd_notify", "sd_listen_fds",  # systemd's library
    "setUp",                   # dnsdist's configuration
    "sd_notify", "sd_listen_fds",  # systemd
    "sched_setaffinity",       # Linux
    "shutdown_delay",          # Nomad's jobs
    "spec_dst",                # Linux: ipi_spec_dst
}
CODE = ("zones/", "host/", "dnsd/", "dnsctl/", "include/")
DOCUMENTED = ("zones/", "dnsd/", "dnsctl/")  # whose sources documents name
GUIDES = ("README.md", "docs/architecture.md")

C_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/
    |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S | re.X)
HASH = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.M)
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)
QUOTED = re.compile(r"`[^`\n]+`")
ROOM = re.compile(r"^- \*\*`([a-z/]+)`\*\*")  # heads its list of sources
LINK = re.compile(r"\]\(([^)#:\s]+)")

FILE = re.compile(r"(?<![\w<./-])([\w/*-]*\w\.(?:c|h|py|sh|md|mk))(?![\w-])")
FOLDER = re.compile(
    r"(?<![\w./-])((?:zones|dnsd|dnsctl|include|tests|fuzz|docs)/[\w/*-]*)"
    r"(?![\w.])")
CALL = re.compile(r"\b([A-Za-z_]\w+)\((?!s\))")
DEFINED = re.compile(r"^(?!main\(|static_assert)([a-z]\w*)\(", re.M)
WORD = re.compile(r"(?<![\w./-])([A-Za-z]\w*_\w+)\b(?!\.\w)")
found = []


def complain(path, line, what):
    found.append(f"{path}:{line}: {what}")


def all_paths():
    """Every file but what was built, and git's own."""
    paths = []
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders
                      if name not in ("build", "run", "__pycache__")
                      and not name.startswith(".")]
        paths += [os.path.join(folder, name)[2:] for name in names]
    return sorted(paths)


def is_ours(path):
    return path == "Makefile" or \
        path.endswith((".c", ".h", ".py", ".sh", ".mk", ".md"))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# --- comments: (first line, text); code; what stands in strings

def split_c(text):
    tokens = [(m.group()[0] == "/", text.count("\n", 0, m.start()) + 1,
               m.group()) for m in C_TOKEN.finditer(text)]
    return ([(line, token) for is_comment, line, token in tokens
             if is_comment], C_TOKEN.sub(" ", text),
            " ".join(token for is_comment, _, token in tokens
                     if not is_comment))


def split_python(text):
    """A string that is a statement is a comment, too."""
    comments, code, strings, begins = [], [], [], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or \
                token.type == tokenize.STRING and begins:
            comments.append((token.start[0], token.string))
        elif token.type == tokenize.STRING:
            strings.append(token.string)
        else:
            code.append(token.string)
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            begins = token.type in (tokenize.NEWLINE, tokenize.INDENT,
                                    tokenize.DEDENT)
    return comments, " ".join(code), " ".join(strings)


def split_script(text):
    return ([(text.count("\n", 0, m.start()) + 1, m.group())
             for m in HASH.finditer(text)], HASH.sub("", text), "")


def split_file(path, text):
    if path.endswith((".c", ".h")):
        return split_c(text)
    if path.endswith(".py"):
        return split_python(text)
    if path.endswith(".md"):
        return [], "", ""
    return split_script(text)


def words_of_headers(sources):
    """Every word of the systems' headers that ours include."""
    names = {name for text in sources
             for name in re.findall(r"^#include (<(?!page/|dnstap)[^>]+>)", text, re.M)}
    out = subprocess.run(
        ["gcc", "-E", "-dD", "-D_GNU_SOURCE", "-x", "c", "-"], check=True,
        input="".join(f"#include {name}\n" for name in sorted(names)),
        capture_output=True, text=True).stdout
    return set(re.findall(r"\w+", out))


# --- what a word names

def pattern(word):
    """Capitals stand for anything, where a small letter stands beside."""
    return re.sub(r"(?<![A-Z])[A-Z]+(?![a-z])", "*", word)


class Tree:
    def __init__(self, paths):
        texts = {path: read(path) for path in paths if is_ours(path)}
        self.paths = paths
        self.folders = {path[:i] for path in paths
                        for i, letter in enumerate(path) if letter == "/"}
        self.comments, said = {}, set()
        self.called = OUTSIDE | words_of_headers(
            text for path, text in texts.items() if path[-2:] in (".c", ".h"))
        for path, text in texts.items():
            self.comments[path], code, strings = split_file(path, text)
            self.called.update(re.findall(r"\w+", code))
            said.update(re.findall(r"\w+", strings))
            said.add(os.path.basename(path).split(".")[0])
        self.words = self.called | said

    def files(self, name):
        for how in (name, pattern(name)):
            got = [path for path in self.paths
                   if fnmatch.fnmatchcase(path, how)
                   or fnmatch.fnmatchcase(path, "*/" + how)]
            if got:
                return got
        return []

    def has_folder(self, name):
        return any(fnmatch.filter(self.folders | set(self.paths), how)
                   for how in (name, pattern(name)))


def beside(folder):
    """The folders whose files a comment in FOLDER means by a bare name."""
    bare = folder.removeprefix("include/")
    base = {"base": "zones/base", "zones/base": "base"}.get(bare, bare)
    return {folder, bare, base, "include/" + bare, "include/" + base}


def check_file(tree, path, line, name, folders):
    """The files that NAME can mean to who reads it near FOLDERS."""
    files = tree.files(name)
    near = [file for file in files if os.path.dirname(file) in folders]
    if not files:
        complain(path, line, f"there is no {name}")
    if "/" in name or "*" in pattern(name):
        return files
    if len(files) > 1 and not near:
        complain(path, line, f"{name} may be {' or '.join(files)}")
    return near or files


def check_paths(tree, path, line, text, folders):
    """Returns the files that TEXT names."""
    for name in FOLDER.findall(text):
        if not tree.has_folder(name.rstrip("/")):
            complain(path, line, f"there is no {name}")
    return {file for name in FILE.findall(text)
            for file in check_file(tree, path, line, name, folders)}


def is_known(words, name):
    """NOW_MS is the argument now_ms."""
    return name in words or name.lower() in words or \
        pattern(name) != name and any(fnmatch.filter(words, pattern(name)))


def check_words(tree, path, line, text):
    unknown = {name for name in CALL.findall(text)
               if not is_known(tree.called, name)}
    unknown.update(name for name in WORD.findall(text)
                   if not is_known(tree.words, name))
    for name in sorted(unknown):
        complain(path, line, f"nothing is called {name}")


# --- sources and documents

def check_comments(tree, path):
    folders = beside(os.path.dirname(path))
    for first, comment in tree.comments[path]:
        for line, text in enumerate(comment.split("\n"), first):
            check_paths(tree, path, line, text, folders)
            check_words(tree, path, line, text)


def check_head(path):
    if not read(path).startswith(f"/*\n * {os.path.basename(path)} - "):
        complain(path, 1, "does not begin with its name")


def check_link(path, line, target):
    if not os.path.exists(os.path.join(os.path.dirname(path), target)):
        complain(path, line, f"there is no {target}")


def blanked(text):
    """As many lines, without what is shown rather than said."""
    return FENCE.sub(lambda m: "\n" * m.group().count("\n"), text)


def check_document(tree, path):
    """Returns the files that it names."""
    text = read(path)
    prose = blanked(text).split("\n")
    folders, named = set(), set()
    for line, (all_of_it, words) in enumerate(zip(text.split("\n"), prose), 1):
        if words.startswith("#"):
            folders = set()
        for folder in ROOM.findall(all_of_it) + FOLDER.findall(all_of_it):
            folders = beside(folder.rstrip("/"))
        named |= check_paths(tree, path, line, all_of_it, folders)
        for target in LINK.findall(words):
            check_link(path, line, target)
        for quoted in QUOTED.findall(words):
            check_words(tree, path, line, quoted)
    return named


def check_functions(tree):
    """Of functions, only a definition's name begins a line."""
    first = {}
    for path in tree.paths:
        if path.startswith(CODE) and path.endswith((".c", ".h")):
            for name in sorted(set(DEFINED.findall(read(path)))):
                if first.setdefault(name, path) != path:
                    complain(path, 1, f"{name}() is {first[name]}'s, too")


def main():
    tree = Tree(all_paths())
    named = set()
    check_functions(tree)
    for path in tree.comments:
        check_comments(tree, path)
        if path.endswith((".c", ".h")):
            check_head(path)
        if path.endswith(".md"):
            files = check_document(tree, path)
            named |= files if path in GUIDES else set()
    for path in tree.paths:
        if path.endswith(".c") and path.startswith(DOCUMENTED) \
                and path not in named:
            complain(path, 1, f"is named neither by {' nor by '.join(GUIDES)}")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
