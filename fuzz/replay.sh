#!/bin/sh
# replay.sh DIR: runs each target of DIR once over its corpus in fuzz/corpus.
set -u

passed=0 failed=0
for source in fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	corpus=fuzz/corpus/${name#fuzz_}
	inputs=$(find "$corpus" -type f 2>/dev/null | wc -l)
	if [ "$inputs" -gt 0 ] &&
	    "$1/$name" -runs=0 "$corpus" >"$1/$name.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name, $inputs inputs"
	else
		failed=$((failed + 1))
		echo "not ok $name, $inputs inputs in $corpus"
		tail -n 40 "$1/$name.log" 2>/dev/null
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
