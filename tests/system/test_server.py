"""dnsd as a process: its configuration, its signals, its end."""

import os
import re
import signal
import subprocess
import time

import dns.flags
import dns.message
import pytest
import yaml

from ask import (ACME, GLOBEX, PATIENCE, SERVER6, ask, connect, ede,
                 make_socket, rcode, values)
from programs import DNSD, EVERYWHERE, sample, until


def check(path, *options):
    return subprocess.run([DNSD, *options, "-c", str(path)], text=True,
                          capture_output=True, timeout=PATIENCE, check=False)


def test_sigterm_is_a_clean_end(servers):
    """Status 0, with connections open and questions just asked."""
    d = servers.serve(servers.store(sample()))
    held = [connect() for _ in range(10)]
    with make_socket(ACME) as s:
        for _ in range(100):
            s.sendto(b"\0" * 17, (SERVER6, 53))
        assert d.stop() == 0, d.read_log()
    for s in held:
        assert s.recv(1) == b""
        s.close()


def test_sigint_is_a_clean_end(servers):
    d = servers.serve(servers.store(sample()))
    d.process.send_signal(signal.SIGINT)
    assert d.process.wait(PATIENCE) == 0


def test_restart_on_the_same_addresses(servers):
    store = servers.store(sample())
    for _ in range(3):
        d = servers.serve(store)
        with connect() as s:  # leaves a connection in TIME_WAIT behind
            assert d.stop() == 0
            assert s.recv(1) == b""


def test_sighup_rereads_the_configuration(servers):
    """Another region, a listener more, one less, another store."""
    d = servers.serve(servers.store(sample()), sandbox=False)
    elsewhere = servers.store(
        '{"put":"network","id":"acme","prefixes":["fdaa:0:18::/48"]}\n'
        '{"put":"app","network":"acme","name":"elsewhere"}\n')
    assert rcode(ask("elsewhere.internal")) == "NXDOMAIN"

    d.configure(dict(d.config, store=elsewhere.path, listen=EVERYWHERE[:1] + [
        {"address": "127.0.0.1:5312", "network": "acme"}]))
    d.hup()
    d.wait_ready(source="127.0.0.1", server="127.0.0.1", port=5312)
    until(lambda: rcode(ask("elsewhere.internal")) == "NOERROR",
          "the other store answers")
    assert rcode(ask("paulgra-ham.internal")) == "NXDOMAIN"
    assert rcode(ask("elsewhere.internal", tcp=True)) == "NOERROR"


def test_sighup_loses_no_question(servers):
    """Every question asked while it rereads is answered."""
    d = servers.serve(servers.store(sample()))
    for i in range(50):
        if i % 10 == 0:
            d.hup()
        assert values(ask("paulgra-ham.internal")) == [ACME]
    assert d.process.poll() is None


def test_sighup_with_a_mistake_changes_nothing(servers):
    d = servers.serve(servers.store(sample()))
    d.configure(dict(d.config, workers="many"))
    d.hup()
    until(lambda: "many" in d.read_log(), "the mistake is reported")
    assert values(ask("paulgra-ham.internal")) == [ACME]


def test_check_of_a_good_configuration(tmp_path):
    conf = tmp_path / "dnsd.conf"
    conf.write_text('store: /nowhere\nlisten:\n  - address: "[::1]:5399"\n')
    done = check(conf, "-t")
    assert done.returncode == 0, done.stderr


GOOD = {"store": "/nowhere", "listen": [{"address": "[::1]:5399"}]}

# What is wrong, its text, and what the message names besides file and line.
MISTAKES = [
    ("unknown key", "colour: blue", ["colour"]),
    ("workers", "workers: many", ["workers", "many"]),
    ("no workers", "workers: 0", ["workers", "0"]),
    ("negative", "workers: -1", ["workers", "-1"]),
    ("size too large", "max-udp-size: 70000", ["max-udp-size", "70000"]),
    ("size too small", "max-udp-size: 100", ["max-udp-size", "100"]),
    ("region", "region: Not_A.Region", ["region", "Not_A.Region"]),
    ("address", 'listen:\n  - address: "1.2.3.4.5:53"',
     ["address", "1.2.3.4.5:53"]),
    ("port", 'listen:\n  - address: "[::1]:70000"',
     ["address", "[::1]:70000"]),
    ("network", 'listen:\n  - address: "[::1]:53"\n    network: "A b"',
     ["network", "A b"]),
    ("upstream", 'forward:\n  upstreams: ["ftp://192.0.2.1"]',
     ["upstreams", "ftp://192.0.2.1"]),
    ("upstream name", 'forward:\n  upstreams: ["tls://192.0.2.1"]',
     ["upstreams", "tls://192.0.2.1"]),
    ("prefix", 'forward:\n  allow: ["127.0.0.0/33"]',
     ["allow", "127.0.0.0/33"]),
    ("cache size", "forward:\n  cache-size: plenty",
     ["cache-size", "plenty"]),
    ("a list for a value", "region: [iad, lhr]", ["region"]),
]


@pytest.mark.parametrize("text,named", [m[1:] for m in MISTAKES],
                         ids=[m[0] for m in MISTAKES])
@pytest.mark.parametrize("options", [[], ["-t"]], ids=["start", "check"])
def test_mistake_is_named(tmp_path, text, named, options):
    """File, line, key, value; exit status 1; and nothing is served."""
    rest = {k: v for k, v in GOOD.items() if not text.startswith(k)}
    before = yaml.safe_dump(rest, sort_keys=False)
    conf = tmp_path / "dnsd.conf"
    conf.write_text(before + text + "\n", encoding="utf-8")
    done = check(conf, *options)
    assert done.returncode == 1, done.stderr
    first = before.count("\n") + 1
    numbers = re.findall(re.escape(str(conf)) + r":(\d+)", done.stderr)
    assert numbers, done.stderr
    assert first <= int(numbers[0]) <= first + text.count("\n")
    for word in named:
        assert word in done.stderr


def test_two_mistakes_in_yaml(tmp_path):
    conf = tmp_path / "dnsd.conf"
    conf.write_text("store: /nowhere\nlisten: [\n")
    done = check(conf, "-t")
    assert done.returncode == 1
    assert str(conf) in done.stderr


def test_missing_file(tmp_path):
    done = check(tmp_path / "absent.conf")
    assert done.returncode == 1
    assert str(tmp_path / "absent.conf") in done.stderr


def test_missing_store_and_listen(tmp_path):
    conf = tmp_path / "dnsd.conf"
    for text, key in ("store: /nowhere\n", "listen"), \
            ('listen:\n  - address: "[::1]:5399"\n', "store"):
        conf.write_text(text)
        done = check(conf, "-t")
        assert done.returncode == 1
        assert key in done.stderr


@pytest.mark.parametrize("options", [["-x"], ["-c"], ["left"]])
def test_usage(options):
    done = subprocess.run([DNSD, *options], text=True, capture_output=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode not in (0, None)
    assert "usage" in done.stderr.lower()


def test_address_in_use(servers):
    """A listener that cannot be had ends the start and says which one."""
    with make_socket("127.0.0.1") as taken:
        port = taken.getsockname()[1]
        path = servers.fresh() / "dnsd.conf"
        path.write_text(yaml.safe_dump(dict(GOOD, listen=[
            {"address": f"127.0.0.1:{port}"}])))
        done = check(path)
    assert done.returncode != 0
    assert f"127.0.0.1:{port}" in done.stderr


def test_store_is_opened_for_reading_only(servers):
    """Design 2: the server has no way to change a fact."""
    d = servers.serve(servers.store(sample()))
    assert values(ask("paulgra-ham.internal")) == [ACME]
    data = os.path.realpath(os.path.join(d.store.path, "data.mdb"))
    fds = f"/proc/{d.process.pid}/fd"
    modes = []
    for fd in os.listdir(fds):
        if os.path.realpath(os.path.join(fds, fd)) == data:
            info = f"/proc/{d.process.pid}/fdinfo/{fd}"
            with open(info, encoding="ascii") as f:
                modes.append(int(re.search(r"flags:\s*(\d+)", f.read())[1], 8))
    assert modes and all(mode & os.O_ACCMODE == os.O_RDONLY for mode in modes)
    with open(f"/proc/{d.process.pid}/maps", encoding="ascii") as f:
        maps = [line for line in f if data in line]
    assert maps and all("r--" in line.split()[1] for line in maps)


def test_idle_holds_no_transaction(servers):
    """A hundred commits do not grow a store whose reader is idle."""
    d = servers.serve(servers.store(sample()))
    assert values(ask("paulgra-ham.internal")) == [ACME]
    data = os.path.join(d.store.path, "data.mdb")

    def change(n):
        d.store.apply([{"put": "instance", "network": "acme", "app": "w",
                        "id": "i", "region": "iad",
                        "addresses": [f"fdaa:0:18::{n:x}"]}])

    for n in range(1, 10):
        change(n)
    before = os.path.getsize(data)
    for n in range(10, 110):
        change(n)
    assert os.path.getsize(data) <= before + 16 * 4096


def test_a_networks_limit_is_the_servers(servers):
    """Not each worker's: however its questions fall to them."""
    limit = 10
    servers.serve(servers.store(sample()), workers=4, limit=limit)
    begin = int(time.time())
    answered = 0
    for _ in range(10 * limit):
        reply = ask("paulgra-ham.internal")
        answered += rcode(reply) == "NOERROR"
        assert answered or ede(reply) == [0]
    seconds = int(time.time()) - begin + 1
    # One is what was asked until the server was ready.
    assert limit - 1 <= answered <= limit * seconds
    assert rcode(ask("internal", "SOA", source=GLOBEX)) == "NOERROR"


# Of those beyond the first: N - 1 dropped, then one that says TC.
@pytest.mark.parametrize("slip,beyond", [
    (0, "(D*)"), (1, "(T*)"), (2, "((DT)*D?)"), (3, "((DDT)*D{0,2})")])
def test_what_slips_through_the_rate_limit(servers, slip, beyond):
    """Each answer, cut one or silence, in the order of the questions; a
    second may end between any two, and then it begins anew."""
    servers.serve(servers.store(sample()), workers=1,
                  **{"rate-limit": 1, "rate-limit-slip": slip})
    fate = ["D"] * 60
    with make_socket(ACME) as s:
        for i in range(len(fate)):
            q = dns.message.make_query("paulgra-ham.internal", "AAAA", id=i)
            s.sendto(q.to_wire(), (SERVER6, 53))
        # Of another prefix: answered, by the same worker, behind them all.
        assert values(ask("paulgra-ham.internal",
                          source="fdaa:0:18:b00::1")) == [ACME]
        s.setblocking(False)
        for _ in fate:
            try:
                reply = dns.message.from_wire(s.recv(4096))
            except BlockingIOError:
                break
            cut = bool(reply.flags & dns.flags.TC)
            assert values(reply) == ([] if cut else [ACME])
            fate[reply.id] = "T" if cut else "A"
    told = "".join(fate)
    assert re.fullmatch(f"(A{beyond})+", told), told
    assert ("T" in told) == (slip > 0) and "A" in told[:1], told
