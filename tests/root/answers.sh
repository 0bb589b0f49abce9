#!/bin/sh
# answers.sh ROOT COMMAND...: while COMMAND runs in ROOT, the README's first
# question there comes to have the answer that the README shows.
#
# In a process namespace of its own, and one without a network but loopback.
# BUILT is the root that has dig.
set -u

question=$(sed -n 's/^\$ \(dig .*\)/\1/p' README.md | head -n 1)
answer=$(sed -n '/^\$ dig /{ n; p; q }' README.md)

ip link set lo up
tests/root/enter.sh "$@" &
server=$!
until [ "$(tests/root/enter.sh "$BUILT" $question)" = "$answer" ]; do
	kill -0 $server 2>/dev/null || exit 1
	sleep 0.2
done
