#!/bin/sh
# all.sh: every test of the project; the last line is the sum of all.
#
# Each stage is a make target that ends with "N passed, N failed".  A stage
# that ends otherwise, for example because it does not compile, is a failure.
set -u
unset MAKEFLAGS MAKELEVEL

passed=0 failed=0
log=build/test.log
mkdir -p build

stage() {
	echo "== $*"
	{ make --no-print-directory "$@" 2>&1; echo "$?" >$log.status; } |
		tee $log
	tally=$(grep -Ex '[0-9]+ passed, [0-9]+ failed' $log | tail -n 1)
	passed=$((passed + $(echo "${tally:-0}" | cut -d' ' -f1)))
	stage_failed=$(echo "${tally:-0 passed, 0 failed}" | cut -d' ' -f3)
	[ "$(cat $log.status)" = 0 ] && [ -n "$tally" ] ||
		[ "$stage_failed" -gt 0 ] || stage_failed=1
	failed=$((failed + stage_failed))
}

stage lint
stage lint-breaks
stage unit
stage unit KIND=asan
stage unit KIND=tsan ONLY=cache
stage system KIND=tsan PYTEST=test_races.py
stage fuzz-replay
stage instructions
stage system
stage root

echo "== all"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
