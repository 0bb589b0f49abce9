/*
 * nearest.c - topN.nearest.of.APP: the closest instances first.
 *
 * Regions are ranked, not instances: distances from the asker's region to
 * every region stand in one row, the app's regions in its head, both in
 * the order of names.  They make a heap, so that only as many regions are
 * looked at as the answer holds.  Instances are taken region by region,
 * nearest first.  Of regions that are as far, the instances are drawn
 * together, from any on, so that a tie is no preference.
 */
#include "impl.h"

#include "zones/names/label.h"

#define FAR UINT32_MAX

/*
 * run[0] is the nearest; none is nearer than the one at half its place.  Those
 * taken stand behind the COUNT that are left.
 */
struct ranking {
	struct run *run;
	unsigned count;
};

static void
sift_down(struct ranking *k, unsigned at)
{
	struct run moved = k->run[at];

	for (unsigned child = 2 * at + 1; child < k->count;
	     child = 2 * at + 1) {
		if (child + 1 < k->count &&
		    k->run[child + 1].us < k->run[child].us)
			child++;
		if (k->run[child].us >= moved.us)
			break;
		k->run[at] = k->run[child];
		at = child;
	}
	k->run[at] = moved;
}

static void
take_nearest(struct ranking *k)
{
	struct run nearest = k->run[0];

	k->run[0] = k->run[--k->count];
	if (k->count > 0)
		sift_down(k, 0);
	k->run[k->count] = nearest;
}

static void
watch_region(const struct reply *r, struct label region, uint32_t us)
{
	const char *name = (const char *)region.at;

	if (r->env->watch == NULL)
		return;
	if (us == FAR)
		watch_note(r->env, "region %.*s: nobody knows how far",
		    region.len, name);
	else
		watch_note(r->env, "region %.*s: %.1f ms", region.len, name,
		    us / 1000.0);
}

/* Merges the app's runs with the row; what the row lacks is far. */
static void
rank_runs(struct ranking *k, const struct reply *r, struct wire_in row)
{
	struct label other = { 0 };
	uint32_t us = FAR;
	bool more = distance_next(&row, &other, &us);

	for (unsigned i = 0; i < k->count; i++) {
		struct run *run = &k->run[i];
		int order = 1;

		while (more && (order = label_compare(other, run->region)) < 0)
			more = distance_next(&row, &other, &us);
		run->us = more && order == 0 ? us : FAR;
		watch_region(r, run->region, run->us);
	}
	for (unsigned i = k->count / 2; i > 0; i--)
		sift_down(k, i - 1);
}

/* From the asker's own region, else from the node's. */
static struct wire_in
find_row(const struct reply *r)
{
	struct label from = label_of(r->env->region);
	struct wire_in row = wire_in(NULL, 0);
	const char *whose = from.len == 0
	    ? "nobody knows where asker and server are"
	    : "where the server is: nobody knows where the asker is";
	struct claim asker;

	if (query_asker(r->q, r->env, &asker) && asker.region.len > 0 &&
	    lookup_distances(r->env->snapshot, asker.region, &row)) {
		from = asker.region;
		whose = "where the asker is";
	} else {
		(void)lookup_distances(r->env->snapshot, from, &row);
	}
	if (r->env->watch != NULL)
		watch_note(r->env, "measured from %.*s%s%s", from.len,
		    (const char *)from.at,
		    from.len > 0 ? ", " : "nowhere: ", whose);
	return row;
}

/* Of all instances at one distance WANT, in an order that changes. */
static void
pick_tie(struct picked *p, struct ranking *k, enum tier tier, unsigned want)
{
	struct reply *r = p->reply;
	uint32_t us = k->run[0].us;
	unsigned end = k->count;

	while (k->count > 0 && k->run[0].us == us)
		take_nearest(k);
	if (!r->is_service || !r->app.many || service_is_apps(r, r->of))
		run_pick(p, &k->run[k->count], end - k->count, want);
	else
		for (unsigned i = k->count; i < end && p->count < want; i++)
			pick_ports(p, k->run[i].region, tier);
	p->priority++;
}

enum query_next
answer_nearest(struct reply *r)
{
	struct label anywhere = { NULL, 0 };
	uint32_t top = r->q->name.top;
	enum tier tier = app_tier(&r->app, anywhere);
	struct ranking k = { .run = r->env->scratch->run,
		.count = run_find(r, anywhere, tier) };
	unsigned want = top < pick_most(r) ? top : pick_most(r);
	struct picked p;

	rank_runs(&k, r, find_row(r));
	pick_start(&p, r);
	p.exists = !r->is_service || service_exists(r);
	while (p.count < want && k.count > 0)
		pick_tie(&p, &k, tier, want);
	p.count = p.count < top ? p.count : top;
	if (r->env->watch != NULL)
		pick_watch(&p, NULL, tier);
	if (r->is_service || p.count == 0)
		return pick_answer(&p);
	reply_addresses(r, r->env->scratch->address, p.count, 0);
	return reply_finish(r, RCODE_NOERROR);
}
