#!/bin/sh
# run.sh BUILD [PYTEST-ARGUMENT...]: the system tests on the programs in BUILD.
#
# Everything runs in mount and process namespaces of its own, and the tests add
# network namespaces: nothing on the machine changes, and when the run ends,
# however it ends, the kernel takes every process, mount and address with it.
# Whoever is not root is root in a user namespace, or uses sudo.
set -eu

export DNSD_BUILD=$1
shift
cd "$(dirname "$0")"

files=$(mktemp -d /tmp/dnsd-system.XXXXXX)
trap 'rm -rf "$files"' EXIT
trap 'exit 1' INT TERM HUP

# Debian's Python, whose packages we installed, whatever else is in PATH.
[ $# -gt 0 ] || set -- .
set -- /usr/bin/python3 -B -m pytest -q -p no:cacheprovider \
	-n "$(($(nproc) * 2))" --dist loadfile --tb=short \
	--basetemp="$files/pytest" "$@"
set -- --mount --pid --fork --mount-proc --kill-child "$@"

export DNSD_TEST_NAMESPACE=yes
# A test preloads a clock; the sanitizer would insist on being the first.
export ASAN_OPTIONS=verify_asan_link_order=0
if [ "$(id -u)" -eq 0 ]; then
	unshare "$@"
elif unshare --user --map-root-user true 2>/dev/null; then
	unshare --user --map-root-user "$@"
else
	sudo -E unshare "$@"
fi
