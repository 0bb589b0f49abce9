"""What the shells offer where a command line ends."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess

import pytest

from ask import PATIENCE
from programs import BUILD, sample

COMPLETION = os.path.join(os.path.dirname(__file__), "..", "..", "host",
                          "completion")

# As bash does it when TAB is pressed: the words, and which one is written.
SCRIPT = """
source "$1"; shift
program=$1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
read -r _ _ _ _ function _ < <(complete -p "$program")
COMPREPLY=()
"$function" "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""

STORE = "STORE"  # put in by the test
ROWS = [
    # Commands, and what they take.
    (["dnsctl", "ex"], {"export", "explain"}),
    (["dnsctl", "list", ""], {"networks", "regions", "distances", "apps",
                              "aliases", "gateways", "zones", "records",
                              "instances", "peers", "exports",
                              "conflicts"}),
    (["dnsctl", "list", "apps", ""], set()),
    (["dnsctl", "follow", ""], {"-", "etcd://", "relay://"}),
    (["dnsctl", "help", "exp"], {"export", "explain"}),
    (["dnsctl", "apply", ""], {"-"}),
    (["dnsctl", "record", ""], {"put", "delete", "list"}),
    (["dnsctl", "zone", "i"], {"import"}),
    (["dnsctl", "nothing", ""], set()),
    # Options: those of the command.
    (["dnsctl", "--verb"], {"--verbose"}),
    (["dnsctl", "wait", "--"], {"--store", "--timeout"}),
    # What is in the store.
    (["dnsctl", "-s", STORE, "-n", ""], {"acme", "globex"}),
    (["dnsctl", "-s", STORE, "--network", "ac"], {"acme"}),
    (["dnsctl", "-s", STORE, "explain", "--region", "i"], {"iad"}),
    (["dnsctl", "--store", STORE, "-n", "acme", "explain", "s"],
     {"shop.internal", "sleepy-cloud.internal"}),
    (["dnsctl", "--store", STORE, "-n", "acme", "explain", "vms.sh"],
     {"vms.shop.internal"}),
    (["dnsctl", "-s", STORE, "-n", "acme", "explain", "my"],
     {"my-peer._peer.internal"}),
    (["dnsctl", "-s", STORE, "explain", "shop.internal", "AA"], {"AAAA"}),
    # No store, and nothing is said of that.
    (["dnsctl", "-s", "/nowhere", "-n", ""], set()),
    (["dnsd", "--so"], {"--sockets"}),
    (["dnsd", "-c", ""], set()),
]


@pytest.fixture(scope="module", name="store")
def fixture_store(module_servers):
    return module_servers.store(sample()).path


def offered_by(words, store, *shell):
    """What SHELL offers, once for the function that its script is."""
    words = [store if word == STORE else word for word in words]
    done = subprocess.run(
        [*shell, *words], text=True, capture_output=True, timeout=PATIENCE,
        env=dict(os.environ, PATH=BUILD + ":" + os.environ["PATH"]),
        check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.splitlines())


@pytest.mark.parametrize("words,offered", ROWS)
def test_bash(store, words, offered):
    script = os.path.join(COMPLETION, words[0] + ".bash")
    assert offered_by(words, store, "bash", "-euc", SCRIPT, "bash",
                      script) == offered


# --- zsh, whose functions are found by their names

# As its completion calls the function: with the words, and which is written.
ZSH_SCRIPT = """
fpath=($1 $fpath); shift
compadd() { print -rl -- ${(P)2} }
_files() { }
autoload -Uz _$1
words=("$@"); CURRENT=$#
_$1
"""

# Written, a TAB pressed, and what stands there then: one thing alone fits.
TYPED = [
    ("dnsctl his", "dnsctl history "),
    ("dnsctl --verb", "dnsctl --verbose "),
    ("dnsctl -s STORE -n ac", "dnsctl -s STORE -n acme "),
    ("dnsctl -s STORE -n acme explain sho",
     "dnsctl -s STORE -n acme explain shop.internal "),
    ("dnsctl apply /etc/passw", "dnsctl apply /etc/passwd"),
    ("dnsd --sock", "dnsd --sockets "),
]


# ^X shows the line as it stands, between marks, and forgets it.
ZSHRC = """
PS1=
fpath=(%s $fpath)
autoload -Uz compinit
compinit -u -D
show() { print -r -- "<<$BUFFER>>"; BUFFER= }
zle -N show
bindkey '^X' show
print '<<>>'
"""


@pytest.fixture(scope="module", name="functions")
def fixture_functions(tmp_path_factory):
    """The folder with both, as they are installed."""
    folder = tmp_path_factory.mktemp("zsh")
    for program in "dnsctl", "dnsd":
        shutil.copy(os.path.join(COMPLETION, program + ".zsh"),
                    folder / f"_{program}")
    return str(folder)


@pytest.mark.parametrize("words,offered",
                         [row for row in ROWS if row[0][0] == "dnsctl"])
def test_zsh(store, functions, words, offered):
    assert offered_by(words, store, "zsh", "-fuc", ZSH_SCRIPT, "zsh",
                      functions) - {""} == offered


class Zsh:
    """One that somebody types to."""

    def __init__(self, functions):
        with open(f"{functions}/.zshrc", "w", encoding="ascii") as rc:
            rc.write(ZSHRC % functions)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-i"], dict(
                os.environ, PATH=BUILD + ":" + os.environ["PATH"],
                TERM="dumb", ZDOTDIR=functions))
        self.said = ""
        self.shown()

    def shown(self):
        """The next text between marks."""
        while True:
            found = re.search("<<(.*?)>>", self.said, re.S)
            if found:
                self.said = self.said[found.end():]
                return found[1]
            assert select.select([self.terminal], [], [], PATIENCE)[0], \
                self.said
            self.said += os.read(self.terminal, 4096).decode()

    def complete(self, typed):
        os.write(self.terminal, (typed + "\t\x18").encode())
        return self.shown()

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.fixture(scope="module", name="zsh")
def fixture_zsh(functions):
    zsh = Zsh(functions)
    yield zsh
    zsh.close()


@pytest.mark.parametrize("typed,then", TYPED)
def test_typed_to_zsh(store, zsh, typed, then):
    assert zsh.complete(typed.replace(STORE, store)) == \
        then.replace(STORE, store)
