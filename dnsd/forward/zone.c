/*
 * zone.c - whose upstreams a name belongs to (split DNS).
 *
 * A zone of the configuration is in a hash table under its suffix.  The
 * name's suffixes are looked up from the longest to the shortest, so that
 * the most specific zone decides; of two for one suffix, the one that is for
 * the asker's own network.
 */
#include <stdlib.h>

#include "impl.h"
#include "zones/store/read/lookup.h"

struct zone {
	const struct config_zone *config; /* NULL: of all other names */
	struct dname suffix;
	uint64_t hash;
	uint32_t next; /* of the same bucket; 0: none */
	struct upstream_set set;
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
 * Of those with this very suffix; one for all only where there is no own; 0:
 * none.  Without a store nobody knows whose question it is.
 */
static uint32_t
suffix_find(
    struct forward *f, const struct dname *name, uint32_t network, size_t at)
{
	size_t len = name->len - at;
	uint64_t hash = suffix_hash(f, name->wire + at, len);
	uint32_t best = 0, i = f->zone_buckets[hash & f->zone_mask];

	for (; i != 0; i = f->zones[i].next) {
		const struct zone *z = &f->zones[i];

		if (z->hash != hash || z->suffix.len != len ||
		    memcmp(z->suffix.wire, name->wire + at, len) != 0)
			continue;
		if (z->config->network == NULL)
			best = i;
		else if (f->options.env->store != E_OK ||
		    zone_is_for(f, z, network))
			return i;
	}
	return best;
}

static struct zone *
forward_zone_find(struct forward *f, const struct dname *name, uint32_t network)
{
	uint32_t at = 0;

	for (unsigned i = 0; f->zone_count > 1 && i <= name->labels && at == 0;
	     i++)
		at = suffix_find(f, name, network, name->at[i]);
	return &f->zones[at];
}

struct route
zone_route(struct forward *f, const struct dname *name, uint32_t network)
{
	struct zone *z = forward_zone_find(f, name, network);
	const struct config_zone *config = z->config;

	if (config != NULL && config->network != NULL &&
	    f->options.env->store != E_OK)
		return (struct route){ NULL, RCODE_SERVFAIL, EDE_NOT_READY };
	switch (config == NULL ? ZONE_FORWARD : config->action) {
	case ZONE_REFUSE:
		return (struct route){ NULL, RCODE_REFUSED, EDE_BLOCKED };
	case ZONE_NXDOMAIN:
		return (struct route){ NULL, RCODE_NXDOMAIN, EDE_BLOCKED };
	case ZONE_FORWARD:
		break;
	}
	if (z->set.count == 0)
		return (
		    struct route){ NULL, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE };
	return (struct route){ .set = &z->set };
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

static struct zone *
zone_add(
    struct forward *f, const struct config_upstream *configs, unsigned count)
{
	struct zone *z = &f->zones[f->zone_count++];
	struct upstream_set *set = &z->set;

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
	return z;
}

/* The suffix of a configuration that was checked is a name. */
static void
zone_configure(struct forward *f, const struct config_zone *config)
{
	uint32_t number = f->zone_count, *bucket;
	struct zone *z = zone_add(f, config->upstreams, config->upstream_count);

	if (!dname_parse(&z->suffix, config->suffix))
		return;
	z->config = config;
	z->hash = suffix_hash(f, z->suffix.wire, z->suffix.len);
	bucket = &f->zone_buckets[z->hash & f->zone_mask];
	z->next = *bucket;
	*bucket = number;
	z->set.scope = zone_scope(f, config);
	z->set.zone = config->suffix;
	z->set.remove_private =
	    f->options.config->rebind_protection && !config->rebind_exempt;
}

enum err
zones_open(struct forward *f)
{
	const struct config *config = f->options.config;
	uint32_t buckets = 16;
	struct zone *all;

	while (buckets < config->zone_count * 2)
		buckets *= 2;
	f->zone_mask = buckets - 1;
	f->zone_buckets = calloc(buckets, sizeof(*f->zone_buckets));
	f->zones = calloc(config->zone_count + 1, sizeof(*f->zones));
	f->upstreams =
	    calloc(config_upstream_count(config) + 1, sizeof(*f->upstreams));
	if (f->zone_buckets == NULL || f->zones == NULL || f->upstreams == NULL)
		return E_NOMEM;
	all = zone_add(f, config->upstreams, config->upstream_count);
	all->set.remove_private = config->rebind_protection;
	all->set.zone = ".";
	all->set.scope = config->rebind_protection ? 2 : 0;
	for (unsigned i = 0; i < config->zone_count; i++)
		zone_configure(f, &config->zones[i]);
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
	int64_t now_us = f->carrier->now_us(f->carrier);
	unsigned n = 0;

	for (const struct zone *z = f->zones; z < f->zones + f->zone_count; z++)
		for (unsigned i = 0; i < z->set.count && n < count; i++) {
			const struct upstream *up = &z->set.upstream[i];

			out[n] = (struct forward_upstream){ .url = up->title,
				.zone = z->set.zone,
				.network = z->config == NULL
				    ? NULL
				    : z->config->network,
				.up = !upstream_is_down(up),
				.waiting = up->waiting,
				.srtt_us = up->srtt_us,
				.evidence_us = up->evidence_us,
				.tally = up->tally };
			abilities_tell(out[n++].able, up->able, now_us);
		}
	return f->upstream_count;
}

void
zones_close(struct forward *f)
{
	free(f->zones);
	free(f->zone_buckets);
	free(f->upstreams);
}
