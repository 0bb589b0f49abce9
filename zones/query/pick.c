/*
 * pick.c - the addresses of an answer: collected, turned, written; and why
 * others are not among them.
 */
#include "impl.h"

#include <assert.h>

void
pick_start(struct picked *p, struct reply *r)
{
	p->reply = r;
	p->count = 0;
	p->priority = 0;
	p->exists = false;
}

static void
take_addresses(struct picked *p, const uint8_t *at, unsigned n, unsigned size)
{
	const uint8_t **to = p->reply->env->scratch->address + p->count;

	if (n > ANSWER_MAX - p->count) {
		n = ANSWER_MAX - p->count;
		p->reply->q->truncated = true;
	}
	p->count += n;
	for (; n > 0; n--, at += size)
		*to++ = at;
}

enum query_fate
pick_add(struct picked *p, const struct instance *i)
{
	unsigned n = 0;

	if (p->reply->is_service)
		return service_add(p, i);
	p->exists = true;
	if (p->reply->address == 16)
		take_addresses(p, i->six, n = i->six_count, 16);
	else if (p->reply->address == 4)
		take_addresses(p, i->four, n = i->four_count, 4);
	return n > 0 ? FATE_TAKEN : FATE_NO_ADDRESS;
}

enum query_next
pick_answer(struct picked *p)
{
	struct reply *r = p->reply;

	if (!p->exists)
		return reply_nxdomain(r);
	if (p->count == 0)
		return reply_nodata(r);
	if (r->is_service)
		return service_answer(p);
	reply_addresses(r, r->env->scratch->address, p->count,
	    p->count == 1 ? 0 : rng_below(&r->env->rng, p->count));
	return reply_finish(r, RCODE_NOERROR);
}

enum query_fate
pick_fate(enum tier set, enum tier tier)
{
	static const enum query_fate otherwise[] = {
		[TIER_WELL] = FATE_TAKEN, /* then SET is no other */
		[TIER_CRITICAL] = FATE_CRITICAL,
		[TIER_DRAINING] = FATE_DRAINING,
		[TIER_STOPPED] = FATE_STOPPED,
	};

	if (tier != set || tier == TIER_STOPPED)
		return otherwise[tier];
	return tier == TIER_WELL ? FATE_TAKEN : FATE_NOTHING_ELSE;
}

enum query_fate
pick_of_tier(struct picked *p, const struct instance *i, enum tier set)
{
	enum query_fate fate = pick_fate(set, i->tier), added;

	if (i->tier != set || set == TIER_STOPPED)
		return fate;
	added = pick_add(p, i);
	return added == FATE_TAKEN ? fate : added;
}

unsigned
pick_most(const struct reply *r)
{
	unsigned size = 12U + r->address;

	if (r->is_service)
		size = 18 + sizeof("\001i\002vm\001a\010internal");
	return (unsigned)((r->out.cap - r->out.len) / size) + 1;
}

/* Of other types nothing is taken: that somebody is there is enough. */
bool
pick_wants(const struct picked *p, unsigned want)
{
	const struct reply *r = p->reply;

	return p->count < want &&
	    (!p->exists || r->is_service || r->address > 0 ||
		r->env->watch != NULL);
}

unsigned
pick_range(struct picked *p, struct range *range, struct label app,
    enum tier set, unsigned want)
{
	struct instance i;
	unsigned seen = 0;

	while (pick_wants(p, want) && range_instance(range, &i)) {
		if (app.at != NULL)
			i.app = app;
		watch_instance(p->reply, &i, pick_of_tier(p, &i, set));
		seen++;
		if (set == TIER_STOPPED && p->reply->env->watch == NULL)
			break;
	}
	return seen;
}

const char *
query_fate_str(enum query_fate fate)
{
	static const char *const phrase[] = {
		[FATE_TAKEN] = "taken",
		[FATE_NOTHING_ELSE] = "taken: nothing else is healthy",
		[FATE_STOPPED] = "left out: stopped",
		[FATE_CRITICAL] = "left out: critical, others are healthy",
		[FATE_DRAINING] = "left out: draining, others are not",
		[FATE_OTHER_REGION] = "left out: another region",
		[FATE_FARTHER] = "left out: farther than those taken",
		[FATE_EXPIRED] = "left out: expired",
		[FATE_INTERACTIVE] = "left out: an interactive peer",
		[FATE_OTHER_APP] =
		    "left out: another app's; the asker's own has one",
		[FATE_HIDDEN] = "left out: the asker does not see its app",
		[FATE_NO_ADDRESS] = "no address of this type",
		[FATE_NO_PORT] = "left out: no such port",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == FATE_COUNT_,
	    "one phrase a fate");
	assert(fate < FATE_COUNT_);
	return phrase[fate];
}
