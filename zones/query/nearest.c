/*
 * nearest.c - topN.nearest.of.APP: the closest instances first.
 *
 * Regions are ranked, not instances: distances from the asker's region to
 * every region stand in one row, the app's regions in its head, both in
 * the order of names.  Then instances are taken region by region, nearest
 * first, until there are N.  Of regions that are as far, the instances are
 * drawn together and turned, so that a tie is no preference.
 */
#include "impl.h"

#define FAR UINT32_MAX

struct ranking {
	struct rank *rank;
	unsigned count;
};

/* Merges the app's regions with the row; what the row lacks is far. */
static void
rank_regions(struct ranking *k, const struct app *app, struct wire_in row)
{
	struct wire_in in = app->regions;
	struct label region, other = { 0 };
	struct tally t;
	uint32_t us = FAR;
	bool more = distance_next(&row, &other, &us);

	k->count = 0;
	while (k->count < REGIONS_MAX && app_region(&in, &region, &t)) {
		while (more && label_compare(other, region) < 0)
			more = distance_next(&row, &other, &us);
		k->rank[k->count++] = (struct rank){
			more && label_compare(other, region) == 0 ? us : FAR,
			region
		};
	}
}

/* From the asker's own region, else from the node's. */
static void
find_row(const struct reply *r, struct wire_in *row)
{
	const char *node = r->env->region;
	struct claim asker;

	*row = wire_in(NULL, 0);
	if (query_asker(r->q, r->env, &asker) && asker.region.len > 0 &&
	    lookup_distances(r->env->snapshot, asker.region, row))
		return;
	(void)lookup_distances(r->env->snapshot,
	    (struct label){ (const uint8_t *)node, (uint8_t)strlen(node) },
	    row);
}

static uint32_t
smallest_above(const struct ranking *k, uint32_t floor, bool first)
{
	uint32_t least = FAR;

	for (unsigned i = 0; i < k->count; i++)
		if (k->rank[i].us < least && (first || k->rank[i].us > floor))
			least = k->rank[i].us;
	return least;
}

static void
pick_region(struct picked *p, const struct app *app, struct label region)
{
	struct instance i;
	struct app walk = *app; /* from its first instance */

	if (app->many && !app_seek(&walk, region))
		return;
	while (app_instance(&walk, &i)) {
		int order = label_compare(i.region, region);

		if (order > 0)
			return;
		if (order == 0 && i.started)
			(void)pick_add(p, &i);
	}
}

static void
turn(const uint8_t **address, unsigned count, unsigned by, const uint8_t **room)
{
	memcpy(room, address, by * sizeof(*address));
	memmove(address, address + by, (count - by) * sizeof(*address));
	memcpy(address + count - by, room, by * sizeof(*address));
}

/* All instances at one distance, in an order that changes. */
static void
pick_tie(struct picked *p, const struct app *app, const struct ranking *k,
    uint32_t us)
{
	const uint8_t **address = p->reply->env->scratch->address;
	unsigned start = p->count, n;

	for (unsigned i = 0; i < k->count; i++)
		if (k->rank[i].us == us)
			pick_region(p, app, k->rank[i].region);
	n = p->count - start;
	if (n > 1)
		turn(address + start, n, rng_below(&p->reply->env->rng, n),
		    p->reply->env->scratch->turned);
}

static bool
is_picked(const struct picked *p, const struct instance *i)
{
	const uint8_t *const *address = p->reply->env->scratch->address;
	const uint8_t *first =
	    p->reply->q->qtype == TYPE_AAAA ? i->six : i->four;

	for (unsigned at = 0; at < p->count; at++)
		if (address[at] == first)
			return true;
	return false;
}

/* Who is in the answer is known only when all have been ranked. */
static void
watch_ranked(const struct picked *p, struct app app)
{
	struct reply *r = p->reply;
	struct instance i;

	if (r->env->watch == NULL ||
	    !lookup_app(r->env->snapshot, r->q->network, app.name, &app))
		return;
	while (app_instance(&app, &i)) {
		enum query_fate fate = FATE_FARTHER;

		if (!i.started)
			fate = FATE_STOPPED;
		else if (is_picked(p, &i))
			fate = FATE_TAKEN;
		watch_instance(r, &i, fate);
	}
}

enum query_next
answer_nearest(struct reply *r)
{
	uint32_t top = r->q->name.top;
	struct ranking k;
	struct wire_in row;
	struct picked p;
	uint32_t us = 0;
	bool first = true;

	k.rank = r->env->scratch->rank;
	find_row(r, &row);
	rank_regions(&k, &r->app, row);
	pick_start(&p, r);
	do {
		us = smallest_above(&k, us, first);
		first = false;
		pick_tie(&p, &r->app, &k, us);
	} while (p.count < top && us != FAR && p.count < ANSWER_MAX);
	if (p.count >= top) {
		p.count = top;
		r->q->truncated = false; /* all that was asked for is here */
	}
	watch_ranked(&p, r->app);
	if (p.count == 0)
		return reply_nodata(r);
	reply_addresses(r, r->env->scratch->address, p.count, 0);
	return reply_finish(r, RCODE_NOERROR);
}
