#!/bin/sh
# run.sh [CHECK...]: how the sources look and what compilers and checkers find
# in them; without a CHECK, all of it.
#
# Each check is silent when it finds nothing.  The Makefile says FLAGS: what the
# build is held to, every other reader is held to; all ROOMS; DNSD_ROOMS, of
# which dnsd is made; and LIBRARIES, what both are linked with.
set -u
unset MAKEFLAGS MAKELEVEL

# What tests share lies in tests/unit; they also see what rooms keep inside.
FLAGS="$FLAGS -I. -Itests/unit"
sources=$(find zones host dnsd dnsctl fuzz tests -name '*.c' | sort)
headers=$(find include zones host dnsd dnsctl fuzz tests -name '*.h' | sort)
tests=$(find fuzz tests -name '*.c' | sort)
jobs=$(nproc)
# Builds of our own: those of build/ may have been made with other flags.
built=build/lint/gcc
mkdir -p build/lint

# A warning is an error here alone: users have compilers that we do not know.
strict() {
	cc=$1
	out=build/lint/${of:-$cc}
	shift
	${within:-} make --no-print-directory BUILD="$out" CFLAGS=-Werror \
		CC="$cc${sysroot:+ $sysroot}" "$@" >"$out.out" 2>&1 ||
		{ cat "$out.out"; return 1; }
}

# What the sources of a room are compiled to.
objects() {
	for room; do
		printf "$built/obj/%s\n" "$room"/*.c
	done | sed 's/c$/o/'
}

each() {
	printf '%s\n' $1 | xargs -r -n "$2" -P "$jobs" "$3"
}

format() {
	clang-format-14 --dry-run -Werror $sources $headers
}

# Calls are read from the objects.
rooms() {
	strict gcc $(objects $ROOMS) || return
	/usr/bin/python3 tests/lint/rooms.py $built
}

names() {
	/usr/bin/python3 tests/lint/names.py
}

lines() {
	strict gcc lines
}

# What only writes has: LMDB's writing half, and jansson.
writers() {
	printf '%s\n' mdb_put mdb_del mdb_drop mdb_cursor_put mdb_cursor_del
	grep -ohE '\bjson_[a-z0-9_]+' /usr/include/jansson*.h | sort -u
}

# What the server is linked with is what it may do: no writer, no JSON.  Its
# objects say so before the linker leaves out what nobody calls.
no_writer() {
	writers >build/lint/writers
	strict gcc $(objects $DNSD_ROOMS) || return
	! gcc-nm -A -u $(objects $DNSD_ROOMS) |
		grep -wF -f build/lint/writers || return
	strict gcc $built/dnsd || return
	! nm -A $built/dnsd | grep -wF -f build/lint/writers
}

# The library answers, it does not talk: nothing in it opens a socket, but what
# tells the journal.
no_sockets() {
	strict gcc $built/libread.a $built/libwrite.a || return
	! gcc-nm -A -u $built/libread.a $built/libwrite.a |
		grep -v ':log.o:' | grep -wE \
		'U (socket|bind|connect|listen|accept4?|(send|recv)(to|from|m?msg)?)'
}

headers_alone() {
	each "$headers" 1 tests/lint/header.sh
}

# The programs are built whole, as some warnings come from the optimiser.
warnings() {
	strict "$1" all && printf '%s\n' $tests |
		xargs -r -n 4 -P "$jobs" ${within:-} "$1" $FLAGS -fsyntax-only
}

warnings_gcc() {
	warnings gcc
}

warnings_clang() {
	warnings clang-14
}

# The newest that Debian has, with the libraries of that day.  Its cmocka is done
# with what takes the place of nothing in ours.
warnings_newest() {
	root=$(tests/lint/root.sh build/lint/newest-root testing \
		"$(dpkg --print-architecture)" base-files coreutils dash make \
		protobuf-c-compiler sed gcc libcmocka-dev valgrind \
		libjs-chart.js $LIBRARIES) || return
	FLAGS="$FLAGS -Wno-deprecated-declarations" of=newest \
		within="tests/lint/within.sh $root" warnings gcc
}

# With musl's headers, and Debian's where musl has none: libraries', the kernel's,
# and BSD's queues, which systems with musl have, too.  Debian has no library
# that is made with musl, so that nothing is linked.
musl() {
	mkdir -p build/lint/musl
	printf '%s\n' $(find zones host dnsd dnsctl -name '*.c') |
		xargs -r -P "$jobs" -I @ sh -c "musl-gcc $FLAGS \
		-idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch) \
		-fsyntax-only -MD -MF build/lint/musl/\$(echo @ | tr / _).d @" || return
	dpkg -L libc6-dev | grep -v /sys/queue.h >build/lint/musl/glibc
	! cat build/lint/musl/*.d | tr ' ' '\n' | sort -u |
		grep -xF -f build/lint/musl/glibc
}

# The programs, whole, for another processor.
arm64() {
	root=$(tests/lint/root.sh build/lint/arm64-root bookworm arm64 libc6-dev \
		$LIBRARIES) || return
	sysroot="--sysroot=$PWD/$root" strict aarch64-linux-gnu-gcc all
}

checker() {
	# Its macros make types, which cppcheck cannot guess.
	queue=$(echo '#include <sys/queue.h>' | gcc -M -xc - |
		grep -o '/[^ ]*sys/queue.h')
	cppcheck --quiet --error-exitcode=1 --inline-suppr -j "$jobs" \
		--std=c11 --enable=warning,performance,portability \
		--suppressions-list=tests/lint/cppcheck.txt \
		--include="$queue" \
		-D_GNU_SOURCE -Iinclude zones host dnsd dnsctl
}

# As they are installed, with the programs that were built.
units() {
	strict gcc all man || return
	make --no-print-directory BUILD=$built DESTDIR="$PWD/build/lint/root" \
		PREFIX=/usr install >build/lint/units.out 2>&1 ||
		{ cat build/lint/units.out; return 1; }
	rm -rf build/lint/units
	cp -r build/lint/root/usr/lib/systemd/system build/lint/units
	sed -i -E "s|/usr/s?bin/dns|$PWD/$built/dns|" build/lint/units/*
	mv build/lint/units/dnsd-wireguard@.service \
		build/lint/units/dnsd-wireguard@wg0.service || return
	mkdir build/lint/units/dnsd.socket.d
	$built/dnsd --sockets -c host/etc/dnsd.conf \
		>build/lint/units/dnsd.socket.d/listen.conf || return
	! systemd-analyze verify --man=no build/lint/units/*.s*[et] 2>&1 |
		grep . || return
	for unit in build/lint/units/*.service; do
		# To change a device of the host's is 1.0 alone: see there.
		case $unit in
		*wireguard*) most=11 ;;
		*) most=10 ;;
		esac
		systemd-analyze security --no-pager --offline=true \
			--threshold=$most "$unit" >build/lint/units.out ||
			{ cat build/lint/units.out; return 1; }
	done
}

# They say what they are made from, and every checker of them is content.
manuals() {
	strict gcc man || return
	! mandoc -T lint -W all $built/man/* | grep .
}

passed=0 failed=0
[ $# -gt 0 ] || set -- format rooms names lines no_writer no_sockets \
	headers_alone warnings_gcc warnings_clang warnings_newest musl arm64 checker units manuals
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
