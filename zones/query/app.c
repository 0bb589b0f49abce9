/*
 * app.c - names that the instances of one app answer.
 *
 * An app of one page (nearly all are) is walked whole.  Of a larger one,
 * a walk begins at a place drawn at random and ends when the packet is
 * full: what an answer costs depends on the answer, not on the app.
 */
#include "impl.h"

/* As a region: of the whole app. */
static const struct label anywhere = { 0 };

static bool
is_in(struct label l, struct label region)
{
	return region.at == NULL || label_same(l, region);
}

/* Of the type that is asked for; of records, for SRV. */
static unsigned
addresses_of(struct reply *r, const struct instance *i)
{
	if (r->is_service)
		return service_has(r, i);
	if (r->address == 16)
		return i->six_count;
	return r->address == 4 ? i->four_count : 0;
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

/* What is not one by one: addresses, that nobody watches. */
static void
watch_all(struct reply *r, struct app app, struct label region, enum tier tier)
{
	struct instance i;

	while (app_instance(&app, &i)) {
		enum query_fate fate = pick_fate(tier, i.tier);

		if (!is_in(i.region, region))
			fate = FATE_OTHER_REGION;
		else if (i.tier == tier && addresses_of(r, &i) == 0)
			fate = r->is_service ? FATE_NO_PORT : FATE_NO_ADDRESS;
		watch_instance(r, &i, fate);
	}
}

static void
pick_services(
    struct picked *p, struct app app, struct label region, enum tier tier)
{
	struct instance i;

	while (app_instance(&app, &i))
		if (i.tier == tier && is_in(i.region, region))
			(void)pick_add(p, &i);
}

static inline void
pick_addresses(struct picked *p, const struct app *app, struct label region,
    enum tier tier)
{
	struct reply *r = p->reply;

	p->count = app_addresses(app, tier, region, r->address,
	    r->env->scratch->address, ANSWER_MAX);
}

/* What needs numbers: ports, somebody who watches, nobody who is well. */
static void
pick_best(struct picked *p, const struct app *app, struct label region)
{
	enum tier tier = app_tier(app, region);
	struct reply *r = p->reply;

	if (r->env->watch != NULL)
		watch_all(r, *app, region, tier);
	if (tier == TIER_STOPPED)
		return;
	if (r->is_service)
		pick_services(p, *app, region, tier);
	else if (r->address > 0)
		pick_addresses(p, app, region, tier);
}

/* Nearly all apps have somebody who is well, and are done after one walk. */
static inline void
pick_all(struct picked *p, const struct app *app, struct label region)
{
	struct reply *r = p->reply;

	if (r->address > 0 && r->env->watch == NULL)
		pick_addresses(p, app, region, TIER_WELL);
	if (p->count == 0)
		pick_best(p, app, region);
}

static uint32_t
tally_of(const struct reply *r, const struct tally *t, enum tier tier)
{
	if (r->is_service)
		return t->tier[tier].instances;
	if (r->address == 16)
		return t->tier[tier].six;
	return r->address == 4 ? t->tier[tier].four : 0;
}

static uint32_t
count_of(const struct reply *r, const struct app *app, struct label region,
    enum tier tier)
{
	struct wire_in in = app->regions;
	struct tally t;
	struct label l;
	uint32_t n = 0;

	while (app_region(&in, &l, &t))
		if (is_in(l, region))
			n += tally_of(r, &t, tier);
	return n;
}

/* To the region that has address number AT; how many are before it. */
static uint32_t
seek_to(const struct reply *r, struct app *app, enum tier tier, uint32_t at)
{
	struct wire_in in = app->regions;
	struct tally t;
	struct label l;
	uint32_t before = 0;

	while (app_region(&in, &l, &t)) {
		if (at < before + tally_of(r, &t, tier)) {
			(void)app_seek(app, l);
			return before;
		}
		before += tally_of(r, &t, tier);
	}
	return before;
}

/* Up to WANT addresses, behind the first SKIP of them. */
static void
pick_some(struct picked *p, struct app *app, struct label region,
    enum tier tier, uint32_t skip, unsigned want)
{
	struct instance i;

	while (p->count < want && app_instance(app, &i)) {
		uint32_t has;

		if (!is_in(i.region, region))
			return;
		if (i.tier != tier)
			continue;
		has = addresses_of(p->reply, &i);
		if (skip >= has) {
			skip -= has;
			continue;
		}
		skip = 0;
		watch_instance(p->reply, &i, pick_add(p, &i));
	}
}

/* What a packet holds, from anywhere on and around. */
static void
pick_part(struct picked *p, struct app *app, struct label region)
{
	struct reply *r = p->reply;
	enum tier tier = app_tier(app, region);
	uint32_t all =
	    tier == TIER_STOPPED ? 0 : count_of(r, app, region, tier);
	unsigned want = pick_most(r);
	struct app from = *app;
	uint32_t start, before = 0;

	if (all == 0)
		return;
	start = rng_below(&r->env->rng, all);
	/* How many have a port is known only where all have. */
	if (r->is_service && !service_is_apps(r))
		start = 0;
	if (region.at != NULL)
		(void)app_seek(&from, region);
	else
		before = seek_to(r, &from, tier, start);
	if (want > all)
		want = all;
	pick_some(p, &from, region, tier, start - before, want);
	if (p->count >= want || start == 0)
		return;
	from = *app;
	if (region.at != NULL)
		(void)app_seek(&from, region);
	else
		(void)lookup_app(
		    r->env->snapshot, r->network, app->name, &from);
	pick_some(p, &from, region, tier, 0, want);
}

static inline void
pick_app(struct picked *p, struct label region)
{
	struct app *app = &p->reply->app;

	if (app->many)
		pick_part(p, app, region);
	else
		pick_all(p, app, region);
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
	struct tally t;
	struct label l;

	while (app_region(&in, &l, &t))
		if (label_same(l, region))
			return true;
	return false;
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

/* A set of instances that stand in keys, the better tiers first. */
typedef void open_tier(struct range *, const struct reply *, enum tier);

static void
open_group(struct range *range, const struct reply *r, enum tier tier)
{
	range_group(
	    range, r->env->snapshot, r->network, r->of, r->q->name.arg, tier);
}

static void
open_metadata(struct range *range, const struct reply *r, enum tier tier)
{
	range_metadata(range, r->env->snapshot, r->network, r->of,
	    r->q->name.arg, r->q->name.value, tier);
}

/* More than a packet holds: from anywhere on, so that all have their turn. */
static void
pick_elsewhere(struct picked *p, struct range *range, unsigned want)
{
	p->count = 0;
	range_seek(range, rng_next(&p->reply->env->rng));
	(void)pick_range(p, range, p->reply->of, TIER_WELL, want);
	if (p->count < want) {
		range_rewind(range);
		(void)pick_range(p, range, p->reply->of, TIER_WELL, want);
	}
}

static enum query_next
answer_set(struct reply *r, open_tier *open)
{
	unsigned want = pick_most(r);
	struct range range;
	struct picked p;
	enum tier set = TIER_WELL;
	bool any = false;

	pick_start(&p, r);
	for (enum tier tier = TIER_WELL; tier <= TIER_STOPPED; tier++) {
		set = any ? set : tier;
		open(&range, r, tier);
		any = pick_range(&p, &range, r->of, set, want) > 0 || any;
		if (tier == TIER_WELL && p.count >= want)
			pick_elsewhere(&p, &range, want);
		if (any && r->env->watch == NULL)
			break;
	}
	p.exists = any && (!r->is_service || service_exists(r));
	return pick_answer(&p);
}

enum query_next
answer_group(struct reply *r)
{
	return answer_set(r, open_group);
}

enum query_next
answer_metadata(struct reply *r)
{
	return answer_set(r, open_metadata);
}

/* With whatever value. */
enum query_next
answer_metadata_key(struct reply *r)
{
	struct instance i;
	struct range range;

	range_metadata_key(
	    &range, r->env->snapshot, r->network, r->of, r->q->name.arg);
	return range_instance(&range, &i) ? reply_nodata(r) : reply_nxdomain(r);
}
