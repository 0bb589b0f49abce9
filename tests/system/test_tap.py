"""dnstap, taken by fstrm_capture; and `dnsctl server log`."""

import collections
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import dns.message
import pytest

from ask import ACME, GLOBEX, SERVER6, ask, make_socket, rcode
from programs import DNSCTL, NOT_UPSTREAMS, sample, until
from upstreams import Program, Upstream, address_of

NAME = "paulgra-ham.internal"
QUERY, RESPONSE, FORWARDED, REPLIED = 5, 6, 7, 8


def varint(data, at):
    value = shift = 0
    while True:
        octet = data[at]
        at += 1
        value |= (octet & 127) << shift
        shift += 7
        if octet < 128:
            return value, at


def protobuf(data):
    """Field numbers to values, as the wire has them."""
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            assert kind == 5
            (value,), at = struct.unpack_from("<I", data, at), at + 4
        fields[key >> 3] = value
    return fields


Frame = collections.namedtuple(
    "Frame", "type network identity tcp asker server port asked told message")


def frame(data):
    tap = protobuf(data)
    m = protobuf(tap[14])
    assert tap[15] == 1
    packet = m.get(10) or m.get(14)
    address = [None if m.get(i) is None else socket.inet_ntop(
        {4: socket.AF_INET, 16: socket.AF_INET6}[len(m[i])], m[i])
        for i in (4, 5)]
    return Frame(m[1], tap.get(3, b"").decode(), tap[1].decode(), m[3] == 2,
                 *address, m.get(6), m[8] + m[9] / 1e9,
                 m[12] + m[13] / 1e9 if 12 in m else None,
                 dns.message.from_wire(packet))


def frames(path):
    """The data frames of a file, as fstrm writes them."""
    with open(path, "rb") as f:
        data = f.read()
    found, at = [], 0
    while at + 4 <= len(data):
        (size,) = struct.unpack_from("!I", data, at)
        at += 4
        if size == 0:  # a control frame
            (size,) = struct.unpack_from("!I", data, at)
            at += 4
        else:
            if at + size > len(data):
                break
            found.append(frame(data[at:at + size]))
        at += size
    return found


@pytest.fixture(name="capture")
def fixture_capture(servers, started):
    directory = servers.fresh()
    program = Program(["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u",
                       directory / "socket", "-w", directory / "frames"],
                      directory / "log")
    started.append(program)
    until(lambda: os.path.exists(directory / "socket"), "it listens")
    program.socket = f"unix:{directory}/socket"
    program.path = directory / "frames"
    return program


@pytest.fixture(name="tapped")
def fixture_tapped(servers, started):
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    started.append(up)

    def serve(**options):
        return servers.serve(
            servers.store(sample()), listen=NOT_UPSTREAMS, id="node-1",
            control=str(servers.fresh() / "control"),
            forward={"upstreams": ["udp://192.0.2.1"]}, **options)
    return serve


def named(all_frames, name):
    return [f for f in all_frames
            if f.message.question[0].name.to_text().lower() == name + "."]


def written(capture, d):
    """All frames, when the server has ended and said its farewell."""
    d.stop()
    capture.close()
    return frames(capture.path)


def test_messages_and_their_times(capture, tapped):
    d = tapped(dnstap=capture.socket)
    until(lambda: ask(NAME) and os.path.getsize(capture.path) > 0, "frames")
    ask("flyer.flycast", tcp=True)
    ask("a.example", "A", source=GLOBEX)
    ask("a.example", "A", source=GLOBEX)  # from the cache
    with make_socket(ACME) as s:
        port = s.getsockname()[1]
        for name in "b.example", NAME:
            s.sendto(dns.message.make_query(name, "A").to_wire(),
                     (SERVER6, 53))
            s.recv(65535)
    all_frames = written(capture, d)
    assert {f.identity for f in all_frames} == {"node-1"}

    ports = collections.Counter(f.port for f in all_frames if f.asker)
    assert None not in ports
    assert ports[port] == 4  # a question that waits, and one that does not

    private = named(all_frames, "flyer.flycast")
    assert [f.type for f in private] == [QUERY, RESPONSE]
    assert all(f.tcp and f.network == "acme" and f.asker == ACME
               for f in private)
    assert private[0].message.answer == [] and private[1].message.answer
    assert private[0].asked == private[1].asked <= private[1].told

    other = named(all_frames, "a.example")
    assert sorted(f.type for f in other) == [QUERY, QUERY, RESPONSE, RESPONSE,
                                             FORWARDED, REPLIED]
    assert {f.network for f in other} == {"globex"}
    asked = next(f for f in other if f.type == FORWARDED)
    replied = next(f for f in other if f.type == REPLIED)
    assert (asked.server, asked.asker) == ("192.0.2.1", None)
    assert asked.message.id == replied.message.id
    assert replied.message.answer and asked.asked <= replied.told


def test_one_network(capture, tapped):
    d = tapped(dnstap=capture.socket, **{"dnstap-network": "globex"})
    until(lambda: ask("a.example", "A", source=GLOBEX) and
          os.path.getsize(capture.path) > 200, "frames")
    ask(NAME)
    all_frames = written(capture, d)
    assert all_frames and not named(all_frames, NAME)


def test_a_sample_has_questions_with_their_replies(capture, tapped):
    d = tapped(dnstap=capture.socket, **{"dnstap-sample": 4})
    until(lambda: ask(NAME) and os.path.getsize(capture.path) > 200, "frames")
    for _ in range(200):
        ask("flyer.flycast")
    sampled = named(written(capture, d), "flyer.flycast")
    kinds = collections.Counter((f.message.id, f.type) for f in sampled)
    assert 20 <= len(kinds) / 2 <= 90
    assert all((key, QUERY) in kinds and (key, RESPONSE) in kinds
               for key, _ in kinds)


def test_a_file(servers, tapped):
    path = servers.fresh() / "tap"
    d = tapped(dnstap=str(path))
    ask("flyer.flycast")
    d.stop()
    assert [f.type for f in named(frames(path), "flyer.flycast")] == \
        [QUERY, RESPONSE]


def lost(d):
    said = subprocess.run(
        [DNSCTL, "--control", d.config["control"], "server", "stats",
         "--json"], text=True, capture_output=True, check=True).stdout
    return json.loads(said)["dnstap_lost"]


def test_a_reader_that_is_away_costs_frames_only(servers, tapped, started):
    directory = servers.fresh()
    d = tapped(dnstap=f"unix:{directory}/socket")
    for _ in range(20):
        assert rcode(ask(NAME)) == "NOERROR"
    until(lambda: lost(d) >= 40, "they are counted")
    assert "takes no frames" in d.read_log()
    # And comes back.
    program = Program(["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u",
                       directory / "socket", "-w", directory / "frames"],
                      directory / "log")
    started.append(program)
    until(lambda: "takes frames" in d.read_log(), "it is found again")
    ask("flyer.flycast")
    d.stop()
    program.close()
    assert named(frames(directory / "frames"), "flyer.flycast")


def test_a_reader_that_does_not_read_costs_frames_only(servers, tapped):
    """It accepts, and then says and takes nothing."""
    directory = servers.fresh()
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.bind(str(directory / "socket"))
        stuck.listen()
        d = tapped(dnstap=f"unix:{directory}/socket", workers=1)
        conn, _ = stuck.accept()
        # What a ring holds, and more.
        for _ in range(6000):
            ask(NAME)
        assert rcode(ask(NAME)) == "NOERROR"
        until(lambda: lost(d) > 0, "the ring is full")
        assert d.stop() == 0
        conn.close()


# --- dnsctl server log

class Log:
    def __init__(self, d, *options):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            [DNSCTL, "--control", d.config["control"], *options, "server",
             "log"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(
            target=lambda: [
                self.lines.append(line) for line in self.process.stdout],
            daemon=True)
        self.reader.start()

    def close(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Ctrl-C; what it printed."""
        self.process.send_signal(signal.SIGINT)
        self.reader.join(30)
        assert self.process.wait(30) == 0, self.process.stderr.read()
        return self.lines


@pytest.mark.parametrize("options, wanted", [
    ([], {NAME, "flyer.flycast", "a.example"}),
    (["-n", "globex"], {"a.example"}),
    (["--from", ACME], {NAME, "flyer.flycast"}),
    (["-n", "acme", "--from", GLOBEX], set())])
def test_log(tapped, started, options, wanted):
    d = tapped()
    log = Log(d, *options)
    started.append(log)

    def asks():
        ask(NAME)
        ask("flyer.flycast", tcp=True)
        ask("a.example", "A", source=GLOBEX)
        return len(log.lines) >= 6 or not wanted
    until(asks, "they are told")
    time.sleep(0.3)  # for what is not to come
    rows = [line.split() for line in log.end()]
    assert {row[3] for row in rows} == wanted
    for row in rows:
        assert row[5] == "NOERROR" and row[7] == "us"
        assert (row[-1] == "TCP") == (row[3] == "flyer.flycast")
        assert row[4] == ("A" if row[3] == "a.example" else "AAAA")


def test_log_is_for_one_at_a_time(tapped, started):
    d = tapped()
    log = Log(d, "--json")
    started.append(log)
    until(lambda: ask("blog.internal", "A") and log.lines, "it is told")
    second = subprocess.run(
        [DNSCTL, "--control", d.config["control"], "server", "log"],
        text=True, capture_output=True, timeout=30, check=False)
    assert second.returncode == 1 and "another client" in second.stderr
    ask(NAME)
    d.hup()
    until(lambda: "reloaded" in d.read_log(), "a reload")
    until(lambda: ask("flyer.flycast") and
          any("flyer" in line for line in log.lines), "it goes on")
    said = [json.loads(line) for line in log.end()
            if "blog" not in line]
    assert {s["name"] for s in said} == {NAME, "flyer.flycast"}
    assert said[0]["network"] == "acme" and said[0]["rcode"] == 0
