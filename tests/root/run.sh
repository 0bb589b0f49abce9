#!/bin/sh
# run.sh: what README.md and docs/operations.md promise to a bare Debian 12.
#
# build/root keeps the clean root and what apt fetched for it: only the first
# run needs the network.  The roots of a run lie beside them, in mount and
# process namespaces of their own, and go when it ends.  It takes root to make
# roots, as files in them have several owners.
set -eu
# What is kept belongs to whom build/ does.
kept=$PWD/build/root
mkdir -p "$kept"
[ "$(id -u)" -eq 0 ] || exec sudo -E "$0"

. tests/root/apt.sh
apt_write "$kept"
# make, and nothing else that is not in each Debian.
set -- --variant=apt --include=make --aptopt="$kept/apt.conf" bookworm
key=$(echo "$@" | cat - "$kept/apt.conf" $sources | sha256sum | cut -c 1-16)

# What an earlier run left behind, or kept for other sources.
find "$kept" -mindepth 1 -maxdepth 1 -type d ! -name "$key" \
	-exec rm -rf --one-file-system {} +
roots=$(mktemp -d "$kept/run.XXXXXX")
trap 'rm -rf --one-file-system "$roots"
	chown -R --reference=build "$kept"' EXIT
trap 'exit 1' INT TERM HUP

if [ ! -e "$kept/$key/clean.tar" ]; then
	echo "making a clean root"
	mkdir -p "$kept/$key/lists" "$kept/$key/archives"
	mmdebstrap "$@" "$roots/clean.tar" $sources >"$kept/clean.log" 2>&1 || {
		cat "$kept/clean.log"
		echo "0 passed, 1 failed"
		exit 1
	}
	mv "$roots/clean.tar" "$kept/$key"
fi

unshare --mount --pid --fork --mount-proc --kill-child \
	tests/root/checks.sh "$roots" "$kept/$key" | tee "$kept/checks.log"
passed=$(grep -c '^ok ' "$kept/checks.log") || true
failed=$(grep -c '^not ok ' "$kept/checks.log") || true
[ $((passed + failed)) -gt 0 ] || failed=1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
