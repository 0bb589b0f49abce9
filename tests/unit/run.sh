#!/bin/sh
# run.sh DIR PATTERN: runs the cmocka programs of DIR for test_PATTERN.c and
# counts their tests.
#
# Failures are shown whole.  A program that dies, or that runs no test, is one
# failure more than it reported.
set -u

passed=0 failed=0
for source in tests/unit/*/test_$2.c; do
	program=$1/${source#tests/unit/}
	program=${program%.c}
	CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$program.log" 2>&1
	status=$?
	good=$(grep -c '^ok ' "$program.log")
	bad=$(grep -c '^not ok ' "$program.log")
	[ $status -eq 0 ] && [ "$good" -gt 0 ] || [ "$bad" -gt 0 ] || bad=1
	if [ "$bad" -gt 0 ]; then
		echo "not ok $(basename "$program"), exit status $status:"
		cat "$program.log"
	else
		echo "ok $(basename "$program"), $good tests"
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
