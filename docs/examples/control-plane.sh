#!/bin/sh
# control-plane.sh - an app's life in etcd, with etcdctl; see docs/feed.md.
#
#	control-plane.sh deploy 3      three instances of version 1
#	control-plane.sh roll 2        each replaced by one of version 2, drained first
#	control-plane.sh move 1 lhr    instance 1 is in another region
#	control-plane.sh renumber fdaa:0:78   another prefix, all addresses with it
#	control-plane.sh remove        the network, and all that is in it
#
# What belongs together is one txn: nobody sees half of it.
set -eu
export ETCDCTL_API=3
net=${NETWORK:-shop} app=${APP:-web} pause=${PAUSE:-5}
keys=/dnsd/instances/$net/$app

txn() { # lines of operations on standard input
	{ echo; cat; echo; echo; } | etcdctl txn >/dev/null
}
instances() { # "KEY VALUE" a line
	etcdctl get --prefix "$keys/" | paste -d ' ' - -
}
prefix() {
	etcdctl get --print-value-only "/dnsd/networks/$net" |
		sed 's/.*"\([^"]*\)::\/48".*/\1/'
}
put() { # ID VERSION REGION [MORE]
	echo "put $keys/$1 {\"region\":\"$3\",\"addresses\":[\"$(prefix)::$2:$1\"],\"group\":\"v$2\"${4-}}"
}

deploy() {
	etcdctl put "/dnsd/networks/$net" '{"prefixes":["fdaa:0:77::/48"]}'
	etcdctl put /dnsd/regions/iad '{"latitude":38.95,"longitude":-77.46}'
	etcdctl put /dnsd/regions/lhr '{"latitude":51.47,"longitude":-0.45}'
	for id in $(seq "$1"); do put "$id" 1 iad; done | txn
}
# The old one is answered as long as nobody else is; TTLs run out before it stops.
roll() {
	instances | while read -r key value; do
		id=${key##*/}
		{ echo "put $key ${value%\}},\"state\":\"draining\"}"; put "${id}0" "$1" iad; } | txn
		sleep "$pause"
		etcdctl del "$key" >/dev/null
	done
}
move() {
	value=$(etcdctl get --print-value-only "$keys/$1" |
		sed "s/\"region\":\"[^\"]*\"/\"region\":\"$2\"/")
	etcdctl put "$keys/$1" "$value" >/dev/null
}
renumber() {
	old=$(prefix)
	{
		echo "put /dnsd/networks/$net {\"prefixes\":[\"$1::/48\"]}"
		instances | sed "s/^/put /; s/\"$old::/\"$1::/g"
	} | txn
}
remove() { # one revision, however many they are
	etcdctl del "/dnsd/networks/$net" >/dev/null
	for kind in apps instances peers aliases exports zones records; do
		etcdctl del --prefix "/dnsd/$kind/$net/" >/dev/null
	done
}

"$@"
