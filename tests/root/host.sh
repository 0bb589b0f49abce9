#!/bin/sh
# host.sh: the packages in /packages on a host that runs systemd, from their
# installation to the last trace of them.  Ends at the first thing that is not
# so, which its log tells.
set -eux

# Waits until a command succeeds, and shows what it writes.
wait_for() {
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

answers() {
	[ "$(dig +short +tries=1 +timeout=2 "@$1" "$2" A)" = "$3" ]
}

pid() {
	systemctl show --property=MainPID --value dnsd
}

is_another() {
	[ "$(pid)" != "$1" ] && [ "$(pid)" != 0 ]
}

# What packages may write and need not take back: logs, lists, numbers.
files() {
	find / -xdev -path /proc -prune -o -path /tmp -prune -o \
		-path /dnsd -prune -o -path '/var/log/*' -prune -o \
		-path '/var/lib/dpkg/*' -prune -o -path '/var/cache/*' -prune -o \
		-name '*-' -o -print
	find /run/dnsd* || true
}

files >/tmp/before
dpkg -i /packages/*_0.1_*.deb

# --- it serves loopback, without a store, with what is everybody's
systemctl is-enabled dnsd.service dnsd.socket
! systemctl is-enabled dnsd-feed.service dnsd-serve.service dnsd-wireguard@wg0.service
wait_for systemctl is-active dnsd.service
answers 127.0.0.1 localhost 127.0.0.1
answers ::1 localhost 127.0.0.1
dig @127.0.0.1 web.internal | grep 'EDE: 14'
systemctl status dnsd.service | grep 'Status: "[0-9]* workers'

# --- who may write the store, and who may read it
useradd --groups dnsctl alice
useradd --groups dnsd bob
useradd carol
cat >/facts <<END
{"put":"network","id":"acme","prefixes":["127.0.0.0/8"]}
{"put":"instance","network":"acme","app":"web","id":"a1","region":"ord","addresses":["127.0.0.9"]}
END
runuser -u alice -- sh -c 'umask 077 && dnsctl apply -' </facts
wait_for answers 127.0.0.1 web.internal 127.0.0.9
runuser -u dnsfeed -- dnsctl apply - </facts
runuser -u bob -- dnsctl list apps | grep web
for user in bob carol dnsd; do
	! runuser -u $user -- dnsctl apply - </facts
	! runuser -u $user -- sh -c ': >>/var/lib/dnsd/data.mdb'
	! runuser -u $user -- touch /var/lib/dnsd/more
done
! runuser -u carol -- dnsctl list apps
for user in alice bob; do
	runuser -u $user -- test -w /run/dnsd/control
done
! runuser -u carol -- test -w /run/dnsd/control

# --- what its process may do: nothing
grep '^CapEff:.*	0000000000000000$' "/proc/$(pid)/status"
[ ! -e "/proc/$(pid)/root/home" ] && [ ! -e "/proc/$(pid)/root/bin" ]

# --- it is reread and started anew, and never away
first=$(pid)
systemctl reload dnsd
wait_for answers 127.0.0.1 web.internal 127.0.0.9
[ "$(pid)" = "$first" ]
systemctl stop dnsd
dig +short +tries=1 +timeout=10 @127.0.0.1 web.internal A >/late &
systemctl start dnsd
wait $!
grep 127.0.0.9 /late
sed -i 's/127.0.0.1:53/127.0.0.8:53/' /etc/dnsd/dnsd.conf
systemctl daemon-reload
systemctl restart dnsd.socket
wait_for answers 127.0.0.8 web.internal 127.0.0.9

# --- a server that hangs is found
mkdir -p /run/systemd/system/dnsd.service.d
printf '[Service]\nWatchdogSec=1\n' >/run/systemd/system/dnsd.service.d/test.conf
systemctl daemon-reload
systemctl restart dnsd
hanging=$(pid)
kill -STOP "$hanging"
wait_for is_another "$hanging"
wait_for answers 127.0.0.8 web.internal 127.0.0.9
rm -r /run/systemd/system/dnsd.service.d
systemctl daemon-reload

# --- a gateway's device is what the store says; wireguard-go makes it, as not
# each kernel can, and nothing here waits for devices: there is no udev
export WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1
rights=+net_admin,+dac_override
setpriv --reuid=dnswireguard --clear-groups --inh-caps=$rights \
	--ambient-caps=$rights wireguard-go wg0
wg genkey | wg set wg0 private-key /dev/stdin
ip link set wg0 up
runuser -u alice -- dnsctl apply - <<END
{"put":"network","id":"home","prefixes":["fdaa:0:9::/48"]}
{"put":"gateway","id":"gw1","region":"ord","endpoint":"192.0.2.1:51820","number":1,"public_key":"$(wg show wg0 public-key)"}
END
echo 'OPTIONS=--gateway gw1' >/etc/dnsd/wireguard.conf
sed '/^BindsTo=/d; /^After=.*device$/d; s|^BindPaths=.*|& /run/wireguard:/var/run/wireguard|' \
	/lib/systemd/system/dnsd-wireguard@.service \
	>/run/systemd/system/dnsd-wireguard@.service
systemctl daemon-reload
systemctl start dnsd-wireguard@wg0
systemctl status dnsd-wireguard@wg0 | grep 'Status: "wg0: 0 peers'
grep '^CapEff:.*	0000000000001000$' \
	"/proc/$(systemctl show --property=MainPID --value dnsd-wireguard@wg0)/status"
runuser -u alice -- dnsctl wireguard create home laptop /tmp/laptop.conf
wait_for sh -c 'wg show wg0 allowed-ips | grep fdaa:0:9:0:1:0:a:0/120'
wait_for sh -c 'ip -6 route show dev wg0 | grep fdaa:0:9:0:1:0:a:0/120'
runuser -u alice -- dnsctl wireguard remove home laptop
wait_for sh -c '! wg show wg0 allowed-ips | grep .'
systemctl stop dnsd-wireguard@wg0
rm /run/systemd/system/dnsd-wireguard@.service
systemctl daemon-reload
ip link delete wg0
rm /tmp/laptop.conf

# --- the feed follows what it is told
echo 'SOURCE=etcd://127.0.0.1:2379' >/etc/dnsd/feed.conf
systemctl enable --now dnsd-feed
wait_for sh -c 'journalctl -u dnsd-feed | grep "the store stays as it is"'
systemctl is-active dnsd-feed

# --- its instruments
systemctl enable --now dnsd-serve
bash -c 'exec 3<>/dev/tcp/127.0.0.1/9153
	printf "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3
	cat <&3' | grep '^dnsd_queries_total{kind="answered"} [1-9]'

# --- an upgrade starts it anew and keeps what is there
dpkg -i /packages/*_0.2_*.deb
wait_for is_another "$hanging"
wait_for answers 127.0.0.8 web.internal 127.0.0.9
grep 127.0.0.8 /etc/dnsd/dnsd.conf

# --- and nothing is left but users
dpkg --purge dnsd dnsctl
! systemctl is-active dnsd.service dnsd.socket dnsd-feed.service dnsd-serve.service
getent passwd dnsd dnsfeed dnsserve dnswireguard
userdel alice && userdel bob && userdel carol
rm /facts /late
files | diff /tmp/before -
! journalctl --quiet --boot --priority=warning --identifier=dnsd | grep .
echo done
