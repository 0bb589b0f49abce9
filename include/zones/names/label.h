/*
 * label.h - labels, as names, keys and stored values have them.
 */
#ifndef ZONES_NAMES_LABEL_H
#define ZONES_NAMES_LABEL_H

#include "base/wire.h"

/* Borrowed; its octets may be anything. */
struct label {
	const uint8_t *at;
	uint8_t len;
};

/* The first eight octets at AT as one number. */
static inline uint64_t
octets_8(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* A call of memcmp() for so few octets costs more than comparing them. */
static HOT_INLINE bool
label_same(struct label a, struct label b)
{
	unsigned left = a.len;

	if (a.len != b.len)
		return false;
	if (left >= 8) {
		for (; left > 8; left -= 8, a.at += 8, b.at += 8)
			if (octets_8(a.at) != octets_8(b.at))
				return false;
		/* The last eight, some of them once more. */
		return octets_8(a.at + left - 8) == octets_8(b.at + left - 8);
	}
	while (left > 0 && a.at[left - 1] == b.at[left - 1])
		left--;
	return left == 0;
}

/* A label or short text: u8 length, octets. */
static HOT_INLINE struct label
wire_get_label(struct wire_in *in)
{
	struct label l;

	l.len = wire_get8(in);
	l.at = wire_take(in, l.len);
	if (l.at == NULL)
		l.len = 0;
	return l;
}

static inline void
wire_put_label(struct wire_out *out, const void *text, size_t len)
{
	wire_put8(out, (uint8_t)len);
	wire_put(out, text, len);
}

/* Of text that is 255 octets at most; NULL is none. */
static inline struct label
label_of(const char *text)
{
	return (struct label){ (const uint8_t *)text,
		(uint8_t)(text == NULL ? 0 : strlen(text)) };
}

static inline int
label_compare(struct label a, struct label b)
{
	size_t both = a.len < b.len ? a.len : b.len;
	/* An empty label may be nowhere. */
	int order = both == 0 ? 0 : memcmp(a.at, b.at, both);

	return order != 0 ? order : a.len - b.len;
}

#endif
