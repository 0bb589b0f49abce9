/*
 * prefetch.c - see prefetch.h.
 */
#include "zones/store/read/prefetch.h"

#include "zones/store/read/env.h"

static uint64_t
place_of(const struct snapshot *s, const struct recent_key *key)
{
	return s->active ? recent_place(&s->recent, key) : LOOKUP_NO_PLACE;
}

uint64_t
lookup_place_app(const struct snapshot *s, uint32_t network, struct label name)
{
	const struct recent_key key = {
		.network = network, .kind = KEY_INSTANCES, .first = name
	};

	return place_of(s, &key);
}

uint64_t
lookup_place_instance(const struct snapshot *s, uint32_t network,
    struct label app, struct label id)
{
	const struct recent_key key = { .network = network,
		.kind = KEY_INSTANCE,
		.first = app,
		.second = id };

	return place_of(s, &key);
}

void
lookup_expect(const struct snapshot *s, uint64_t place)
{
	if (place != LOOKUP_NO_PLACE)
		recent_expect(&s->recent, place);
}

void
lookup_fetch(const struct snapshot *s, uint64_t place)
{
	if (place != LOOKUP_NO_PLACE)
		recent_fetch(&s->recent, place);
}
