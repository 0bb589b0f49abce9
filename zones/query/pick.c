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

enum query_fate
pick_add(struct picked *p, const struct instance *i)
{
	struct query_env *env = p->reply->env;
	unsigned size = p->reply->address, n;
	const uint8_t *at = size == 16 ? i->six : i->four;

	if (p->reply->is_service)
		return service_add(p, i);
	p->exists = true;
	n = size == 16 ? i->six_count : size == 4 ? i->four_count : 0;
	for (unsigned k = 0; k < n && p->count < ANSWER_MAX; k++, at += size)
		env->scratch->address[p->count++] = at;
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

/* Whether it is in the answer, by its id or its addresses. */
static bool
is_picked(const struct picked *p, const struct instance *i)
{
	const struct query_scratch *s = p->reply->env->scratch;
	const uint8_t *first = p->reply->address == 16 ? i->six : i->four;

	for (unsigned at = 0; at < p->count; at++)
		if (p->reply->is_service
			? label_same(s->service[at].of.id, i->id)
			: s->address[at] == first)
			return true;
	return false;
}

/* Why I, of a set that SET answers, is in the answer or not. */
static enum query_fate
fate_of(const struct picked *p, const struct instance *i, enum tier set,
    struct label own)
{
	static const enum query_fate worse[] = {
		[TIER_CRITICAL] = FATE_CRITICAL,
		[TIER_DRAINING] = FATE_DRAINING,
		[TIER_STOPPED] = FATE_STOPPED,
	};
	struct reply *r = p->reply;
	const struct name *n = &r->q->name;

	if (n->kind == NAME_REGION && !label_same(i->region, n->arg))
		return FATE_OTHER_REGION;
	if (own.at != NULL && !label_same(i->app, own))
		return FATE_OTHER_APP;
	if (set != TIER_ANY && (i->tier != set || set == TIER_STOPPED))
		return worse[i->tier];
	if (pick_has(r, i) == 0)
		return r->is_service ? FATE_NO_PORT : FATE_NO_ADDRESS;
	if (n->kind == NAME_NEAREST && !is_picked(p, i))
		return FATE_FARTHER;
	return i->tier == TIER_WELL || set == TIER_ANY ? FATE_TAKEN
						       : FATE_NOTHING_ELSE;
}

void
pick_watch(const struct picked *p, struct range *range, enum tier set)
{
	struct reply *r = p->reply;
	unsigned left = ANSWER_MAX;
	struct label own = { 0 };
	struct instance i;

	if (range != NULL) {
		own = range->among;
		if (set != TIER_ANY)
			range->among.at = NULL;
		range_seek(range, ORDER_FIRST, (struct label){ NULL, 0 });
	}
	while (left-- > 0 &&
	    (range == NULL ? app_instance(&r->app, &i)
			   : range_instance(range, ORDER_LAST, &i)))
		watch_instance(r, &i, fate_of(p, &i, set, own));
	if (range != NULL)
		range->among = own;
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
    const struct instance *from, const struct instance *until)
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
	if (r->is_service)
		service_range(p, range, tier, until, want);
	else
		while (p->count < want &&
		    range_instance(range, ORDER_OF(tier, last), &i))
			(void)pick_add(p, &i);
}

void
pick_ports(struct picked *p, struct label region, enum tier tier)
{
	const struct reply *r = p->reply;
	const struct name *n = &r->q->name;
	unsigned want = pick_most(r);
	struct range range;
	struct instance i;

	if (n->service.at == NULL || tier == TIER_STOPPED)
		return;
	range_port(&range, r->env->snapshot, r->network, r->of, n->service,
	    n->udp, region);
	range_seek(
	    &range, ORDER_OF(tier, ORDER_SIX), (struct label){ NULL, 0 });
	while (p->count < want &&
	    range_instance(&range, ORDER_OF(tier, ORDER_FOUR), &i))
		(void)service_add(p, &i);
}

bool
pick_set(struct picked *p, struct range *range, enum tier *set)
{
	if (!pick_best(range, set))
		return false;
	if (*set != TIER_STOPPED)
		pick_range(p, range, *set, NULL, NULL);
	if (p->reply->env->watch != NULL)
		pick_watch(p, range, *set);
	return true;
}
