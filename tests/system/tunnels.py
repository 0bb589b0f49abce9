"""WireGuard devices, as wireguard-go makes them."""

import os
import subprocess

from ask import PATIENCE
from programs import until

# wireguard-go would rather have the kernel do it.
ENVIRONMENT = dict(os.environ, LOG_LEVEL="error",
                   WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD="1")


def wg(*arguments, pid=None, stdin=None):
    enter = ["nsenter", "-t", str(pid), "-n"] if pid else []
    return subprocess.run(enter + ["wg", *arguments], input=stdin, text=True,
                          capture_output=True, check=True).stdout.strip()


def keys():
    """A private one and its public one."""
    private = wg("genkey")
    return private, wg("pubkey", stdin=private)


class Tunnel:
    """wireguard-go's interface NAME, here or on a host, with CONFIG."""

    def __init__(self, directory, name, config, host=None):
        self.name = name
        self.pid = host.pid if host else None
        sockets = directory / f"run-{name}"
        sockets.mkdir()
        # Its control socket is in /var/run, which belongs to the machine.
        self.inside = (host.enter([]) if host else []) + [
            "unshare", "-m", "sh", "-c",
            'mkdir -p "$0" && mount --bind "$0" /run && exec "$@"',
            str(sockets)]
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            self.inside + ["wireguard-go", "-f", name], env=ENVIRONMENT)
        control = sockets / "wireguard" / f"{name}.sock"
        until(control.exists, "wireguard-go runs")
        conf = directory / f"{name}.conf"
        conf.write_text(config)
        self.run("wg", "setconf", name, str(conf))

    def run(self, *command):
        """What COMMAND prints, that knows the device."""
        return subprocess.run(self.inside + list(command), check=True,
                              text=True, stdout=subprocess.PIPE).stdout

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
