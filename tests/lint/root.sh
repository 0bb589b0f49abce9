#!/bin/sh
# root.sh FOLDER SUITE ARCHITECTURE PACKAGE...: packages of another Debian in
# FOLDER/ROOT, where ROOT is a name for them; prints FOLDER/ROOT.
#
# They are only unpacked, so that nothing of another processor has to run, nor this
# machine to know of it.  Only the first run needs the network.
set -eu
kept=$1 suite=$2 architecture=$3
shift 3
root=$kept/$(echo "$@" | sha256sum | cut -c 1-16)

echo "$root"
[ ! -e "$root" ] || exit 0
. tests/root/apt.sh
rm -rf "$kept"
mkdir -p "$kept"
apt_write "$kept"
mirror=$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' \
	'Origin: Debian' 'Label: Debian' | head -n 1)
mmdebstrap --variant=extract --architectures="$architecture" \
	--aptopt="$kept/apt.conf" --include="$(echo "$@" | tr ' ' ,)" \
	"$suite" "$root.new" "$mirror" >"$kept/log" 2>&1 ||
	{ cat "$kept/log" >&2; exit 1; }
mv "$root.new" "$root"
