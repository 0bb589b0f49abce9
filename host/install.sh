#!/bin/sh
# install.sh install|uninstall [PACKAGE]: what host/files lists, all of it or a
# package's part.  The Makefile says where, and DESTDIR.
set -eu

words="s|@out@|$OUT|g; s|@prefix@|$PREFIX|g; s|@sbindir@|$PREFIX/sbin|g
s|@bindir@|$PREFIX/bin|g; s|@mandir@|$PREFIX/share/man|g
s|@sysconfdir@|$SYSCONFDIR|g; s|@systemddir@|$SYSTEMDDIR|g
s|@zshdir@|$ZSHDIR|g"
# A part of several units.
sandbox='/^@sandbox@$/{
r host/systemd/sandbox
d
}'

# Text has its words replaced, as installed or as it would be.
render() {
	case $1 in
	"$OUT"/*) cat "$1" ;;
	*) sed "$sandbox" "$1" | sed "$words" ;;
	esac
}

put() {
	[ "$1" = conf ] && [ -e "$3" ] && return
	mkdir -p "$(dirname "$3")"
	render "$2" >"$3.new"
	chmod "$(echo "$1" | sed s/conf/644/)" "$3.new"
	mv "$3.new" "$3"
}

# A configuration that somebody changed is theirs.
take_away() {
	[ "$1" != conf ] || render "$2" | cmp -s - "$3" || return 0
	rm -f "$3"
	rmdir "$(dirname "$3")" 2>/dev/null || true
}

# Users, folders and units, on the machine itself.
tell_systemd() {
	[ -z "$DESTDIR" ] && [ "$(id -u)" -eq 0 ] &&
		command -v systemd-sysusers >/dev/null || return 0
	systemd-sysusers dnsctl.conf dnsd.conf
	systemd-tmpfiles --create dnsctl.conf dnsd.conf
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
}

sed "/^#/d; /^$/d; $words" host/files |
	while read -r package mode from to; do
		[ "${2:-$package}" = "$package" ] || continue
		case $1 in
		install) put "$mode" "$from" "$DESTDIR$to" ;;
		uninstall) take_away "$mode" "$from" "$DESTDIR$to" ;;
		esac
	done
[ "$1" = uninstall ] || tell_systemd
