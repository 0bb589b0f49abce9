/*
 * nearest.c - topN.nearest.of.APP: the closest instances first.
 *
 * Regions are ranked, not instances: distances from the asker's region to
 * every region stand in one row, the app's regions in its head, both in
 * the order of names.  They make a heap, so that only as many regions are
 * looked at as the answer holds.  Instances are taken region by region,
 * nearest first.  Of regions that are as far, the instances are drawn
 * together and turned, so that a tie is no preference.
 */
#include "impl.h"

#include <stdio.h>

#include "zones/names/label.h"

#define FAR UINT32_MAX

/* rank[0] is the nearest; none is nearer than the one at half its place. */
struct ranking {
	struct rank *rank;
	unsigned count;
	enum tier tier;
};

static void
sift_down(struct ranking *k, unsigned at)
{
	struct rank moved = k->rank[at];

	for (unsigned child = 2 * at + 1; child < k->count;
	     child = 2 * at + 1) {
		if (child + 1 < k->count &&
		    k->rank[child + 1].us < k->rank[child].us)
			child++;
		if (k->rank[child].us >= moved.us)
			break;
		k->rank[at] = k->rank[child];
		at = child;
	}
	k->rank[at] = moved;
}

static struct rank
take_nearest(struct ranking *k)
{
	struct rank nearest = k->rank[0];

	k->rank[0] = k->rank[--k->count];
	if (k->count > 0)
		sift_down(k, 0);
	return nearest;
}

static void
watch_region(const struct reply *r, struct label region, uint32_t us)
{
	char text[128];

	if (r->env->watch == NULL)
		return;
	if (us == FAR)
		(void)snprintf(text, sizeof(text),
		    "region %.*s: nobody knows "
		    "how far",
		    region.len, (const char *)region.at);
	else
		(void)snprintf(text, sizeof(text), "region %.*s: %.1f ms",
		    region.len, (const char *)region.at, us / 1000.0);
	watch_note(r->env, text);
}

/* Merges the app's regions with the row; what the row lacks is far. */
static void
rank_regions(struct ranking *k, const struct reply *r, struct wire_in row)
{
	struct wire_in in = r->app.regions;
	struct label region, other = { 0 };
	struct tally t;
	uint32_t us = FAR;
	bool more = distance_next(&row, &other, &us);

	k->count = 0;
	while (k->count < REGIONS_MAX && app_region(&in, &region, &t)) {
		bool known;

		while (more && label_compare(other, region) < 0)
			more = distance_next(&row, &other, &us);
		if (k->tier == TIER_STOPPED || t.tier[k->tier].instances == 0)
			continue;
		known = more && label_compare(other, region) == 0;
		k->rank[k->count++] = (struct rank){ known ? us : FAR, region };
		watch_region(r, region, known ? us : FAR);
	}
	for (unsigned i = k->count / 2; i > 0; i--)
		sift_down(k, i - 1);
}

static void
watch_from(const struct reply *r, struct label region, const char *whose)
{
	char text[128];

	if (r->env->watch == NULL)
		return;
	(void)snprintf(text, sizeof(text), "measured from %.*s, %s", region.len,
	    region.len > 0 ? (const char *)region.at : "", whose);
	watch_note(r->env, text);
}

/* From the asker's own region, else from the node's. */
static void
find_row(const struct reply *r, struct wire_in *row)
{
	struct label node = label_of(r->env->region);
	struct claim asker;

	*row = wire_in(NULL, 0);
	if (query_asker(r->q, r->env, &asker) && asker.region.len > 0 &&
	    lookup_distances(r->env->snapshot, asker.region, row)) {
		watch_from(r, asker.region, "where the asker is");
		return;
	}
	watch_from(r, node,
	    "where the server is: nobody knows where the "
	    "asker is");
	(void)lookup_distances(r->env->snapshot, node, row);
}

static void
pick_region(struct picked *p, const struct ranking *k, struct label region)
{
	const struct app *app = &p->reply->app;
	struct instance i;
	struct app walk = *app; /* from its first instance */

	if (app->many && !app_seek(&walk, region))
		return;
	while (app_instance(&walk, &i)) {
		int order = label_compare(i.region, region);

		if (order > 0)
			return;
		if (order == 0 && i.tier == k->tier)
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
pick_tie(struct picked *p, struct ranking *k)
{
	const uint8_t **address = p->reply->env->scratch->address;
	unsigned start = p->count, n;
	uint32_t us = k->rank[0].us;

	while (k->count > 0 && k->rank[0].us == us)
		pick_region(p, k, take_nearest(k).region);
	n = p->count - start;
	if (n > 1 && !p->reply->is_service)
		turn(address + start, n, rng_below(&p->reply->env->rng, n),
		    p->reply->env->scratch->turned);
	p->priority++;
}

/* Of one of the tier that is answered: in the answer, or why not. */
static enum query_fate
fate_of(const struct picked *p, const struct instance *i)
{
	const struct query_scratch *s = p->reply->env->scratch;
	unsigned size = p->reply->address;
	const uint8_t *first = size == 16 ? i->six : i->four;

	if (p->reply->is_service) {
		for (unsigned at = 0; at < p->count; at++)
			if (label_same(s->service[at].id, i->id))
				return FATE_TAKEN;
		return service_has(p->reply, i) ? FATE_FARTHER : FATE_NO_PORT;
	}
	if (size == 0 || (size == 16 ? i->six_count : i->four_count) == 0)
		return FATE_NO_ADDRESS;
	for (unsigned at = 0; at < p->count; at++)
		if (memcmp(s->address[at], first, size) == 0)
			return FATE_TAKEN;
	return FATE_FARTHER;
}

/* Who is in the answer is known only when all have been ranked. */
static void
watch_ranked(const struct picked *p, enum tier tier)
{
	struct reply *r = p->reply;
	struct app app = r->app;
	struct instance i;

	if (r->env->watch == NULL ||
	    !lookup_app(r->env->snapshot, r->network, app.name, &app))
		return;
	while (app_instance(&app, &i)) {
		enum query_fate fate = pick_fate(tier, i.tier), of;

		of = i.tier == tier && tier != TIER_STOPPED ? fate_of(p, &i)
							    : FATE_TAKEN;
		watch_instance(r, &i, of == FATE_TAKEN ? fate : of);
	}
}

enum query_next
answer_nearest(struct reply *r)
{
	struct label anywhere = { NULL, 0 };
	uint32_t top = r->q->name.top;
	struct ranking k = { .rank = r->env->scratch->rank,
		.tier = app_tier(&r->app, anywhere) };
	unsigned want = top < pick_most(r) ? top : pick_most(r);
	struct wire_in row;
	struct picked p;

	find_row(r, &row);
	rank_regions(&k, r, row);
	pick_start(&p, r);
	p.exists = !r->is_service || service_exists(r);
	while (p.count < want && k.count > 0)
		pick_tie(&p, &k);
	if (p.count >= top) {
		p.count = top;
		r->q->truncated = false; /* all that was asked for is here */
	}
	watch_ranked(&p, k.tier);
	if (r->is_service || p.count == 0)
		return pick_answer(&p);
	reply_addresses(r, r->env->scratch->address, p.count, 0);
	return reply_finish(r, RCODE_NOERROR);
}
