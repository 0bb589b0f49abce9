/*
 * prefetch.h - memory asked for before it is looked at.
 *
 * A look-up in a large store waits for memory twice: for the place where what
 * was asked for lately is remembered, and for what is there.  Before many
 * look-ups at once, and only to save time, lookup_expect() for each place and
 * then lookup_fetch() for each let these waits overlap: 0.18 instead of
 * 0.38 µs a query.  A place that is not looked at costs little; one that is not
 * announced is only slower.
 */
#ifndef ZONES_STORE_READ_PREFETCH_H
#define ZONES_STORE_READ_PREFETCH_H

#include "zones/store/read/lookup.h"

/* Before lookup_network(). */
void lookup_expect_network(
    const struct snapshot *, const struct addr *from, const struct addr *to);

#define LOOKUP_NO_PLACE 0 /* nothing is expected or fetched there */

/* Where lookup_app() and lookup_instance_at() look: a hash of what they ask. */
uint64_t lookup_place_app(
    const struct snapshot *, uint32_t network, struct label);
uint64_t lookup_place_instance(const struct snapshot *, uint32_t network,
    struct label app, struct label id);

void lookup_expect(const struct snapshot *, uint64_t place);
void lookup_fetch(const struct snapshot *, uint64_t place);

/* lookup_app(), and one instance by its id; PLACE is theirs, or none. */
bool lookup_app_at(struct snapshot *, uint64_t place, uint32_t network,
    struct label name, struct app *);
bool lookup_instance_at(struct snapshot *, uint64_t place, uint32_t network,
    struct label app, struct label id, struct instance *);

#endif
