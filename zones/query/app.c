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

/* Of the type that is asked for. */
static unsigned
addresses_of(const struct reply *r, const struct instance *i)
{
	if (r->q->qtype == TYPE_AAAA)
		return i->six_count;
	return r->q->qtype == TYPE_A ? i->four_count : 0;
}

static enum query_fate
fate_of(const struct reply *r, const struct instance *i, struct label region)
{
	if (!is_in(i->region, region))
		return FATE_OTHER_REGION;
	if (!i->started)
		return FATE_STOPPED;
	return addresses_of(r, i) > 0 ? FATE_TAKEN : FATE_NO_ADDRESS;
}

static void
watch_all(const struct reply *r, struct app app, struct label region)
{
	struct instance i;

	while (app_instance(&app, &i))
		watch_instance(r, &i, fate_of(r, &i, region));
}

static void
pick_all(struct picked *p, const struct app *app, struct label region)
{
	struct reply *r = p->reply;

	if (r->env->watch != NULL)
		watch_all(r, *app, region);
	if (r->q->qtype == TYPE_AAAA || r->q->qtype == TYPE_A)
		p->count = app_addresses(app, region,
		    r->q->qtype == TYPE_AAAA ? 16 : 4, r->env->scratch->address,
		    ANSWER_MAX);
}

/* More than this fits no reply. */
static unsigned
most(const struct reply *r)
{
	unsigned size = r->q->qtype == TYPE_AAAA ? 28 : 16;

	return (unsigned)((r->out.cap - r->out.len) / size) + 1;
}

static uint32_t
tally_of(const struct reply *r, const struct tally *t)
{
	if (r->q->qtype == TYPE_AAAA)
		return t->six;
	return r->q->qtype == TYPE_A ? t->four : 0;
}

static uint32_t
count_of(const struct reply *r, const struct app *app, struct label region)
{
	struct wire_in in = app->regions;
	struct tally t;
	struct label l;
	uint32_t n = 0;

	while (app_region(&in, &l, &t))
		if (is_in(l, region))
			n += tally_of(r, &t);
	return n;
}

/* To the region that has address number AT; how many are before it. */
static uint32_t
seek_to(const struct reply *r, struct app *app, uint32_t at)
{
	struct wire_in in = app->regions;
	struct tally t;
	struct label l;
	uint32_t before = 0;

	while (app_region(&in, &l, &t)) {
		if (at < before + tally_of(r, &t)) {
			(void)app_seek(app, l);
			return before;
		}
		before += tally_of(r, &t);
	}
	return before;
}

/* Up to WANT addresses, behind the first SKIP of them. */
static void
pick_some(struct picked *p, struct app *app, struct label region, uint32_t skip,
    unsigned want)
{
	struct instance i;

	while (p->count < want && app_instance(app, &i)) {
		uint32_t has = addresses_of(p->reply, &i);

		if (!is_in(i.region, region))
			return;
		if (!i.started)
			continue;
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
	uint32_t all = count_of(r, app, region);
	unsigned want = most(r);
	struct app from = *app;
	uint32_t start, before;

	p->exists = true;
	if (all == 0)
		return;
	start = rng_below(&r->env->rng, all);
	if (region.at != NULL) {
		before = 0;
		(void)app_seek(&from, region);
	} else {
		before = seek_to(r, &from, start);
	}
	if (want > all)
		want = all;
	pick_some(p, &from, region, start - before, want);
	if (p->count >= want)
		return;
	from = *app;
	if (region.at != NULL)
		(void)app_seek(&from, region);
	else
		(void)lookup_app(
		    r->env->snapshot, r->q->network, app->name, &from);
	pick_some(p, &from, region, 0, want);
}

static void
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
	p.exists = true;
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
	p.exists = p.count > 0 || has_region(&r->app, region) ||
	    lookup_region(r->env->snapshot, region);
	return pick_answer(&p);
}

enum query_next
answer_instance(struct reply *r)
{
	struct picked p;

	pick_start(&p, r);
	watch_instance(r, &r->instance, pick_add(&p, &r->instance));
	return pick_answer(&p);
}

/* Each key of the range is an instance. */
static enum query_next
answer_range(struct reply *r, struct range *range)
{
	struct instance i;
	struct picked p;

	pick_start(&p, r);
	while (range_instance(range, &i)) {
		i.app = r->q->name.app;
		p.exists = true;
		watch_instance(
		    r, &i, i.started ? pick_add(&p, &i) : FATE_STOPPED);
	}
	return pick_answer(&p);
}

enum query_next
answer_group(struct reply *r)
{
	const struct name *n = &r->q->name;
	struct range range;

	range_group(&range, r->env->snapshot, r->q->network, n->app, n->arg);
	return answer_range(r, &range);
}

enum query_next
answer_metadata(struct reply *r)
{
	const struct name *n = &r->q->name;
	struct range range;

	range_metadata(
	    &range, r->env->snapshot, r->q->network, n->app, n->arg, n->value);
	return answer_range(r, &range);
}

/* With whatever value. */
enum query_next
answer_metadata_key(struct reply *r)
{
	const struct name *n = &r->q->name;
	struct instance i;
	struct range range;

	range_metadata(&range, r->env->snapshot, r->q->network, n->app, n->arg,
	    (struct label){ 0 });
	return range_instance(&range, &i) ? reply_nodata(r) : reply_nxdomain(r);
}
