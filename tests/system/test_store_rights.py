"""A store and those who may not all do everything with it."""

import os
import subprocess

import pytest
import yaml

from ask import ask, ede, rcode, values
from programs import DNSCTL, DNSD, IS_RELEASE, lines, sample, until

NAME, MORE = "paulgra-ham.internal", "more.internal"
FACT = {"put": "instance", "network": "acme", "app": "more", "id": "more",
        "region": "iad", "addresses": ["fdaa:0:18::aaaa"]}
NOBODY = 65534


@pytest.fixture(name="mounted")
def fixture_mounted(servers, started, tmp_path):
    """Starts a server of STORE after COMMANDS of a shell in namespaces of its
    own, and waits until it answers anything."""
    def start(store, *commands):
        conf = os.path.join(servers.fresh(), "dnsd.conf")
        with open(conf, "w", encoding="utf-8") as f:
            yaml.safe_dump({"store": store.path, "workers": 2,
                            "sandbox": IS_RELEASE,
                            "listen": [{"address": "[fdaa::3]:53"}]}, f)
        log = tmp_path / "log"
        with open(log, "w", encoding="utf-8") as out:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child",
                 "--mount-proc", "sh", "-ec",
                 "\n".join([*commands, f"exec {DNSD} -c {conf}"])],
                stdout=out, stderr=out)
        started.append(Ended(process))
        until(lambda: " workers" in log.read_text(), "it has started")
        return log

    return start


class Ended:
    def __init__(self, process):
        self.process = process

    def close(self):
        self.process.kill()
        self.process.wait()


def test_read_only_mount(servers, mounted):
    """No slot can be had there: commits are seen, and none is answered from
    that was written over."""
    store = servers.store(sample())
    path = store.path
    log = mounted(store, f"mount --bind {path} {path}",
                  f"mount -o remount,bind,ro {path}")
    until(lambda: rcode(ask(NAME)) == "NOERROR", log.read_text())
    store.apply(lines([FACT]))
    until(lambda: values(ask(MORE)) == ["fdaa:0:18::aaaa"], "the commit")


def test_other_user(servers):
    """It may read, and has no rights to the lock file."""
    store = servers.store(sample())
    folder = os.path.dirname(store.path)
    while folder != "/":  # as others have to be let in
        os.chmod(folder, os.stat(folder).st_mode | 0o001)
        folder = os.path.dirname(folder)
    os.chmod(store.path + "/lock.mdb", 0o640)
    d = servers.serve(store, user="nobody", sandbox=False)
    reply = ask(NAME)
    assert rcode(reply) == "SERVFAIL" and ede(reply) == [14]
    assert "Permission denied" in d.read_log()
    os.chmod(store.path + "/lock.mdb", 0o666)
    until(lambda: rcode(ask(NAME)) == "NOERROR", "it is seen")


def test_made_by_root(servers, tmp_path):
    """What root makes in another's folder is that one's; in its own it is
    told."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    store = servers.store()
    done = subprocess.run([DNSCTL, "-s", folder, "apply", "-"], text=True,
                          input=lines([]), capture_output=True, check=True)
    assert done.stderr == ""
    for name in "data.mdb", "lock.mdb":
        there = os.stat(folder / name)
        assert (there.st_uid, there.st_gid) == (NOBODY, NOBODY)
    passwd = tmp_path / "passwd"
    passwd.write_text("root:x:0:0::/:/bin/sh\ndnsd:x:999:999::/:/bin/sh\n")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec",
         f"mount --bind {passwd} /etc/passwd\n"
         f"exec {DNSCTL} -s {store.path} apply -"],
        text=True, input="", capture_output=True, check=True)
    assert f"chown -R dnsd: {store.path}" in done.stderr
