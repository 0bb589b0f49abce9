#!/bin/sh
# header.sh HEADER: compiles it with nothing before it.
exec gcc $FLAGS -fsyntax-only -x c "$1"
