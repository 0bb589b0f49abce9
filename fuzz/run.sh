#!/bin/sh
# run.sh DIR SECONDS: fuzzes with each target of DIR for so many seconds.
#
# New inputs stay in DIR/corpus; one that is worth keeping is copied to
# fuzz/corpus by hand, with a name that says what it shows.
set -u

passed=0 failed=0
for source in fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	new=$1/corpus/${name#fuzz_}
	mkdir -p "$new"
	echo "$name for $2 seconds"
	if "$1/$name" -max_total_time="$2" -print_final_stats=1 \
	    -artifact_prefix="$1/$name-" "$new" "fuzz/corpus/${name#fuzz_}" \
	    >"$1/$name.log" 2>&1; then
		passed=$((passed + 1))
		grep -m1 number_of_executed_units "$1/$name.log"
	else
		failed=$((failed + 1))
		tail -n 40 "$1/$name.log"
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
