/*
 * follow.c - CNAMEs that lead where the upstreams asked have no say.
 *
 * An answer is kept as its upstream gave it, for all who ask.  Where its
 * chain leads is each asker's own:
 *
 *	home	a private name of his network, or in one of its zones: the
 *		query path answers it
 *	on	a name that goes to other upstreams, that was left open, or
 *		that a zone of his network leads to: asked anew, and the
 *		asker waits once more
 *	nowhere	the answer is whole
 *
 * What has led there stays with the asker and stands before the answer.
 */
#include "impl.h"

#include "base/clock.h"
#include "rdata.h"

#define FOLLOWS_MAX 8 /* answers that lead on */
#define CNAMES_MAX  32

enum lead_to { LEAD_NOWHERE, LEAD_HOME, LEAD_ON };

struct lead {
	enum lead_to to;
	struct plain_name target;
	struct route route; /* LEAD_ON */
	unsigned count;     /* CNAMEs that lead there */
	struct record cname[CNAMES_MAX];
	unsigned own; /* ... and of his network's zones, behind those */
};

/* --- messages made of parts */

/* The question for NAME, with room for a header; where its records begin. */
static size_t
question_put(uint8_t *pkt, const struct plain_name *name, uint16_t qtype)
{
	struct wire_out out = wire_out(pkt, DNS_TCP_MAX);

	memset(wire_room(&out, DNS_HEADER), 0, DNS_HEADER);
	wire_put(&out, name->wire, name->len);
	wire_put16(&out, qtype);
	wire_put16(&out, CLASS_IN);
	return out.len;
}

static struct plain_name
asker_name(const struct asker *asker)
{
	struct plain_name name = { .len = asker->qname_len };

	memcpy(name.wire, asker->qname, name.len);
	name_lower(&name);
	return name;
}

/* What has led here, and the CNAMEs of PKT that LEAD has. */
static void
whole_start(struct forward *f, struct rewrite *rw,
    const struct plain_name *qname, const struct asker *asker,
    const uint8_t *pkt, const struct lead *lead)
{
	rewrite_start(
	    rw, f->whole, DNS_TCP_MAX - DNS_HEADER - 4 - qname->len, qname);
	wire_put(&rw->out, asker->led, asker->led_len);
	for (unsigned i = 0; i < lead->count; i++)
		rewrite_record(rw, pkt, &lead->cname[i]);
}

/* COUNT records of PKT; false: they are not there. */
static bool
whole_add(
    struct rewrite *rw, const uint8_t *pkt, struct wire_in *in, unsigned count)
{
	struct record r;

	while (count-- > 0) {
		if (!message_record(in, &r))
			return false;
		rewrite_record(rw, pkt, &r);
	}
	return true;
}

/* The records of PKT behind those that led to them; false: no room. */
static bool
whole_finish(struct rewrite *rw, const uint8_t *pkt, size_t len, size_t first,
    struct answer *a, unsigned led)
{
	struct wire_in in = wire_in(pkt, len);

	in.pos = first;
	for (unsigned s = 0; s < SECTIONS; s++)
		if (!whole_add(rw, pkt, &in, a->count[s]))
			return false;
	a->count[SECTION_ANSWER] = (uint16_t)(a->count[SECTION_ANSWER] + led);
	a->authentic = false;
	a->body = rw->out.buf;
	a->len = rw->out.len;
	return !rw->out.bad;
}

/* --- where a chain leads */

static bool
cname_find(const uint8_t *pkt, size_t len, size_t first, unsigned count,
    const struct plain_name *owner, struct record *r)
{
	struct wire_in in = wire_in(pkt, len);
	struct plain_name name;

	in.pos = first;
	while (count-- > 0 && message_record(&in, r))
		if (r->type == TYPE_CNAME &&
		    message_name(pkt, r->end, r->start, &name) &&
		    name_is_same(&name, owner))
			return true;
	return false;
}

/* CNAMEs of the network's own that lead on from a question. */
static unsigned
led_by(const struct query *q)
{
	return q->next == QUERY_FORWARD && q->name.kind == NAME_RECORD ? q->led
								       : 0;
}

static bool
led_target(const struct query *q, struct dname *target)
{
	struct wire_in in = wire_in(q->pkt, q->len);

	in.pos = q->led_to;
	return dname_get(target, &in);
}

/* Asks the query path, as the asker would; false: the name is not ours. */
static bool
home_ask(struct forward *f, const struct asker *asker,
    const struct plain_name *name, struct query *q)
{
	struct query *all = q;

	*q = (struct query){ .pkt = f->home,
		.len = question_put(f->home, name, asker->qtype),
		.cap = DNS_TCP_MAX,
		.from = asker->from,
		.to = asker->client.to,
		.bound = asker->bound,
		.tcp = true };
	dns_put16(f->home + 2, DNS_RD);
	dns_put16(f->home + 4, 1);
	query_answer(&all, 1, f->options.env);
	return q->next == QUERY_SEND || led_by(q) > 0;
}

static struct plain_name
plain_of(const struct dname *d)
{
	struct plain_name name = { .len = d->len };

	memcpy(name.wire, d->wire, d->len);
	return name;
}

/* The network's own CNAMEs lead on from where the chain came home. */
static void
lead_from_home(struct forward *f, const struct asker *asker,
    const struct query *home, struct lead *lead)
{
	struct dname target;

	lead->own = led_by(home);
	if (lead->own == 0 || !led_target(home, &target))
		return;
	lead->to = LEAD_ON;
	lead->target = plain_of(&target);
	lead->route = zone_route(f, &target, asker->network);
}

static void
lead_find(struct forward *f, const struct asker *asker,
    const struct upstream_set *set, size_t len, size_t first,
    const struct answer *a, const struct plain_name *name, struct lead *lead,
    struct query *home)
{
	bool whole = asker->qtype == TYPE_CNAME || asker->qtype == TYPE_ANY;

	*lead = (struct lead){ .target = *name };
	while (!whole && lead->count < CNAMES_MAX &&
	    cname_find(f->work, len, first, a->count[SECTION_ANSWER],
		&lead->target, &lead->cname[lead->count])) {
		const struct record *r = &lead->cname[lead->count++];
		struct wire_in in;
		struct dname target;

		if (!message_name(f->work, r->end, r->rdata, &lead->target))
			return;
		in = wire_in(lead->target.wire, lead->target.len);
		lead->to = LEAD_HOME;
		if (home_ask(f, asker, &lead->target, home)) {
			lead_from_home(f, asker, home, lead);
			return;
		}
		lead->to = LEAD_ON;
		if (!dname_get(&target, &in))
			return;
		lead->route = zone_route(f, &target, asker->network);
		if (lead->route.set != set)
			return;
	}
	lead->to = lead->count > 0 && a->open ? LEAD_ON : LEAD_NOWHERE;
}

/* --- what comes of it */

/* LEAD stays with the asker; false where that is too much. */
static bool
led_add(struct forward *f, struct asker *asker, const struct plain_name *qname,
    const struct lead *lead, const struct query *home)
{
	struct wire_in own = wire_in(home->pkt, home->len);
	struct rewrite rw;

	whole_start(f, &rw, qname, asker, f->work, lead);
	own.pos = DNS_HEADER + home->question_len;
	if (!whole_add(&rw, home->pkt, &own, lead->own) || rw.out.bad ||
	    rw.out.len > sizeof(asker->led) || ++asker->follows > FOLLOWS_MAX)
		return false;
	memcpy(asker->led, rw.out.buf, rw.out.len);
	asker->led_len = (uint16_t)rw.out.len;
	asker->led_count =
	    (uint8_t)(asker->led_count + lead->count + lead->own);
	asker->on = lead->target;
	asker->on_set = lead->route.set;
	return true;
}

static void
reply_home(struct forward *f, const struct asker *asker,
    const struct plain_name *qname, const struct lead *lead,
    const struct query *home)
{
	struct answer a = { .rcode = (uint8_t)home->rcode };
	struct rewrite rw;

	if (home->ede != EDE_NONE)
		answer_explain(&a, f->led_ede, home->ede);
	whole_start(f, &rw, qname, asker, f->work, lead);
	for (unsigned s = 0; s < SECTIONS; s++)
		a.count[s] = dns_get16(f->home + 6 + 2 * s);
	if (whole_finish(&rw, f->home, home->len,
		DNS_HEADER + home->question_len, &a,
		asker->led_count + lead->count))
		asker_reply(f, asker, &a);
	else
		asker_fail(f, asker, RCODE_SERVFAIL, EDE_OTHER);
}

static void
reply_whole(struct forward *f, const struct asker *asker,
    const struct plain_name *qname, size_t len, size_t first,
    const struct answer *answer)
{
	static const struct lead none;
	struct answer a = *answer;
	struct rewrite rw;

	whole_start(f, &rw, qname, asker, NULL, &none);
	if (whole_finish(&rw, f->work, len, first, &a, asker->led_count))
		asker_reply(f, asker, &a);
	else
		asker_fail(f, asker, RCODE_SERVFAIL, EDE_OTHER);
}

/* A route that does not lead to upstreams. */
static bool
is_barred(struct forward *f, const struct asker *asker, struct route route)
{
	if (route.not_ready)
		asker_fail(f, asker, RCODE_SERVFAIL, EDE_NOT_READY);
	else if (route.action == ZONE_NXDOMAIN)
		asker_fail(f, asker, RCODE_NXDOMAIN, EDE_BLOCKED);
	else if (route.action == ZONE_REFUSE)
		asker_fail(f, asker, RCODE_REFUSED, EDE_BLOCKED);
	else if (route.set->count == 0)
		asker_fail(f, asker, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
	else
		return false;
	return true;
}

/* False, and the asker has a reply, where it does not go on. */
static bool
lead_on(struct forward *f, struct asker *asker, const struct plain_name *qname,
    const struct lead *lead, const struct query *home)
{
	if (is_barred(f, asker, lead->route))
		return false;
	if (led_add(f, asker, qname, lead, home))
		return true;
	asker_fail(f, asker, RCODE_SERVFAIL, EDE_OTHER);
	return false;
}

static bool
follow_chain(struct forward *f, struct asker *asker,
    const struct upstream_set *set, const struct plain_name *name,
    const struct answer *a)
{
	const struct plain_name qname = asker_name(asker);
	size_t first = question_put(f->work, name, asker->qtype);
	struct query home;
	struct lead lead;

	if (first + a->len > DNS_TCP_MAX ||
	    (a->rcode != RCODE_NOERROR && a->rcode != RCODE_NXDOMAIN)) {
		asker_reply(f, asker, a);
		return true;
	}
	memcpy(f->work + first, a->body, a->len);
	lead_find(f, asker, set, first + a->len, first, a, name, &lead, &home);
	switch (lead.to) {
	case LEAD_NOWHERE:
		if (asker->led_len == 0)
			asker_reply(f, asker, a);
		else
			reply_whole(f, asker, &qname, first + a->len, first, a);
		return true;
	case LEAD_HOME:
		reply_home(f, asker, &qname, &lead, &home);
		return true;
	case LEAD_ON:
		break;
	}
	return !lead_on(f, asker, &qname, &lead, &home);
}

bool
follow_own(struct forward *f, struct asker *asker, const struct query *q)
{
	const struct plain_name qname = plain_of(&q->qname);
	struct lead lead = { .to = LEAD_ON, .own = q->led };
	struct dname target;

	asker->own = true;
	if (!led_target(q, &target))
		return true;
	lead.target = plain_of(&target);
	lead.route = zone_route(f, &target, asker->network);
	return !lead_on(f, asker, &qname, &lead, q);
}

bool
follow(struct forward *f, struct asker *asker, const struct upstream_set *set,
    const struct plain_name *name, const struct answer *a)
{
	struct query_env *env = f->options.env;
	bool refresh = !f->asking && env->snapshot != NULL;
	bool done;

	if (!a->chain && asker->led_len == 0) {
		asker_reply(f, asker, a);
		return true;
	}
	if (refresh) {
		env->store = snapshot_refresh(env->snapshot);
		env->now = clock_seconds(CLOCK_REALTIME);
	}
	done = follow_chain(f, asker, set, name, a);
	if (refresh)
		snapshot_rest(env->snapshot);
	return done;
}
