#!/bin/sh
# checks.sh ROOTS KEPT: the checks, in roots that are made in the folder ROOTS
# of what is KEPT.
set -u
roots=$1 kept=$2
export BUILT="$roots/built"
bare=$roots/bare host=$roots/host

# The libraries that the manual lists; lines end with \ where they go on.
libraries=$(sed -n '/^sudo apt-get install/ {
	:a; /\\$/ { N; s/\\\n//; ba }
	s/^sudo apt-get install//p; q }' docs/operations.md)

# What a root has of this machine: its way to the packages.
make_root() {
	mkdir "$1" && tar -C "$1" --exclude='./dev/*' -xf "$kept/clean.tar"
	for file in /etc/resolv.conf /etc/hosts /etc/apt/keyrings \
	    /etc/apt/trusted.gpg /etc/apt/trusted.gpg.d /etc/apt/mirrors \
	    /etc/apt/auth.conf /etc/apt/auth.conf.d /usr/share/keyrings \
	    /etc/ssl/certs/ca-certificates.crt; do
		[ ! -e $file ] || cp -aL --parents $file "$1"
	done
	mount --rbind /dev "$1/dev"
	mount -t proc proc "$1/proc"
	mount --bind "$kept/lists" "$1/var/lib/apt/lists"
	mount --bind "$kept/archives" "$1/var/cache/apt/archives"
	mkdir "$1/dnsd"
	tar -c --exclude=./build --exclude=./.git . | tar -C "$1/dnsd" -x
}

enter() {
	tests/root/enter.sh "$@"
}

# Whoever does not come to an answer in ten minutes never does.
answers() {
	timeout 600 unshare --net --pid --fork --kill-child \
		tests/root/answers.sh "$@"
}

# Where it is built: what the README and the manual say, after one another.
build_packages() {
	make_root "$BUILT"
	enter "$BUILT" make packages-run
}

first_command() {
	answers "$BUILT" $(sed -n '/^```sh/ { n; p; q }' README.md)
}

install() {
	enter "$BUILT" make packages-install &&
		enter "$BUILT" make install DESTDIR=/installed
}

# A library that a program names is of a listed package, and the other way.
libraries_linked() {
	enter "$BUILT" readelf -d build/dnsd build/dnsctl |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]$/*\/\1/p' | sort -u |
		xargs tests/root/enter.sh "$BUILT" dpkg -S | cut -d: -f1 |
		sort -u | grep -vx libc6 >"$roots/linked"
	printf '%s\n' $libraries | sort | diff - "$roots/linked"
}

# Where it is run: the programs, and the packages that are listed for that.
run_time_packages() {
	make_root "$bare"
	enter "$bare" tests/install.sh $libraries
}

run_time() {
	cp -a "$BUILT/installed/." "$bare"
	mkdir "$bare/programs"
	ln -s /usr/local/sbin/dnsd /usr/local/bin/dnsctl "$bare/programs"
	answers "$bare" tests/sample/serve.sh /programs /tmp
}

# Packages, and a host that has nothing of ours but them.
packages() {
	enter "$BUILT" make packages-deb && enter "$BUILT" make deb
}

# What the build needs is what the packages say that it needs.
packages_lint() {
	sed -n '/^PACKAGES_run/,/[^\\]$/p' tests/packages.mk | tr ' \t' '\n\n' |
		grep '^lib' | grep -vx libc6-dev | while read -r name; do
		grep "^ $name,$" debian/control || exit
	done || return
	lintian --allow-root --fail-on error,warning \
		"$BUILT"/dnsd/build/deb/*.changes
}

host_packages() {
	make_root "$host"
	enter "$host" tests/install.sh $libraries systemd-sysv dbus procps \
		bind9-dnsutils wireguard-go wireguard-tools iproute2
}

# The same again, as the next version.
upgrade() {
	for deb in "$host"/packages/*_0.1_*.deb; do
		rm -rf "$roots/next"
		dpkg-deb -R "$deb" "$roots/next"
		sed -i 's/^Version: 0\.1$/Version: 0.2/; s/(= 0\.1)/(= 0.2)/' \
			"$roots/next/DEBIAN/control"
		dpkg-deb -b "$roots/next" "$(echo "$deb" | sed s/_0.1_/_0.2_/)"
	done
}

# The host is started as a machine is, with host.sh as its only purpose.
boot() {
	mkdir "$host/packages"
	cp "$BUILT"/dnsd/build/deb/dnsd_*.deb \
		"$BUILT"/dnsd/build/deb/dnsctl_*.deb "$host/packages"
	upgrade
	cat >"$host/etc/systemd/system/test.service" <<-END
		[Unit]
		After=basic.target dbus.service
		[Service]
		Type=idle
		ExecStart=/dnsd/tests/root/host.sh
		StandardOutput=file:/host.log
		StandardError=file:/host.log
		ExecStopPost=/bin/systemctl poweroff --no-block
		TimeoutStartSec=300
		[Install]
		WantedBy=multi-user.target
	END
	enter "$host" systemctl enable test.service
	umount -R "$host/dev" "$host/proc"
	timeout 300 unshare --mount --pid --fork --kill-child --mount-proc \
		systemd-nspawn --quiet --directory="$host" --register=no \
		--keep-unit --private-network --bind=/dev/net/tun --boot \
		</dev/null
	cat "$host/host.log"
	[ "$(tail -n 1 "$host/host.log")" = done ]
}

for check in build_packages first_command install libraries_linked \
    run_time_packages run_time packages packages_lint host_packages boot; do
	if $check >"$roots/log" 2>&1; then
		echo "ok $check"
	else
		cat "$roots/log"
		echo "not ok $check"
	fi
done
