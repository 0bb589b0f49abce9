/*
 * json_impl.h - what json.c and json_string.c share: the cursor.
 *
 * The first mistake is kept and leaves nothing to read, so that every loop
 * ends and the caller asks once.
 */
#ifndef ZONES_JSON_IMPL_H
#define ZONES_JSON_IMPL_H

#include <stdint.h>

#include "zones/json.h"

struct json_reader {
	const char *at, *end;
	struct arena *arena;
	const char *wrong; /* the first mistake */
	unsigned depth;
};

static inline void
json_fail(struct json_reader *r, const char *wrong)
{
	if (r->wrong == NULL)
		r->wrong = wrong;
	r->at = r->end;
}

/* Behind the opening quote; takes the closing one.  NULL after a mistake. */
char *json_string_read(struct json_reader *, size_t *len);

#endif
