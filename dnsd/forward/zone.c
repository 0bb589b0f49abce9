/*
 * zone.c - whose upstreams a name belongs to (split DNS).
 *
 * A zone of the configuration is a row of a hash table under its suffix.
 * The name's suffixes are looked up from the longest to the shortest, so
 * that the most specific zone decides; of two for one suffix, the one that
 * is for the asker's own network.
 */
#include <stdlib.h>

#include "impl.h"
#include "zones/store/read/lookup.h"

#define NO_ZONE UINT32_MAX

struct zone {
	const struct config_zone *config;
	struct dname suffix;
	uint64_t hash;
	uint32_t next; /* of the same bucket */
};

struct zone_table {
	uint32_t count, mask;
	struct zone *zone;
	uint32_t *bucket;
};

static uint64_t
suffix_hash(const struct forward *f, const uint8_t *wire, size_t len)
{
	return siphash(&f->seed, 0, wire, len);
}

static bool
zone_is_for(struct forward *f, const struct zone *z, uint32_t number)
{
	struct network network;

	return z->config->network == NULL ||
	    (number != NETWORK_NONE &&
		lookup_network_named(f->options.env->snapshot,
		    z->config->network, true, &network) &&
		network.number == number);
}

/*
 * Of those with this very suffix; one for all only where there is no own.
 * Without a store nobody knows whose question it is: *LOST where that
 * matters.
 */
static const struct zone *
suffix_find(struct forward *f, const struct dname *name, uint32_t network,
    size_t at, bool *lost)
{
	const uint8_t *wire = name->wire + at;
	size_t len = name->len - at;
	uint64_t hash = suffix_hash(f, wire, len);
	const struct zone *best = NULL;
	uint32_t i = f->zones->bucket[hash & f->zones->mask];

	for (; i != NO_ZONE; i = f->zones->zone[i].next) {
		const struct zone *z = &f->zones->zone[i];

		if (z->hash != hash || z->suffix.len != len ||
		    memcmp(z->suffix.wire, wire, len) != 0)
			continue;
		if (z->config->network != NULL &&
		    f->options.env->store != E_OK) {
			*lost = true;
			return z;
		}
		if (!zone_is_for(f, z, network))
			continue;
		if (z->config->network != NULL)
			return z;
		best = z;
	}
	return best;
}

struct route
zone_route(struct forward *f, const struct dname *name, uint32_t network)
{
	const struct zone *z = NULL;
	bool lost = false;

	if (f->zones->count == 0)
		return (struct route){ ZONE_FORWARD, &f->sets[0], false };
	for (unsigned i = 0; i < name->labels && z == NULL; i++)
		z = suffix_find(f, name, network, name->at[i], &lost);
	if (z == NULL) /* the root */
		z = suffix_find(f, name, network, name->len - 1U, &lost);
	if (z == NULL)
		return (struct route){ ZONE_FORWARD, &f->sets[0], false };
	return (struct route){ z->config->action,
		&f->sets[1 + (z - f->zones->zone)], lost };
}

/*
 * Two zones have one scope only if nobody can tell their answers apart:
 * the same suffix for the same askers and the same upstreams.  A scope
 * outlives the configuration, as the cache does.
 */
static uint64_t
zone_scope(const struct forward *f, const struct config_zone *c)
{
	const char *network = c->network == NULL ? "" : c->network;
	uint64_t scope = siphash(&f->seed, 1, c->suffix, strlen(c->suffix));

	scope = siphash(&f->seed, scope, network, strlen(network));
	scope = siphash(&f->seed, scope, &c->rebind_exempt, 1);
	for (unsigned i = 0; i < c->upstream_count; i++) {
		const struct config_upstream *u = &c->upstreams[i];

		scope =
		    siphash(&f->seed, scope, &u->address, sizeof(u->address));
		scope = siphash(
		    &f->seed, scope, u->link.name, strlen(u->link.name));
		scope ^= (uint64_t)u->port << 8 ^ (uint64_t)u->transport;
	}
	return scope | 1; /* that of forward.upstreams is even */
}

static void
set_fill(struct forward *f, struct upstream_set *set,
    const struct config_upstream *configs, unsigned count)
{
	set->upstream = &f->upstreams[f->upstream_count];
	set->count = count < UPSTREAMS_IN_SET ? count : UPSTREAMS_IN_SET;
	if (set->count < count)
		log_warn("forward: of %u upstreams for the same names, only "
			 "the first %u are used",
		    count, set->count);
	for (unsigned i = 0; i < set->count; i++) {
		upstream_init(&set->upstream[i], &configs[i], f->upstream_count,
		    &f->secret);
		if (f->options.dead != NULL)
			set->upstream[i].told =
			    &f->options.dead[f->upstream_count];
		f->upstream_count++;
	}
}

static void
zone_add(struct forward *f, const struct config_zone *config)
{
	struct zone_table *t = f->zones;
	struct zone *z = &t->zone[t->count];
	struct upstream_set *set = &f->sets[1 + t->count];
	uint32_t *bucket;

	z->config = config;
	if (!dname_parse(&z->suffix, config->suffix))
		return; /* the configuration was checked */
	z->hash = suffix_hash(f, z->suffix.wire, z->suffix.len);
	bucket = &t->bucket[z->hash & t->mask];
	z->next = *bucket;
	*bucket = t->count++;
	set_fill(f, set, config->upstreams, config->upstream_count);
	set->scope = zone_scope(f, config);
	set->zone = config->suffix;
	set->remove_private =
	    f->options.config->rebind_protection && !config->rebind_exempt;
}

static enum err
table_open(struct forward *f, const struct config *config)
{
	struct zone_table *t = calloc(1, sizeof(*t));
	uint32_t buckets = 16;

	f->zones = t;
	if (t == NULL)
		return E_NOMEM;
	while (buckets < config->zone_count * 2)
		buckets *= 2;
	t->mask = buckets - 1;
	t->zone = calloc(config->zone_count + 1, sizeof(*t->zone));
	t->bucket = malloc(buckets * sizeof(*t->bucket));
	if (t->zone == NULL || t->bucket == NULL)
		return E_NOMEM;
	memset(t->bucket, 0xff, buckets * sizeof(*t->bucket));
	return E_OK;
}

enum err
zones_open(struct forward *f)
{
	const struct config *config = f->options.config;
	unsigned upstreams = config->upstream_count;
	enum err err;

	for (unsigned i = 0; i < config->zone_count; i++)
		upstreams += config->zones[i].upstream_count;
	err = table_open(f, config);
	if (err != E_OK)
		return err;
	f->upstreams = calloc(upstreams + 1, sizeof(*f->upstreams));
	f->sets = calloc(config->zone_count + 1, sizeof(*f->sets));
	if (f->upstreams == NULL || f->sets == NULL)
		return E_NOMEM;
	set_fill(f, &f->sets[0], config->upstreams, config->upstream_count);
	f->sets[0].remove_private = config->rebind_protection;
	f->sets[0].zone = ".";
	f->sets[0].scope = config->rebind_protection ? 2 : 0;
	for (unsigned i = 0; i < config->zone_count; i++)
		zone_add(f, &config->zones[i]);
	return E_OK;
}

static void
abilities_tell(struct ability *out, const struct ability *able, int64_t now_us)
{
	for (unsigned i = 0; i < ABLE_COUNT_; i++) {
		out[i] = able[i];
		out[i].is = ability_is(&able[i], now_us);
		out[i].since_us = now_us - able[i].since_us;
		out[i].until_us = able[i].until_us - now_us;
	}
}

unsigned
forward_upstreams(
    const struct forward *f, struct forward_upstream *out, unsigned count)
{
	unsigned n = 0;

	for (unsigned set = 0; set <= f->zones->count; set++) {
		const struct config_zone *zone =
		    set == 0 ? NULL : f->zones->zone[set - 1].config;

		for (unsigned i = 0; i < f->sets[set].count && n < count; i++) {
			const struct upstream *up = &f->sets[set].upstream[i];

			out[n] = (struct forward_upstream){ .url = up->title,
				.zone = f->sets[set].zone,
				.network = zone == NULL ? NULL : zone->network,
				.up = !upstream_is_down(up),
				.waiting = up->waiting,
				.srtt_us = up->srtt_us,
				.evidence_us = up->evidence_us,
				.tally = up->tally };
			abilities_tell(out[n++].able, up->able,
			    f->carrier->now_us(f->carrier));
		}
	}
	return f->upstream_count;
}

void
zones_close(struct forward *f)
{
	if (f->zones != NULL) {
		free(f->zones->zone);
		free(f->zones->bucket);
	}
	free(f->zones);
	free(f->upstreams);
	free(f->sets);
}
