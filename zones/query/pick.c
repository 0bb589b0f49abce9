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
	p->exists = false;
}

static void
take_addresses(struct picked *p, const uint8_t *at, unsigned n, unsigned size)
{
	const uint8_t **to = p->reply->env->scratch->address;

	for (unsigned i = 0; i < n; i++) {
		if (p->count == ANSWER_MAX) {
			p->reply->q->truncated = true;
			return;
		}
		to[p->count++] = at + size * i;
	}
}

enum query_fate
pick_add(struct picked *p, const struct instance *i)
{
	unsigned n = 0;

	p->exists = true;
	if (p->reply->q->qtype == TYPE_AAAA)
		take_addresses(p, i->six, n = i->six_count, 16);
	else if (p->reply->q->qtype == TYPE_A)
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
	reply_addresses(r, r->env->scratch->address, p->count,
	    p->count == 1 ? 0 : rng_below(&r->env->rng, p->count));
	return reply_finish(r, RCODE_NOERROR);
}

const char *
query_fate_str(enum query_fate fate)
{
	static const char *const phrase[] = {
		[FATE_TAKEN] = "taken",
		[FATE_STOPPED] = "left out: stopped",
		[FATE_OTHER_REGION] = "left out: another region",
		[FATE_FARTHER] = "left out: farther than those taken",
		[FATE_EXPIRED] = "left out: expired",
		[FATE_INTERACTIVE] = "left out: an interactive peer",
		[FATE_OTHER_APP] =
		    "left out: another app's; the asker's own has one",
		[FATE_NO_ADDRESS] = "no address of this type",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == FATE_COUNT_,
	    "one phrase a fate");
	assert(fate < FATE_COUNT_);
	return phrase[fate];
}
