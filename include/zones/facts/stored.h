/*
 * stored.h - facts as the store keeps them: the age (u64: how many facts had
 * been written before it), then the fields in the order of their table, each
 * as its type has it.
 *
 *	a label, other text  u8 length, octets
 *	one of some words    u8
 *	a whole number       u32
 *	any other number     u64 (IEEE 754)
 *	a time               u64
 *	addresses            see addr_list.h
 *	... with blocks      the same, and u8 length of each, in that order
 *	labels               u8 n, n times a label
 *	prefixes             u8 n, n times 16 octets and u8 length
 *	pairs                u8 n, n times a label, u16 length and value
 *
 * What has a default is stored with it.  A key's fields are in the store's
 * key; but a network's has only its number, so its id is stored too.  The
 * look-ups of zones/store/read know the first fields of each kind.
 */
#ifndef ZONES_FACTS_STORED_H
#define ZONES_FACTS_STORED_H

#include "base/arena.h"
#include "base/wire.h"
#include "zones/facts/fact.h"

/* Of any fact: 64 addresses of 17 octets, 64 pairs of 64 and 1026 octets. */
#define FACT_STORED_MAX (96 * 1024)

void fact_encode(const struct fact *, uint64_t age, struct wire_out *);

/*
 * The fields of a fact of KIND whose key fields are set; false, and the
 * fact is not to be used, where the bytes are none that fact_encode makes.
 */
bool fact_decode(struct fact *, struct wire_in, struct arena *) MUST_CHECK;

#endif
