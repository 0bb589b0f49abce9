/*
 * answer.c - from an upstream's message to an answer.
 *
 * One walk over the records decides which stay.  Nearly always those that
 * go are the last ones (OPT always is), so that what stays is a piece of
 * the packet as it came; otherwise a second walk writes it anew.
 */
#include "dnsd/forward/answer.h"

#include <assert.h>
#include <stddef.h>

#include "answer_impl.h"

#define CHAIN_MAX 16 /* names; longer chains are a loop or an attack */

#define TYPE_DS     43
#define TYPE_RRSIG  46
#define TYPE_NSEC   47
#define TYPE_NSEC3  50
#define SOA_NUMBERS 20 /* octets behind the names; MINIMUM is the last */

/* The question's name and what CNAMEs lead to. */
struct chain {
	unsigned count;
	struct plain_name name[CHAIN_MAX];
};

struct walk {
	const struct answer_rules *rules;
	struct answer_reply *reply;
	uint8_t *pkt;
	size_t len;
	struct chain chain;
	size_t first, kept_end; /* of the records that stay */
	bool gap;               /* one stays behind one that went */
	bool soa;
	bool answered; /* a record of the type asked for is among them */
	uint32_t ttl;
	struct wire_out *out; /* second walk: writes what stays */
};

static bool
is_on_chain(const struct chain *chain, const struct plain_name *owner)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (name_is_same(owner, &chain->name[i]))
			return true;
	return false;
}

static bool
is_above_chain(const struct chain *chain, const struct plain_name *owner)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (name_is_within(&chain->name[i], owner))
			return true;
	return false;
}

static bool
is_below_chain(const struct chain *chain, const struct plain_name *owner)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (name_is_within(owner, &chain->name[i]))
			return true;
	return false;
}

static void
chain_follow(struct walk *w, const struct record *r)
{
	struct chain *chain = &w->chain;

	if (r->type != TYPE_CNAME || w->rules->qtype == TYPE_CNAME ||
	    w->rules->qtype == TYPE_ANY || chain->count == CHAIN_MAX)
		return;
	if (message_name(w->pkt, r->end, r->rdata, &chain->name[chain->count]))
		chain->count++;
}

static bool
stays_in_answer(
    struct walk *w, const struct record *r, const struct plain_name *owner)
{
	if (!is_on_chain(&w->chain, owner))
		return (r->type == TYPE_DNAME || r->type == TYPE_RRSIG) &&
		    is_above_chain(&w->chain, owner);
	if (r->type == w->rules->qtype || w->rules->qtype == TYPE_ANY)
		w->answered = true;
	if (w->rules->remove_private && record_is_private(w->pkt, r)) {
		w->reply->removed++;
		return false;
	}
	chain_follow(w, r);
	return true;
}

static bool
stays_in_authority(
    struct walk *w, const struct record *r, const struct plain_name *owner)
{
	/* Proofs stand for themselves, and may be anywhere in the zone. */
	if (r->type == TYPE_NSEC || r->type == TYPE_NSEC3 ||
	    r->type == TYPE_RRSIG)
		return true;
	return (r->type == TYPE_SOA || r->type == TYPE_NS ||
		   r->type == TYPE_DS) &&
	    is_above_chain(&w->chain, owner);
}

static bool
record_stays(struct walk *w, const struct record *r,
    const struct plain_name *owner, enum section section)
{
	if (r->class != CLASS_IN || r->type == TYPE_OPT)
		return false;
	switch (section) {
	case SECTION_ANSWER:
		return stays_in_answer(w, r, owner);
	case SECTION_AUTHORITY:
		return stays_in_authority(w, r, owner);
	case SECTION_ADDITIONAL:
		return is_below_chain(&w->chain, owner) &&
		    !(w->rules->remove_private && record_is_private(w->pkt, r));
	}
	return false;
}

static void
ttl_put(uint8_t *pkt, const struct record *r, uint32_t ttl)
{
	struct wire_out out = wire_out(pkt + r->ttl_at, 4);

	wire_put32(&out, ttl);
}

/* RFC 2308, 5: the lesser of the SOA's own TTL and its MINIMUM. */
static void
soa_read(struct walk *w, struct record *r)
{
	struct wire_in in = wire_in(w->pkt, r->end);
	uint32_t minimum;

	in.pos = r->rdata;
	wire_skip_name(&in);
	wire_skip_name(&in);
	(void)wire_take(&in, SOA_NUMBERS - 4);
	minimum = wire_get32(&in);
	if (in.bad)
		return;
	if (minimum < r->ttl)
		r->ttl = minimum;
	if (r->ttl > ANSWER_NEGATIVE_MAX)
		r->ttl = ANSWER_NEGATIVE_MAX;
	w->soa = true;
}

static void
ttl_limit(struct walk *w, struct record *r, enum section section)
{
	uint32_t ttl = r->ttl;

	if (r->ttl > INT32_MAX) /* RFC 2181, 8 */
		r->ttl = 0;
	if (r->ttl > ANSWER_TTL_MAX)
		r->ttl = ANSWER_TTL_MAX;
	if (section == SECTION_AUTHORITY && r->type == TYPE_SOA)
		soa_read(w, r);
	if (r->ttl != ttl)
		ttl_put(w->pkt, r, r->ttl);
	if (r->ttl < w->ttl)
		w->ttl = r->ttl;
}

/* RFC 8914: codes are passed on as they came, text and all. */
static void
ede_keep(struct answer_reply *reply, const uint8_t *data, uint16_t len)
{
	struct answer *a = &reply->answer;
	struct wire_out out = wire_out(reply->ede, sizeof(reply->ede));

	if (len < 2)
		return;
	if (reply->ede_code == EDE_NONE)
		reply->ede_code = dns_get16(data);
	out.len = a->ede_len;
	wire_put_option(&out, EDNS_OPTION_EDE, data, len);
	if (!out.bad)
		a->ede_len = (uint8_t)out.len;
}

/* RFC 6891, 6.1.2. */
static void
opt_read(struct answer_reply *reply, const uint8_t *pkt, const struct record *r)
{
	struct wire_in in = wire_in(pkt, r->end);

	in.pos = r->rdata;
	reply->edns = true;
	reply->rcode |= (uint16_t)(r->ttl >> 20 & 0xff0);
	while (wire_left(&in) >= 4) {
		uint16_t code = wire_get16(&in);
		uint16_t len = wire_get16(&in);
		const uint8_t *data = wire_take(&in, len);

		if (data == NULL)
			return;
		if (code == EDNS_OPTION_EDE)
			ede_keep(reply, data, len);
		if (code == EDNS_OPTION_COOKIE &&
		    len <= sizeof(reply->cookie)) {
			memcpy(reply->cookie, data, len);
			reply->cookie_len = (uint8_t)len;
		}
	}
}

static void
record_keep(struct walk *w, struct record *r, enum section section)
{
	ttl_limit(w, r, section);
	w->reply->answer.count[section]++;
	if (w->out != NULL)
		record_rewrite(w->out, w->pkt, r, w->rules->qname);
	else if (w->kept_end != r->start)
		w->gap = true;
	w->kept_end = r->end;
}

static bool
records_walk(struct walk *w)
{
	struct wire_in in = wire_in(w->pkt, w->len);
	struct plain_name owner;
	struct record r;

	memset(w->reply->answer.count, 0, sizeof(w->reply->answer.count));
	w->reply->removed = 0;
	w->ttl = ANSWER_TTL_MAX;
	w->chain.count = 1;
	w->kept_end = in.pos = w->first;
	for (unsigned s = 0; s < SECTIONS; s++) {
		unsigned count = dns_get16(w->pkt + 6 + 2 * s);

		for (unsigned i = 0; i < count; i++) {
			if (!message_record(&in, &r) ||
			    !message_name(w->pkt, r.end, r.start, &owner))
				return false;
			if (record_stays(w, &r, &owner, (enum section)s))
				record_keep(w, &r, (enum section)s);
			else if (r.type == TYPE_OPT &&
			    s == SECTION_ADDITIONAL && w->out == NULL)
				opt_read(w->reply, w->pkt, &r);
		}
	}
	return true;
}

/*
 * How long the whole may be kept.  Without a record of the type asked for
 * it is negative, even where CNAMEs come first; and without a SOA nobody
 * may keep that (RFC 2308, 5).
 */
static uint32_t
keeping_time(const struct walk *w)
{
	enum dns_rcode rcode = w->reply->answer.rcode;

	if (rcode == RCODE_SERVFAIL)
		return ANSWER_SERVFAIL_TTL;
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		return 0;
	return w->soa || (w->answered && rcode == RCODE_NOERROR) ? w->ttl : 0;
}

static bool
records_rewrite(struct walk *w, uint8_t *room)
{
	struct wire_out out = wire_out(room, DNS_TCP_MAX - w->first);
	bool read;

	w->out = &out;
	read = records_walk(w);
	w->out = NULL;
	if (!read || out.bad)
		return false;
	w->reply->answer.body = room;
	w->reply->answer.len = out.len;
	return true;
}

bool
answer_read(struct answer_reply *reply, uint8_t *pkt, size_t len,
    const struct answer_rules *rules, uint8_t *room)
{
	uint16_t flags = dns_get16(pkt + 2);
	struct walk w = { .rules = rules,
		.reply = reply,
		.pkt = pkt,
		.len = len,
		.first = DNS_HEADER + rules->qname->len + 4U };

	assert(w.first <= len);
	memset(reply, 0, offsetof(struct answer_reply, cookie));
	reply->ede_code = EDE_NONE;
	reply->rcode = flags & DNS_RCODE;
	reply->answer.rcode = (uint8_t)reply->rcode;
	reply->answer.authentic = (flags & DNS_AD) != 0;
	reply->answer.ede = reply->ede;
	if ((flags & DNS_TC) != 0) {
		reply->truncated = true;
		return true;
	}
	w.chain.name[0] = *rules->qname;
	if (!records_walk(&w))
		return false;
	reply->answer.body = pkt + w.first;
	reply->answer.len = w.kept_end - w.first;
	if (w.gap && !records_rewrite(&w, room))
		return false;
	reply->answer.ttl = keeping_time(&w);
	return true;
}
