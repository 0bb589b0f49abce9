#!/usr/bin/env python3
"""man.py PAGE FOLDER: a manual page, in mdoc, on standard output.

PAGE is like dnsd.8.md: what a page says alone.  What is said elsewhere it only
names, so that it is said once:

    !help dnsctl                    the text of `FOLDER/dnsctl --help`
    !file host/etc/dnsd.conf        a file, as it is
    !read docs/feed.md              all of a document but its first heading
    !read docs/feed.md Leases       a section of it

mdoc, since documents are tables for the most part, which are its lists; and
since there is a checker for it (mandoc -T lint).
"""

import os
import re
import subprocess
import sys
import textwrap
import time

# A document is known by the page that it is read into.
PAGES = {"names.md": "dnsd-names(7)", "feed.md": "dnsd-feed(5)",
         "forwarding.md": "dnsd.conf(5)", "operations.md": "dnsd(8)"}
LETTERS = {"–": r"\(en", "—": r"\(em", "→": r"\(->", "µ": r"\(mc",
           "×": r"\(mu", "≤": r"\(<="}


def day_of_version():
    with open("debian/changelog", encoding="utf-8") as f:
        day = re.search(r"^ -- .*  \w+, (\d+ \w+ \d+)", f.read(), re.M)
    day = time.strptime(day.group(1), "%d %b %Y")
    return time.strftime("%B ", day) + f"{day.tm_mday}, {day.tm_year}"


def escape(text):
    text = text.replace("\\", r"\e")
    return "".join(LETTERS.get(c, c) for c in text)


def spans(text):
    """Inline marks as changes of the font."""
    out = []
    for i, part in enumerate(re.split(r"`([^`]*)`", text)):
        part = escape(part)
        if i % 2 == 1:
            part = part.replace("-", r"\-").replace(". ", r".\& ")
            out.append(rf"\fB{part}\fP")
            continue
        part = re.sub(r"\[([^]]*)\]\(([^)]*)\)", link, part)
        part = re.sub(r"\*\*(.+?)\*\*", r"\\fB\1\\fP", part)
        out.append(re.sub(r"(?<!\w)\*(.+?)\*(?!\w)", r"\\fI\1\\fP", part))
    return "".join(out)


def link(match):
    text, to = match.groups()
    return PAGES.get(os.path.basename(to.partition("#")[0]), text)


def prose(text):
    """A sentence begins a line, and no line is taken for a macro."""
    lines = []
    text = spans(" ".join(text.split()))
    for sentence in re.split(r"(?<=[\w)][.!?]) (?=\S)", text):
        lines += textwrap.wrap(sentence, 78, break_long_words=False,
                               break_on_hyphens=False)
    return [r"\&" + line if line[:1] in ".'" else line for line in lines]


def literal(lines):
    out = [".Bd -literal -offset indent"]
    for line in lines:
        line = escape(line.expandtabs(8)).replace("-", r"\-").rstrip()
        out.append(r"\&" + line if line[:1] in (".", "'") else line)
    return out + [".Ed"]


def cells(line):
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [part.strip().replace("\\|", "|") for part in parts]


def table(rows):
    """The first column are tags; where others are many, they have names."""
    heads = cells(rows[0])
    out = [".Bl -tag -width Ds"]
    for row in map(cells, rows[2:]):
        out.append(".It " + spans(row[0]))
        for head, cell in list(zip(heads, row))[1:]:
            if cell and len(heads) > 2 and not head.startswith("what"):
                cell = f"{head[:1].upper()}{head[1:]}: {cell}"
            if cell:
                out += prose(cell if cell[-1] in ".:?" else cell + ".")
    return out + [".El"]


def items(lines, kind):
    out = [f".Bl -{kind}"]
    text = []
    for line in lines + ["- "]:
        if re.match(r"(-|\d+\.) ", line):
            out += [".It"] + prose(" ".join(text)) if text else []
            text = []
        text.append(re.sub(r"^(-|\d+\.) ", "", line))
    return out + [".El"]


def options(text):
    """What --help writes: a synopsis, then rows with a tab before each text."""
    usage, *rest = text.splitlines()
    out = [".Sh SYNOPSIS", ".Nm", escape(usage.split(None, 2)[2]),
           ".Sh COMMANDS AND OPTIONS"]
    inside = False
    for line in rest:
        if line.startswith("\t"):
            out += prose(line.strip() + ".")
        elif line.strip():
            out += [] if inside else [".Bl -tag -width Ds"]
            out.append(".It " + spans(f"`{line.strip()}`"))
            inside = True
    return out + ([".El"] if inside else [])


def section(path, title):
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    if not title:
        return lines[1:]
    start = next(i for i, line in enumerate(lines)
                 if re.fullmatch(f"##+ {re.escape(title)}", line))
    depth = len(lines[start].split()[0])
    ends = [i for i in range(start + 1, len(lines))
            if re.match(f"#{{1,{depth}}} ", lines[i])]
    lines = lines[start:ends[0] if ends else len(lines)]
    return [line[depth - 2:] if line.startswith("#" * depth) else line
            for line in lines]


def blocks(lines):
    """Lines of one kind together: (kind, lines)."""
    kinds = [("fence", r"```"), ("indented", r"    \S"), ("rows", r"\|"),
             ("bullet", r"- "), ("enum", r"\d+\. "), ("head", r"##"),
             ("order", r"!"), ("prose", r"\S")]
    i = 0
    while i < len(lines):
        kind = next((k for k, start in kinds if re.match(start, lines[i])),
                    None)
        j = i + 1
        if kind == "fence":
            j = lines.index("```", j) + 1
        elif kind in ("indented", "rows"):
            while j < len(lines) and re.match(dict(kinds)[kind], lines[j]):
                j += 1
        elif kind in ("bullet", "enum", "prose"):
            stop = r"$|##|\||```|!" if kind != "prose" else \
                r"$|##|\||```|!|- |\d+\. "
            while j < len(lines) and not re.match(stop, lines[j]):
                j += 1
        if kind:
            yield kind, lines[i:j]
        i = j


def page(lines, programs, before="head"):
    """The text of LINES; BEFORE is the kind of block that it comes after."""
    out = []
    for kind, block in blocks(lines):
        if kind == "head":
            depth, title = block[0].split(None, 1)
            out.append(f".Sh {title.upper()}" if depth == "##"
                       else f".Ss {title}")
        elif kind == "fence":
            out += literal(block[1:-1])
        elif kind == "indented":
            out += literal([line[4:] for line in block])
        elif kind == "rows":
            out += table(block)
        elif kind in ("bullet", "enum"):
            out += items(block, kind)
        elif kind == "order":
            out += obey(block[0], programs)
        else:
            out += [] if before == "head" else [".Pp"]
            out += prose(" ".join(block))
        before = kind
    return out


def obey(order, programs):
    verb, what, *title = order[1:].split(None, 2)
    if verb == "help":
        return options(subprocess.run(
            [os.path.join(programs, what), "--help"], check=True, text=True,
            stdout=subprocess.PIPE).stdout)
    if verb == "file":
        with open(what, encoding="utf-8") as f:
            return literal(f.read().splitlines())
    return page(section(what, " ".join(title)), programs)


def main(path, programs):
    name, number, _ = os.path.basename(path).rsplit(".", 2)
    with open(path, encoding="utf-8") as f:
        title, *lines = f.read().splitlines()
    print("\n".join(
        [r'.\" Made by host/man.py.', f".Dd {day_of_version()}",
         f".Dt {name.upper()} {number}", ".Os", ".Sh NAME",
         f".Nm {name}", f".Nd {title.lstrip('# ')}"] +
        page(lines, programs)))


if __name__ == "__main__":
    main(*sys.argv[1:])
