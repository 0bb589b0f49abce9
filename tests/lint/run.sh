#!/bin/sh
# run.sh [CHECK...]: how the sources look and what compilers and checkers find
# in them; without a CHECK, all of it.
#
# Each check is silent when it finds nothing.  CPPFLAGS and WARN come from the
# Makefile: what the build is held to, every other reader is held to.
set -u
unset MAKEFLAGS MAKELEVEL

# What tests share lies in tests/unit; they also see what rooms keep inside.
CPPFLAGS="$CPPFLAGS -I. -Itests/unit"
sources=$(find zones dnsd dnsctl fuzz tests -name '*.c' | sort)
headers=$(find include zones dnsd dnsctl fuzz tests -name '*.h' | sort)
jobs=$(nproc)
mkdir -p build/lint

each() {
	printf '%s\n' $1 | xargs -r -n "$2" -P "$jobs" "$3"
}

format() {
	clang-format-14 --dry-run -Werror $sources $headers
}

# After a build: calls are read from the objects.
rooms() {
	make --no-print-directory all >build/lint/rooms.out 2>&1 ||
		{ cat build/lint/rooms.out; return 1; }
	/usr/bin/python3 tests/lint/rooms.py build
}

names() {
	/usr/bin/python3 tests/lint/names.py
}

# What the server is linked with is what it may do: no writer, no JSON.
no_writer() {
	! nm build/dnsd | grep -E ' (mdb_(put|del|drop|cursor_put|cursor_del)|json_)'
}

# The library answers, it does not talk: nothing in it opens a socket.
no_sockets() {
	make --no-print-directory build/libread.a build/libwrite.a \
		>build/lint/zones.out 2>&1 ||
		{ cat build/lint/zones.out; return 1; }
	! gcc-nm -A -u build/libread.a build/libwrite.a | grep -wE \
		'U (socket|bind|connect|listen|accept4?|(send|recv)(to|from|m?msg)?)'
}

headers_alone() {
	each "$headers" 1 tests/lint/header.sh
}

warnings_gcc() {
	make --no-print-directory all >build/lint/gcc.out 2>&1 ||
		{ cat build/lint/gcc.out; return 1; }
}

warnings_clang() {
	printf '%s\n' $sources | xargs -r -n 4 -P "$jobs" \
		clang-14 -std=c11 $CPPFLAGS $WARN -fsyntax-only
}

checker() {
	# Its macros make types, which cppcheck cannot guess.
	queue=$(echo '#include <sys/queue.h>' | gcc -M -xc - |
		grep -o '/[^ ]*sys/queue.h')
	cppcheck --quiet --error-exitcode=1 --inline-suppr -j "$jobs" \
		--std=c11 --enable=warning,performance,portability \
		--suppressions-list=tests/lint/cppcheck.txt \
		--include="$queue" \
		-D_GNU_SOURCE -Iinclude zones dnsd dnsctl
}

# The units that the manual shows, with the programs that were built.
units() {
	rm -rf build/lint/units
	mkdir build/lint/units
	awk -F'[`/]' '
		/^`\/etc\/systemd\/system\// { file = "build/lint/units/" $6 }
		/^```$/ { file = shown = "" }
		file && shown { print >file }
		file && /^```ini$/ { shown = 1 }' docs/operations.md
	sed -i -E "s|/usr/local/s?bin/|$PWD/build/|" build/lint/units/*
	! systemd-analyze verify --man=no build/lint/units/* 2>&1 | grep .
}

passed=0 failed=0
[ $# -gt 0 ] || set -- format rooms names no_writer no_sockets headers_alone \
	warnings_gcc warnings_clang checker units
for check; do
	if $check; then
		passed=$((passed + 1))
		echo "ok $check"
	else
		failed=$((failed + 1))
		echo "not ok $check"
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
