"""Peers, what configures them, and how their codes are read back."""

import os
import re
import subprocess

from programs import DNSCTL

# Of two creates at one time; `make at-once` tries more.
ROUNDS = int(os.environ.get("DNSD_ROUNDS", "5"))

GATEWAY_KEY = "6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY="
NETWORK = {"put": "network", "id": "acme",
           "prefixes": ["fdaa:0:18::/48", "172.16.0.0/16"],
           "pool": ["172.16.9.0/24", "172.16.16.0/20"]}
GATEWAY = {"put": "gateway", "id": "iad1", "region": "iad",
           "endpoint": "gw.example", "public_key": GATEWAY_KEY,
           "number": 175923}
# Of one gateway's number there are 1,536 addresses.
SECOND = {**GATEWAY, "id": "lhr1", "region": "lhr", "number": 7}


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def private_key(path):
    return re.search("PrivateKey = (.*)", read(path))[1]


def public_key(path):
    return subprocess.run(["wg", "pubkey"], input=private_key(path), text=True,
                          capture_output=True, check=True).stdout.strip()


def files_below(folder):
    return sorted((at, *names) for at, _, names in os.walk(folder))


def zbarimg(path):
    return subprocess.run(["zbarimg", "-q", "--raw", "-Sbinary", path],
                          capture_output=True, check=True).stdout


def rendered(text, path):
    """What a terminal shows of half blocks, white on black, as a picture."""
    bits = {" ": "11", "▀": "01", "▄": "10", "█": "00"}
    lines = re.findall("\033\\[38;5;231;48;5;16m(.*)\033\\[0m\n", text)
    rows = ["".join(bits[c][half] * 4 for c in line)
            for line in lines for half in (0, 1) for _ in range(4)]
    with open(path, "w", encoding="ascii") as file:
        file.write(f"P1\n{len(rows[0])} {len(rows)}\n" + "\n".join(rows))


def at_once(store, *options):
    """Two creates at one time, ROUNDS times: all have what is theirs.

    There are GATEWAY and SECOND.  Returns the peers' addresses.
    """
    for n in range(ROUNDS):
        both = [subprocess.Popen(
            [DNSCTL, "-s", store, "wireguard", "create", "acme", *name,
             "--gateway", (GATEWAY, SECOND)[n // 2 % 2]["id"], *options],
            stdout=subprocess.DEVNULL)
                for name in ([f"p{n}a"], [f"p{n}b"] if n % 2 else [])]
        assert [one.wait() for one in both] == [0, 0]
    addresses = [re.search("Address = (.*)", read(name))[1]
                 for name in os.listdir(".") if name.endswith(".conf")]
    assert len(addresses) == len(set(addresses)) == 2 * ROUNDS
    return addresses
