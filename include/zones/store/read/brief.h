/*
 * brief.h - the small shapes that stored values are made of.
 */
#ifndef ZONES_STORE_READ_BRIEF_H
#define ZONES_STORE_READ_BRIEF_H

#include "base/addr_list.h"
#include "zones/store/read/lookup.h"

/*
 * A brief is a list of addresses (addr_list.h) with flags more, and its tier
 * in the two uppermost bits.  A fact's own addresses read as one that has
 * none.  What follows them is, with a flag, as a fact has it: u32 weight, and
 * ports, u8 n, n times label name, u16 number, u8 is it UDP.
 */
#define BRIEF_V4_FIRST   ADDR_LIST_V4_FIRST
#define BRIEF_SERVER     0x04 /* it has a server name */
#define BRIEF_WARNING    0x08 /* half its weight */
#define BRIEF_SERVICES   0x10
#define BRIEF_TIER_SHIFT 6
#define BRIEF_START      ADDR_LIST_START

static inline size_t
brief_len(const uint8_t *brief)
{
	return BRIEF_START + 16U * brief[1] + 4U * brief[2];
}

/* All of it is known to be there. */
static inline void
brief_read(const uint8_t *brief, struct instance *out)
{
	out->tier = (enum tier)(brief[0] >> BRIEF_TIER_SHIFT);
	out->flags = brief[0];
	out->six_count = brief[1];
	out->four_count = brief[2];
	out->six = brief + BRIEF_START;
	out->four = out->six + 16 * brief[1];
}

/* A brief that is all of a value; without the flag there is no port. */
static inline void
brief_services(const uint8_t *brief, size_t len, struct instance *out)
{
	size_t at = brief_len(brief);

	if ((brief[0] & BRIEF_SERVICES) != 0)
		out->services = wire_in(brief + at, len - at);
	else
		out->services = wire_in(NULL, 0);
}

/*
 * The order of a set: by tier, and of each those who have IPv6 alone, both, and
 * IPv4 alone, so that all who have what a question asks for stand together.
 * Not 0, which ends a part of a key.
 */
#define ORDER_FIRST            1
#define ORDER_OF(tier, family) ((uint8_t)(1 + 4 * (tier) + (family)))
#define ORDER_LAST             ORDER_OF(TIER_STOPPED, ORDER_FOUR)

enum order_family { ORDER_SIX, ORDER_BOTH, ORDER_FOUR };

static inline uint8_t
brief_order(const struct instance *i)
{
	return ORDER_OF(i->tier,
	    i->four_count == 0      ? ORDER_SIX
		: i->six_count == 0 ? ORDER_FOUR
				    : ORDER_BOTH);
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
