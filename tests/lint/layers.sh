#!/bin/sh
# layers.sh: which folder may include what.  Prints every line that may not.
#
#	include/base  <-  zones  <-  dnsd, dnsctl
#
# A header of include/LAYER counts as part of LAYER.  To add a rule, add a line
# "what includes are meant ; where they may stand".
set -u

rules='
"base/          ; ^(include/)?(base|zones|dnsd|dnsctl)/
"zones/         ; ^(include/)?(zones|dnsd|dnsctl)/
"dnsd/          ; ^(include/)?dnsd/
"dnsctl/        ; ^(include/)?dnsctl/
<lmdb.h         ; ^zones/store_
<event2/        ; ^(include/)?dnsd/
<openssl/       ; ^(include/)?(dnsd|dnsctl)/
<yaml.h         ; ^(include/)?dnsd/
<curl/          ; ^(include/)?dnsctl/
<jansson.h      ; ^((include/)?zones/(fact|feed|json)|(include/)?dnsctl/)
<ldns/          ; ^(include/)?dnsctl/
'

includes=$(grep -rnE --include='*.[ch]' '^[ 	]*#[ 	]*include' \
	include zones dnsd dnsctl | tr -d ' \t')

echo "$rules" | grep ';' | while IFS='; ' read -r what where; do
	echo "$includes" | grep -F "#include$what" | grep -Ev "$where" |
		awk -v where="$where" '{ print $0 "   only in " where }'
done >build/lint/layers.out

# A header without a folder is for the sources beside it and for nobody else;
# all others are found through include/.
echo "$includes" | grep -E '#include"[^"/]*"' | while IFS=: read -r file _ what
do
	header=$(dirname "$file")/$(echo "$what" | cut -d'"' -f2)
	[ -e "$header" ] || echo "$file: $what is not beside it"
done >>build/lint/layers.out

# A module's own header comes first in its source, so that it compiles alone.
for header in include/*/*.h; do
	module=${header#include/}
	source=${module%.h}.c
	[ -e "$source" ] || continue
	first=$(grep -m1 '^#include' "$source")
	[ "$first" = "#include \"$module\"" ] ||
		echo "$source: first include is $first, not its own header"
done >>build/lint/layers.out

cat build/lint/layers.out
[ ! -s build/lint/layers.out ]
