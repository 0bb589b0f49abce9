#!/bin/sh
# install.sh PACKAGE...: installs the Debian packages that are missing.
#
# Silent and quick when none is.  Services that come with a package are kept
# from starting: what we need of unbound, nsd and the like is the program.
set -eu

missing=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" \
	2>/dev/null | sed -n 's/^installed //p' | sort -u |
	{ have=$(cat); printf '%s\n' "$@" | grep -vxF "$have" || true; })
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	command -v sudo >/dev/null || {
		echo "missing packages, and neither root nor sudo to install" \
			"them:" $missing >&2
		exit 1
	}
fi

echo "installing:" $missing
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	# 101 is invoke-rc.d's "not allowed"; ours only while apt-get runs.
	trap '$as_root rm -f $policy' EXIT
	trap 'exit 1' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
fi

install() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends $missing >/dev/null
}
# Package lists may be absent or old, as in a fresh container.
install 2>/dev/null || { $as_root apt-get update -qq && install; }
