"""Network namespaces: one for each test process, more for clients.

The process's own has every private address on `lo`, so that a client can stand
at any address of any network:

    fdaa::/16, 172.16.10.0/24       askers (a route: bind with FREEBIND)
    fdaa::3 and each network's ::3  the server, where it listens (addresses)
    192.0.2.0/24                    upstream resolvers (a route, too)
"""

import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000

# Where the routes of enter_new() are, so that a host's own is the longer one.
LOCAL = ["table", "local"]

RESOLVERS = ["fdaa::3", "fdaa:0:18::3", "fdaa:0:22b7::3", "172.31.0.53"]


def ip(*arguments, pid=None):
    """Runs `ip`, in the namespace of process PID if given."""
    enter = ["nsenter", "-t", str(pid), "-n"] if pid else []
    subprocess.run(enter + ["ip", *arguments], check=True)


def enter_new():
    """Moves this process to a new network namespace with only `lo` in it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    ip("link", "set", "lo", "up")
    ip("-6", "route", "add", "local", "fdaa::/16", "dev", "lo")
    ip("route", "add", "local", "172.16.10.0/24", "dev", "lo")
    ip("route", "add", "local", "192.0.2.0/24", "dev", "lo")
    for address in RESOLVERS:
        ip("address", "add", address, "dev", "lo")


class Host:
    """Another machine: a namespace, and a cable from it to ours.

    The far end has ADDRESSES and reaches everything through us.
    """

    def __init__(self, addresses, name="host0"):
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()  # it is in its namespace now
        self.pid = self.holder.pid
        self.name = name
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0",
           "netns", str(self.pid))
        ip("link", "set", name, "up")
        ip("address", "add", "fe80::1/64", "dev", name, "nodad")
        ip("address", "add", "169.254.0.1/32", "dev", name)
        ip("link", "set", "lo", "up", pid=self.pid)
        ip("link", "set", "eth0", "up", pid=self.pid)
        ip("route", "add", "169.254.0.1", "dev", "eth0", pid=self.pid)
        for address in addresses:
            self._add(address)

    def _add(self, address):
        if ":" in address:
            ip("address", "add", address + "/128", "dev", "eth0", "nodad",
               pid=self.pid)
            ip("-6", "route", "replace", "default", "via", "fe80::1", "dev",
               "eth0", "src", address, pid=self.pid)
            ip("-6", "route", "add", address, "dev", self.name, *LOCAL)
        else:
            ip("address", "add", address + "/32", "dev", "eth0", pid=self.pid)
            ip("route", "replace", "default", "via", "169.254.0.1", "src",
               address, pid=self.pid)
            ip("route", "add", address, "dev", self.name, *LOCAL)

    def enter(self, command, resolv_conf=None):
        """COMMAND as it has to be started to run on this host.

        RESOLV_CONF, a path, is its /etc/resolv.conf, and names are looked up
        in files and DNS alone, whatever this machine does.
        """
        inside = ["nsenter", "-t", str(self.pid), "-n"]
        if resolv_conf is None:
            return inside + command
        nsswitch = os.path.join(os.path.dirname(__file__), "nsswitch.conf")
        script = ("mount --bind $0 /etc/resolv.conf && mount --bind $1 "
                  "/etc/nsswitch.conf && shift && exec \"$@\"")
        return inside + ["unshare", "-m", "sh", "-c", script,
                         str(resolv_conf), nsswitch] + command

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
