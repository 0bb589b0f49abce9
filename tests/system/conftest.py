"""What all system tests share.  `make system` runs them (see run.sh)."""

import os
import sys
import threading

import pytest

sys.path.insert(0, os.path.dirname(__file__))

pytest.register_assert_rewrite("ask", "programs")

import netns  # noqa: E402
import upstreams  # noqa: E402
from ask import PATIENCE  # noqa: E402
from programs import NOT_UPSTREAMS, Servers, sample  # noqa: E402

tally = {"passed": 0, "failed": 0}


def pytest_configure(config):
    if not os.environ.get("DNSD_TEST_NAMESPACE"):
        pytest.exit("start the system tests with `make system`", 2)
    if hasattr(config, "workerinput") or config.getoption("numprocesses") \
            in (None, 0):
        netns.enter_new()


def pytest_runtest_logreport(report):
    """A test counts once; one that is skipped has not passed."""
    if report.when == "call" and report.passed:
        tally["passed"] += 1
    elif not report.passed:
        tally["failed"] += 1


def pytest_collectreport(report):
    if report.failed:
        tally["failed"] += 1


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        print(f"\n{tally['passed']} passed, {tally['failed']} failed")


@pytest.fixture(name="servers")
def fixture_servers(tmp_path):
    servers = Servers(tmp_path)
    yield servers
    servers.close()


@pytest.fixture(scope="module", name="module_servers")
def fixture_module_servers(tmp_path_factory):
    servers = Servers(tmp_path_factory.mktemp("module"))
    yield servers
    servers.close()


@pytest.fixture(scope="module", name="sample_server")
def fixture_sample_server(module_servers):
    """A server of the sample network on every address, port 53."""
    return module_servers.serve(module_servers.store(sample()))


@pytest.fixture(name="started")
def fixture_started():
    """What a test starts and what has to end with it."""
    started = []
    yield started
    for program in started:
        program.close()


@pytest.fixture(name="held")
def fixture_held(servers, started):
    """A server whose upstream answers when `held` is set, and no earlier."""
    held = threading.Event()

    def answer(q, _):
        assert held.wait(PATIENCE)
        return [upstreams.address_of(q)]

    up = upstreams.Upstream("192.0.2.1", answer)
    started.append(up)
    held.server = servers.serve(
        servers.store(sample()), listen=NOT_UPSTREAMS, workers=1,
        forward={"upstreams": ["tcp://192.0.2.1"], "cache-size": "1MiB"})
    held.upstream = up
    yield held
    held.set()


@pytest.fixture(scope="module", name="nsd")
def fixture_nsd(module_servers):
    """NSD at 192.0.2.1 with `example`; and its DS."""
    directory = module_servers.fresh()
    signed, ds = upstreams.sign(directory, "example", upstreams.ZONE)
    nsd = upstreams.nsd(directory, "192.0.2.1", {"example": signed})
    yield ds
    nsd.close()
