#!/bin/sh
# header.sh HEADER: compiles it with nothing before it.
exec gcc -std=c11 $CPPFLAGS $WARN -fsyntax-only -x c "$1"
