"""Upstreams of /etc/resolv.conf, whoever changes it and however."""

import ctypes
import itertools
import os

import pytest

from ask import ask, values
from programs import NOT_UPSTREAMS, sample, until
from upstreams import Upstream, address_of

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 4096, 16384, 1 << 18


def with_etc(etc):
    """Arguments that start a program where ETC is its /etc."""
    libc = ctypes.CDLL(None)

    def enter():
        assert libc.unshare(CLONE_NEWNS) == 0
        assert libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) == 0
        assert libc.mount(bytes(etc), b"/etc", None, MS_BIND, None) == 0

    return {"preexec_fn": enter}


def nameserver(n):
    return f"search example\nnameserver 192.0.2.{n}\n"


def write(etc, n):
    (etc / "resolv.conf").write_text(nameserver(n))


def rename(etc, n):
    (etc / "new").write_text(nameserver(n))
    os.rename(etc / "new", etc / "resolv.conf")


def link(etc, n):
    folder = etc / f"folder{n}"
    folder.mkdir()
    (folder / "stub").write_text(nameserver(n))
    os.symlink(f"folder{n}/stub", etc / "link")
    os.rename(etc / "link", etc / "resolv.conf")


def rename_target(etc, n):
    link = etc / os.readlink(etc / "resolv.conf")
    (link.parent / "new").write_text(nameserver(n))
    os.rename(link.parent / "new", link)


@pytest.fixture(name="host")
def fixture_host(servers, started, tmp_path):
    """A server on a host whose /etc is `etc`; 192.0.2.1 to 4 are there."""
    etc = tmp_path / "etc"
    etc.mkdir()
    write(etc, 1)
    for n in range(1, 5):
        started.append(Upstream(
            f"192.0.2.{n}",
            lambda q, _, n=n: [address_of(q, f"198.51.100.{n}")]))
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      forward={}, started=with_etc(etc))
    d.etc = etc
    return d


FRESH = itertools.count()


def asks(n):
    """Whether 192.0.2.N is asked now."""
    return values(ask(f"{next(FRESH)}.example", "A")) == [f"198.51.100.{n}"]


@pytest.mark.parametrize("steps", [
    [write, write], [rename, rename], [link, rename_target, link],
    [write, link, rename],
])
def test_changes_are_followed(host, steps):
    assert asks(1)
    for n, change in enumerate(steps, 2):
        change(host.etc, n)
        until(lambda n=n: asks(n), f"{change.__name__} is followed")


def test_file_that_comes_late(servers, started, tmp_path):
    started.append(Upstream("192.0.2.1", lambda q, _: [
        address_of(q, "198.51.100.1")]))
    etc = tmp_path / "etc"
    etc.mkdir()
    servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS, forward={},
                  started=with_etc(etc))
    write(etc, 1)
    until(lambda: asks(1), "it is read")


def test_only_nameservers_matter(host):
    """Neither the same again, nor what is being edited elsewhere."""
    host.configure({"store": 1})
    for _ in range(3):
        (host.etc / "resolv.conf").write_text("# again\n" + nameserver(1))
        assert asks(1)
    write(host.etc, 2)
    until(lambda: asks(2), "it is followed")
    assert host.read_log().count("has changed") == 1


def test_upstreams_that_are_named_stay(servers, started, tmp_path):
    for n in 1, 2:
        started.append(Upstream(
            f"192.0.2.{n}",
            lambda q, _, n=n: [address_of(q, f"198.51.100.{n}")]))
    etc = tmp_path / "etc"
    etc.mkdir()
    write(etc, 1)
    d = servers.serve(servers.store(sample()), listen=NOT_UPSTREAMS,
                      forward={"upstreams": ["udp://192.0.2.2"]},
                      started=with_etc(etc))
    rename(etc, 3)
    assert asks(2)
    assert "has changed" not in d.read_log()
