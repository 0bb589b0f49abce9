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
<openssl/       ; ^(include/)?dnsd/
<yaml.h         ; ^(include/)?dnsd/
<curl/          ; ^(include/)?dnsctl/
<jansson.h      ; ^((include/)?zones/feed|(include/)?dnsctl/)
<ldns/          ; ^(include/)?dnsctl/
'

includes=$(grep -rnE --include='*.[ch]' '^[ 	]*#[ 	]*include' \
	include zones dnsd dnsctl | tr -d ' \t')

echo "$rules" | grep ';' | while IFS='; ' read -r what where; do
	echo "$includes" | grep -F "#include$what" | grep -Ev "$where" |
		awk -v where="$where" '{ print $0 "   only in " where }'
done >build/lint/layers.out

# "x_impl.h" is shared by the sources beside it and by nobody else; all other
# headers are found through include/.
echo "$includes" | grep -E '#include"[^"/]*"' |
	grep -Ev '#include"[a-z0-9_]+_impl\.h"' |
	sed 's|$|   neither LAYER/X.h nor X_impl.h|' >>build/lint/layers.out

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
