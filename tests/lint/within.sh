#!/bin/sh
# within.sh ROOT COMMAND...: COMMAND in ROOT, where this folder is /home.
#
# Whoever is not root is root in a user namespace, or uses sudo.
set -eu
set -- sh -c 'mount --bind . "$0/home" && mount --rbind /dev "$0/dev" &&
	exec env -i PATH=/usr/sbin:/usr/bin chroot "$0" env --chdir=/home "$@"' "$@"

if [ "$(id -u)" -eq 0 ]; then
	exec unshare --mount "$@"
elif unshare --user --map-root-user true 2>/dev/null; then
	exec unshare --user --map-root-user --mount "$@"
fi
sudo unshare --mount "$@"
sudo chown -R --reference=build build/lint
