/*
 * pick.c - the addresses of an answer: collected, turned, written; and why
 * others are not among them.
 */
#include "impl.h"

#include <stdarg.h>
#include <stdio.h>

#include "zones/store/read/brief.h"

void
watch_note(const struct query_env *env, const char *format, ...)
{
	char text[2 * DNAME_TEXT + 64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	env->watch->note(env->watch, text);
}

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

unsigned
pick_has(struct reply *r, const struct instance *i)
{
	if (r->is_service)
		return service_has(r, i);
	if (r->address == 16)
		return i->six_count;
	return r->address == 4 ? i->four_count : 0;
}

/* By how well it is. */
static enum query_fate
fate_of(enum tier set, enum tier tier)
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
pick_would(struct reply *r, const struct instance *i, enum tier set)
{
	if (i->tier == set && set != TIER_STOPPED && pick_has(r, i) == 0)
		return r->is_service ? FATE_NO_PORT : FATE_NO_ADDRESS;
	return fate_of(set, i->tier);
}

unsigned
pick_most(const struct reply *r)
{
	unsigned size = 12U + r->address;

	if (r->is_service)
		size = 18 + sizeof("\001i\002vm\001a\010internal");
	return (unsigned)((r->out.cap - r->out.len) / size) + 1;
}

bool
pick_best(struct range *range, enum tier *best)
{
	struct instance i;

	if (!range_instance(range, ORDER_LAST, &i))
		return false;
	*best = i.tier;
	return true;
}

void
pick_range(struct picked *p, struct range *range, enum tier tier,
    const struct instance *from)
{
	const struct reply *r = p->reply;
	unsigned want = pick_most(r);
	enum order_family first = r->address == 4 ? ORDER_BOTH : ORDER_SIX;
	enum order_family last = r->address == 16 ? ORDER_BOTH : ORDER_FOUR;
	struct instance i;

	if (!r->is_service && r->address == 0)
		return;
	if (from != NULL)
		range_seek(range, brief_order(from), from->id);
	else
		range_seek(
		    range, ORDER_OF(tier, first), (struct label){ NULL, 0 });
	while (
	    p->count < want && range_instance(range, ORDER_OF(tier, last), &i))
		(void)pick_add(p, &i);
}

void
pick_ports(struct picked *p, struct label region, enum tier tier)
{
	const struct reply *r = p->reply;
	const struct name *n = &r->q->name;
	struct range range;

	if (n->service.at == NULL || tier == TIER_STOPPED)
		return;
	range_port(&range, r->env->snapshot, r->network, r->of, n->service,
	    n->udp, region);
	pick_range(p, &range, tier, NULL);
}

void
pick_set(struct picked *p, struct range *range, enum tier set)
{
	unsigned left = p->reply->env->watch != NULL ? ANSWER_MAX : 0;
	struct instance i;

	range_seek(range, ORDER_FIRST, (struct label){ NULL, 0 });
	while (left-- > 0 && range_instance(range, ORDER_LAST, &i))
		watch_instance(p->reply, &i, pick_would(p->reply, &i, set));
	if (set != TIER_STOPPED)
		pick_range(p, range, set, NULL);
}
