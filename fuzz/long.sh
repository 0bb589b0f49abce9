#!/bin/sh
# long.sh DIR HOURS: fuzzes with all targets of DIR for so many hours, as many
# at a time as there are processors.
#
# Each has its turn of some minutes, again and again; before a turn its corpus
# is made as small as it can be.  Says how many inputs each target has tried,
# and what processor time all of it took.
set -u

# Twice as many inputs: whose memory something was is asked when it is found,
# and how rare an input is does not pay where each is worth much.  Few inputs
# free a MB, and memory that comes again is in the processor's cache.
export ASAN_OPTIONS="malloc_context_size=1:quarantine_size_mb=1:max_malloc_fill_size=0"

dir=$1

# A target's turn; what it finds stands beside it.
fuzz_one() {
	name=$1 corpus=$dir/corpus/${1#fuzz_}
	left=$((END - $(date +%s)))
	[ $left -gt 0 ] || return 0
	[ $left -lt "$TURN" ] || left=$TURN
	rm -rf "$corpus.small"
	mkdir -p "$corpus" "$corpus.small"
	"$dir/$name" -merge=1 "$corpus.small" "fuzz/corpus/${name#fuzz_}" \
		"$corpus" >"$dir/$name.log" 2>&1 &&
		rm -rf "$corpus" && mv "$corpus.small" "$corpus"
	"$dir/$name" -max_total_time=$left -print_final_stats=1 -entropic=0 \
		-artifact_prefix="$dir/$name-" "$corpus" \
		>"$dir/$name.log" 2>&1 || {
		tail -n 40 "$dir/$name.log"
		echo "$name" >>"$dir/long.failed"
	}
	sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$name.log" \
		>>"$dir/$name.tried"
}

if [ "${END-}" ]; then # by itself, below
	fuzz_one "$2"
	exit
fi
rm -f "$dir"/*.tried "$dir/long.failed"
names=$(for source in fuzz/fuzz_*.c; do basename "$source" .c; done)
seconds=$(echo "$2" | awk '{ print int($1 * 3600) }')
# All of them have one, however short it is for that.
TURN=$((seconds * $(nproc) / $(echo "$names" | wc -l)))
[ $TURN -lt 300 ] || TURN=300
END=$(($(date +%s) + seconds))
export TURN END
while [ "$(date +%s)" -lt "$END" ]; do
	echo "$names" | xargs -P "$(nproc)" -I NAME "$0" "$dir" NAME
done
for name in $names; do
	echo "$name: $(awk '{ n += $1 } END { print n + 0 }' \
		"$dir/$name.tried" 2>/dev/null) inputs"
done
times >"$dir/long.times" # of what ended, its own last
echo "processor time, of users and of the system: $(tail -n 1 "$dir/long.times")"
failed=$(cat "$dir/long.failed" 2>/dev/null | sort -u | wc -l)
echo "$(($(echo "$names" | wc -l) - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
