/*
 * app.c - names that the instances of one app answer.
 *
 * An app of one page (nearly all are) is walked whole.  Of a larger one,
 * a walk begins at a place drawn at random and ends when the packet is
 * full: what an answer costs depends on the answer, not on the app (run.c).
 */
#include "impl.h"

/* As a region: of the whole app. */
static const struct label anywhere = { 0 };

static bool
is_in(struct label l, struct label region)
{
	return region.at == NULL || label_same(l, region);
}

enum tier
app_tier(const struct app *app, struct label region)
{
	enum tier best = TIER_STOPPED;
	struct wire_in in = app->regions;
	struct tally t;
	struct label l;

	while (best != TIER_WELL && app_region(&in, &l, &t))
		for (enum tier tier = TIER_WELL; tier < best; tier++)
			if (is_in(l, region) && t.tier[tier].instances > 0)
				best = tier;
	return best;
}

/* A large app, ports, somebody who watches, nobody who is well. */
static void
pick_ranked(struct picked *p, struct label region)
{
	struct reply *r = p->reply;
	enum tier tier = app_tier(&r->app, region);

	if (r->is_service && r->app.many && !service_is_apps(r, r->of))
		pick_ports(p, region, tier);
	else
		run_pick(p, r->env->scratch->run, run_find(r, region, tier),
		    pick_most(r));
	if (r->env->watch != NULL)
		pick_watch(p, NULL, tier);
}

/* Nearly all apps have somebody who is well, and are done after one walk. */
static inline void
pick_app(struct picked *p, struct label region)
{
	struct reply *r = p->reply;

	if (r->address > 0 && r->env->watch == NULL && !r->app.many)
		p->count = app_addresses(&r->app, TIER_WELL, region, r->address,
		    r->env->scratch->address, ANSWER_MAX);
	if (p->count == 0)
		pick_ranked(p, region);
}

enum query_next
answer_app(struct reply *r)
{
	struct picked p;

	pick_start(&p, r);
	pick_app(&p, anywhere);
	p.exists = !r->is_service || service_exists(r);
	return pick_answer(&p);
}

static bool
has_region(const struct app *app, struct label region)
{
	struct wire_in in = app->regions;
	struct label l = { 0 };
	struct tally t;

	while (!label_same(l, region) && app_region(&in, &l, &t))
		;
	return label_same(l, region);
}

enum query_next
answer_region(struct reply *r)
{
	struct label region = r->q->name.arg;
	struct picked p;

	pick_start(&p, r);
	pick_app(&p, region);
	p.exists = p.count > 0 ||
	    ((has_region(&r->app, region) ||
		 lookup_region(r->env->snapshot, region)) &&
		(!r->is_service || service_exists(r)));
	return pick_answer(&p);
}

enum query_next
answer_instance(struct reply *r)
{
	struct picked p;

	pick_start(&p, r);
	if (r->is_service)
		instance_skip_to_services(&r->instance);
	watch_instance(r, &r->instance, pick_add(&p, &r->instance));
	return pick_answer(&p);
}

/* More than a packet holds: from anywhere on, so that all have their turn. */
static void
pick_elsewhere(struct picked *p, struct range *range, enum tier tier)
{
	struct reply *r = p->reply;
	unsigned runs = run_find(r, anywhere, tier);
	struct instance i;

	if (!run_draw(r, r->env->scratch->run, runs, &i))
		return;
	p->count = 0;
	pick_range(p, range, tier, &i, NULL);
	pick_range(p, range, tier, NULL, &i);
}

/* Instances that stand in keys: of a process group, or with metadata. */
enum query_next
answer_set(struct reply *r)
{
	const struct name *n = &r->q->name;
	struct range range;
	struct picked p;
	enum tier tier;

	if (n->kind == NAME_GROUP)
		range_group(
		    &range, r->env->snapshot, r->network, r->of, n->arg);
	else
		range_metadata(&range, r->env->snapshot, r->network, r->of,
		    n->arg, n->value);
	pick_start(&p, r);
	if (pick_set(&p, &range, &tier)) {
		if (p.count >= pick_most(r) && r->app.many)
			pick_elsewhere(&p, &range, tier);
		p.exists = !r->is_service || service_exists(r);
	}
	return pick_answer(&p);
}

/* With whatever value. */
enum query_next
answer_metadata_key(struct reply *r)
{
	return lookup_metadata_key(
		   r->env->snapshot, r->network, r->of, r->q->name.arg)
	    ? reply_nodata(r)
	    : reply_nxdomain(r);
}
