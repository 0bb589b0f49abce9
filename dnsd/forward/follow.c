/*
 * follow.c - CNAMEs that lead where the upstreams asked have no say.
 *
 * An answer is kept as its upstream gave it, for all who ask; where its
 * chain leads is each asker's own.  What has led there stays with him and
 * stands before the answer.
 */
#include "impl.h"

#include "base/clock.h"
#include "rdata.h"

#define FOLLOWS_MAX 8 /* answers that lead on */

enum lead {
	LEAD_NOWHERE, /* the answer is whole */
	LEAD_HOME,    /* to what the query path has answered */
	LEAD_OWN,     /* to a zone of his network, which leads on */
	LEAD_ON       /* to other upstreams, or it was left open: asked anew */
};

/* How far one asker's chain is. */
struct way {
	struct forward *f;
	struct asker *asker;
	/* Set by lead_find(). */
	struct dname target;
	struct route route;
	struct query home;
	unsigned links; /* CNAMEs of the answer that have led to the target */
	struct record link[ANSWER_CHAIN_MAX];
	/* Set by way_write(). */
	struct dname qname;   /* the asker's question's */
	struct rewrite whole; /* all that has led to the target, in f->whole */
	unsigned count;       /* of its records */
};

/* Those of earlier answers, then w->links of the answer PKT. */
static void
way_write(struct way *w, const uint8_t *pkt)
{
	const struct asker *asker = w->asker;
	struct wire_in in = wire_in(asker->question, asker->to.question_len);

	if (!dname_get(&w->qname, &in))
		assert(!"a name that was read before");
	rewrite_start(&w->whole, w->f->whole,
	    DNS_TCP_MAX - DNS_HEADER - asker->to.question_len, &w->qname,
	    false);
	wire_put(&w->whole.out, asker->led, asker->led_len);
	for (unsigned i = 0; i < w->links; i++)
		rewrite_record(&w->whole, pkt, &w->link[i]);
	w->count = asker->led_count + w->links;
}

static void
records_add(
    struct rewrite *rw, const uint8_t *pkt, struct wire_in *in, unsigned count)
{
	struct record r;

	while (count-- > 0 && message_record(in, &r))
		rewrite_record(rw, pkt, &r);
	rw->out.bad = rw->out.bad || in->bad;
}

/* ANSWER, whose records are PKT's from FIRST on, behind what led there. */
static void
way_reply(struct way *w, const uint8_t *pkt, size_t len, size_t first,
    const struct answer *answer)
{
	struct wire_in in = wire_in(pkt, len);
	struct answer a = *answer;

	in.pos = first;
	for (unsigned s = 0; s < SECTIONS; s++)
		records_add(&w->whole, pkt, &in, a.count[s]);
	a.count[SECTION_ANSWER] =
	    (uint16_t)(a.count[SECTION_ANSWER] + w->count);
	a.authentic = false;
	a.body = w->whole.out.buf;
	a.len = w->whole.out.len;
	if (w->whole.out.bad)
		asker_fail(w->f, w->asker, RCODE_SERVFAIL, EDE_OTHER);
	else
		asker_reply(w->f, w->asker, &a);
}

/* To the target; false, and the asker has a reply, where he cannot. */
static bool
way_on(struct way *w)
{
	const struct wire_out *led = &w->whole.out;
	struct asker *asker = w->asker;

	if (w->route.set == NULL) {
		asker_fail(w->f, asker, w->route.rcode, w->route.ede);
		return false;
	}
	if (led->bad || led->len > sizeof(asker->led) ||
	    ++asker->follows > FOLLOWS_MAX) {
		asker_fail(w->f, asker, RCODE_SERVFAIL, EDE_OTHER);
		return false;
	}
	memcpy(asker->led, led->buf, led->len);
	asker->led_len = (uint16_t)led->len;
	asker->led_count = (uint8_t)w->count;
	asker->on = w->target;
	asker->on_set = w->route.set;
	return true;
}

/* By the CNAMEs of the network's own that Q has met. */
static bool
way_own(struct way *w, const struct query *q)
{
	struct wire_in in = wire_in(q->pkt, q->len);

	in.pos = q->led_to;
	if (!dname_get(&w->target, &in))
		w->whole.out.bad = true;
	in.pos = DNS_HEADER + q->question_len;
	records_add(&w->whole, q->pkt, &in, q->led);
	w->count += q->led;
	w->route = zone_route(w->f, &w->target, w->asker->network);
	return way_on(w);
}

/* Header and question, so that records behind them are a message. */
static void
question_put(uint8_t *pkt, size_t len, const struct dname *name, uint16_t qtype)
{
	struct wire_out out = wire_out(pkt, len);

	memset(wire_room(&out, DNS_HEADER), 0, DNS_HEADER);
	dns_put16(pkt + 2, DNS_RD);
	dns_put16(pkt + 4, 1);
	wire_put(&out, name->wire, name->len);
	wire_put16(&out, qtype);
	wire_put16(&out, CLASS_IN);
}

/* Asks the query path for the target, as the asker would. */
static void
home_ask(struct way *w)
{
	const struct asker *asker = w->asker;
	struct query *q = &w->home;

	*q = (struct query){ .pkt = w->f->home,
		.len = DNS_HEADER + w->target.len + 4U,
		.cap = DNS_TCP_MAX,
		.from = asker->from,
		.to = asker->client.to,
		.bound = asker->bound,
		.tcp = true };
	question_put(q->pkt, q->len, &w->target, asker->qtype);
	query_answer(&q, 1, w->f->options.env);
}

static void
home_reply(struct way *w)
{
	const struct query *home = &w->home;
	uint8_t ede[ANSWER_EDE_MAX];
	struct answer a = { .rcode = (uint8_t)home->rcode, .ede = ede };

	if (home->ede != EDE_NONE)
		answer_explain(&a, home->ede);
	for (unsigned s = 0; s < SECTIONS; s++)
		a.count[s] = dns_get16(home->pkt + 6 + 2 * s);
	way_reply(w, home->pkt, home->len, DNS_HEADER + home->question_len, &a);
}

static bool
cname_find(const uint8_t *pkt, size_t len, size_t first, unsigned count,
    const struct dname *owner, struct record *r)
{
	struct wire_in in = wire_in(pkt, len);
	struct dname name;

	in.pos = first;
	while (count-- > 0 && message_record(&in, r))
		if (r->type == TYPE_CNAME &&
		    message_name(pkt, r->end, r->start, &name) &&
		    name_is_same(&name, owner))
			return true;
	return false;
}

/* From NAME, by A's CNAMEs in PKT, of LEN octets, which are no circle. */
static enum lead
lead_find(struct way *w, const struct upstream_set *set,
    const struct dname *name, const struct answer *a, const uint8_t *pkt,
    size_t len)
{
	uint16_t qtype = w->asker->qtype;

	w->target = *name;
	w->links = 0;
	while (qtype != TYPE_CNAME && qtype != TYPE_ANY &&
	    w->links < ANSWER_CHAIN_MAX &&
	    cname_find(pkt, len, len - a->len, a->count[SECTION_ANSWER],
		&w->target, &w->link[w->links])) {
		const struct record *r = &w->link[w->links++];

		if (!message_name(pkt, r->end, r->rdata, &w->target))
			return LEAD_NOWHERE;
		home_ask(w);
		if (w->home.next == QUERY_SEND)
			return LEAD_HOME;
		if (led_by(&w->home) > 0)
			return LEAD_OWN;
		w->route = zone_route(w->f, &w->target, w->asker->network);
		if (w->route.set != set)
			return LEAD_ON;
	}
	return a->open && w->links > 0 ? LEAD_ON : LEAD_NOWHERE;
}

/* True: on. */
static bool
way_go(struct way *w, const struct upstream_set *set, const struct dname *name,
    const struct answer *a)
{
	size_t first = DNS_HEADER + name->len + 4U, len = first + a->len;
	uint8_t *pkt = a->body - first;
	enum lead lead;

	question_put(pkt, first, name, w->asker->qtype);
	lead = lead_find(w, set, name, a, pkt, len);
	if (lead == LEAD_NOWHERE && w->asker->led_len == 0) {
		asker_reply(w->f, w->asker, a);
		return false;
	}
	if (lead == LEAD_NOWHERE)
		w->links = 0; /* all of it */
	way_write(w, pkt);
	switch (lead) {
	case LEAD_NOWHERE:
		way_reply(w, pkt, len, first, a);
		return false;
	case LEAD_HOME:
		home_reply(w);
		return false;
	case LEAD_OWN:
		return way_own(w, &w->home);
	case LEAD_ON:
		break;
	}
	return way_on(w);
}

static void
asker_go(struct forward *f, struct asker *asker, bool on)
{
	if (on)
		SLIST_INSERT_HEAD(&f->led_on, asker, next);
	else
		asker_done(f, asker);
}

void
follow_own(struct forward *f, struct asker *asker, const struct query *q)
{
	struct way w;
	bool on;

	asker->to.own = true;
	w.f = f;
	w.asker = asker;
	w.links = 0;
	way_write(&w, q->pkt);
	on = way_own(&w, q);
	asker->counter = on ? &f->counters.hits : &f->counters.failed;
	asker_go(f, asker, on);
}

void
follow(struct forward *f, struct asker *asker, const struct upstream_set *set,
    const struct dname *name, const struct answer *a)
{
	struct query_env *env = f->options.env;
	bool refresh = !f->asking && env->snapshot != NULL;
	struct way w;
	bool on;

	if ((!a->chain && asker->led_len == 0) ||
	    (a->rcode != RCODE_NOERROR && a->rcode != RCODE_NXDOMAIN)) {
		asker_reply(f, asker, a);
		asker_done(f, asker);
		return;
	}
	if (refresh) {
		env->store = snapshot_refresh(env->snapshot);
		env->now = clock_seconds(CLOCK_REALTIME);
	}
	w.f = f;
	w.asker = asker;
	on = way_go(&w, set, name, a);
	if (refresh)
		snapshot_rest(env->snapshot);
	asker_go(f, asker, on);
}
