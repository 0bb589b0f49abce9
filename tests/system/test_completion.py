"""What the shells offer where a command line ends."""

import os
import subprocess

import pytest

from ask import PATIENCE
from programs import BUILD, sample

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")

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
    (["dnsctl", "follow", ""], {"-", "etcd://"}),
    (["dnsctl", "help", "exp"], {"export", "explain"}),
    (["dnsctl", "apply", ""], {"-"}),
    (["dnsctl", "nothing", ""], set()),
    # Options: those of the command.
    (["dnsctl", "--netw"], {"--network"}),
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


@pytest.mark.parametrize("words,offered", ROWS)
def test_bash(store, words, offered):
    script = os.path.join(ROOT, "host", "completion", words[0] + ".bash")
    words = [store if word == STORE else word for word in words]
    done = subprocess.run(
        ["bash", "-euc", SCRIPT, "bash", script, *words], text=True,
        env=dict(os.environ, PATH=BUILD + ":" + os.environ["PATH"]),
        capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.splitlines()) == offered
