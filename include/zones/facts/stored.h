/*
 * stored.h - facts as the store keeps them.
 *
 *	every fact     u64 age: how many facts had been written before it
 *	network        u32 ttl, u8 n, n times 16 octets and u8 length,
 *	               u8 are they the default, u8 n, n times 16 octets:
 *	               resolvers, label id
 *	region         u64 latitude, u64 longitude (IEEE 754)
 *	distance       u64 ms (IEEE 754)
 *	app            brief of its flycast addresses, label domain
 *	instance       brief, label region, label name, label group, u8 n,
 *	               n times label key, u16 length and value
 *	peer           brief, label region, u64 expires
 *
 * The key's parts (store_impl.h) are not repeated in the value, save a
 * network's id, since its key has only the number.
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

/* What answers need of an instance, app or peer; see store_brief.h. */
void brief_encode(const struct fact *, struct wire_out *);

#endif
