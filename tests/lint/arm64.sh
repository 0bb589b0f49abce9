#!/bin/sh
# arm64.sh FOLDER PACKAGE...: libraries of arm64 and their headers in FOLDER/ARM64,
# where ARM64 is a name for these packages; prints FOLDER/ARM64.
#
# They are only unpacked, so that nothing of arm64 has to run, nor this machine to
# know of it.  Only the first run needs the network.
set -eu
kept=$1
shift
root=$kept/$(echo "$@" | sha256sum | cut -c 1-16)

echo "$root"
[ ! -e "$root" ] || exit 0
. tests/root/apt.sh
rm -rf "$kept"
mkdir -p "$kept"
apt_write "$kept"
mmdebstrap --variant=extract --architectures=arm64 --aptopt="$kept/apt.conf" \
	--include="$(echo libc6-dev "$@" | tr ' ' ,)" bookworm "$root.new" \
	$sources >"$kept/log" 2>&1 || { cat "$kept/log" >&2; exit 1; }
mv "$root.new" "$root"
