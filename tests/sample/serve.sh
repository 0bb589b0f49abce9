#!/bin/sh
# serve.sh BUILD DIR [PORT]: serves the sample network from a store in DIR.
#
# All of it belongs to the network `acme`, so that `dig` from loopback is one of
# its askers.  Other names go to this machine's own resolvers.
set -eu

build=$1 dir=$2 port=${3:-${PORT:-5300}}
mkdir -p "$dir/store"

# An address with a zone (fe80::1%eth0) means something to its interface alone.
resolvers=$(sed -n 's/^nameserver[ \t]*\([0-9a-fA-F.:]*\)[ \t]*$/\1/p' \
	/etc/resolv.conf 2>/dev/null | head -n 3)

{
	echo "store: $dir/store"
	echo "region: ord"
	echo "listen:"
	echo "  - address: \"127.0.0.1:$port\""
	echo "    network: acme"
	if [ -n "$resolvers" ]; then
		echo "forward:"
		echo "  upstreams:"
		for address in $resolvers; do
			case $address in *:*) address="[$address]" ;; esac
			echo "    - \"udp://$address\""
		done
	fi
} >"$dir/dnsd.conf"

"$build/dnsctl" -s "$dir/store" apply tests/sample/network.ndjson
"$build/dnsd" -t -c "$dir/dnsd.conf"

echo "The sample network is served on 127.0.0.1, port $port, until Ctrl-C. Ask it:"
echo
while read -r question; do
	[ -z "$question" ] || echo "  dig @127.0.0.1 -p $port +short $question"
done <<END
paulgra-ham.internal AAAA
iad.random-potato-45.internal AAAA
top2.nearest.of.random-potato-45.internal AAAA
vms.random-potato-45.internal TXT
regions.random-potato-45.internal TXT
_apps.internal TXT
_peer.internal TXT
lion.shop.production.apn A
-x 172.16.10.45
${resolvers:+debian.org A}
END
[ -n "$resolvers" ] ||
	echo "(/etc/resolv.conf names no resolver: only private names here.)"
echo
exec "$build/dnsd" -c "$dir/dnsd.conf"
