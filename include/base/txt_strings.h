/*
 * txt_strings.h - a list as the strings of a TXT record (RFC 1035, 3.3.14).
 *
 * Joined, the strings are the list: items with a separator between them.  A
 * string ends before a separator only, so each is whole items (docs/names.md,
 * How to read a list).
 */
#ifndef BASE_TXT_STRINGS_H
#define BASE_TXT_STRINGS_H

#include "base/wire.h"

#define TXT_STRING_MAX 255

/*
 * Writes an item, behind a separator if there is ANY before it.  LAST is where
 * the last string's length octet stands; if the item does not fit it opens the
 * next one.  Returns where that one's stands.
 */
static inline size_t
txt_strings_add(struct wire_out *out, size_t last, bool any, char separator,
    const void *item, size_t len)
{
	if (out->len - last - 1 + any + len > TXT_STRING_MAX) {
		last = out->len;
		wire_put8(out, 0);
	}
	if (any)
		wire_put8(out, (uint8_t)separator);
	wire_put(out, item, len);
	if (!out->bad)
		out->buf[last] = (uint8_t)(out->len - last - 1);
	return last;
}

#endif
