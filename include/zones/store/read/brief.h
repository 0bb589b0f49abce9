/*
 * brief.h - the small shapes that stored values are made of.
 */
#ifndef ZONES_STORE_READ_BRIEF_H
#define ZONES_STORE_READ_BRIEF_H

#include "base/wire.h"
#include "zones/store/read/lookup.h"

/* A label or short text: u8 length, octets. */
static inline struct label
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

/* Who claims an address, in the claim's octet behind its age. */
enum claim_kind { CLAIM_INSTANCE = 4, CLAIM_PEER = 5 };

/* Brief: u8 flags, u8 v6 addresses, u8 v4 addresses, the addresses. */
#define BRIEF_STARTED  0x01
#define BRIEF_V4_FIRST 0x02
#define BRIEF_SERVER   0x04 /* it has a server name */

#define BRIEF_START 3 /* octets before the addresses */

static inline size_t
brief_len(const uint8_t *brief)
{
	return BRIEF_START + 16U * brief[1] + 4U * brief[2];
}

/* All of it is known to be there. */
static inline void
brief_read(const uint8_t *brief, struct instance *out)
{
	out->started = (brief[0] & BRIEF_STARTED) != 0;
	out->v4_first = (brief[0] & BRIEF_V4_FIRST) != 0;
	out->is_server = (brief[0] & BRIEF_SERVER) != 0;
	out->six_count = brief[1];
	out->four_count = brief[2];
	out->six = brief + BRIEF_START;
	out->four = out->six + 16 * brief[1];
}

static inline void
wire_get_brief(struct wire_in *in, struct instance *out)
{
	static const uint8_t none[BRIEF_START];
	const uint8_t *brief = none;

	if (wire_left(in) >= BRIEF_START &&
	    wire_left(in) >= brief_len(in->buf + in->pos))
		brief = wire_take(in, brief_len(in->buf + in->pos));
	else
		in->bad = true;
	brief_read(brief, out);
}

#endif
