/*
 * answer.c - from an upstream's message to an answer.
 *
 * First the chain of names, whatever order its records stand in; then one
 * walk over all records decides which stay, and writes those anew.
 */
#include "dnsd/forward/answer.h"

#include <assert.h>
#include <stddef.h>

#include "rdata.h"

#define SIGNERS_MAX 4

#define TYPE_RRSIG  46
#define TYPE_NSEC   47
#define TYPE_NSEC3  50
#define RRSIG_FIXED 18 /* octets before the signer, RFC 4034, 3.1 */
#define SOA_NUMBERS 20 /* octets behind the names; MINIMUM is the last */

struct walk {
	const struct answer_rules *rules;
	struct answer_reply *reply;
	const uint8_t *pkt;
	size_t len, first; /* where its records begin */
	bool leaves;       /* the last CNAME's target is ours to answer */
	bool signers_known;
	bool soa;
	bool answered; /* a record of the type asked for has stayed */
	uint32_t ttl;
	unsigned names, signers;
	/* The question's name, what CNAMEs lead to, and where those start. */
	struct dname name[ANSWER_CHAIN_MAX + 1];
	size_t link[ANSWER_CHAIN_MAX +
	    1]; /* of the last name: 0, unless it leaves */
	struct dname signer[SIGNERS_MAX]; /* zones that sign, above us */
	struct rewrite out;
};

static struct wire_in
answer_walk_start(const struct walk *w)
{
	struct wire_in in = wire_in(w->pkt, w->len);

	in.pos = w->first;
	return in;
}

static unsigned
section_count(const struct walk *w, enum section section)
{
	return dns_get16(w->pkt + 6 + 2 * (unsigned)section);
}

/* Which one is OWNER; w->names: none. */
static unsigned
chain_at(const struct walk *w, const struct dname *owner)
{
	unsigned i = 0;

	while (i < w->names && !name_is_same(owner, &w->name[i]))
		i++;
	return i;
}

static bool
is_above_chain(const struct walk *w, const struct dname *owner)
{
	for (unsigned i = 0; i < w->names; i++)
		if (dname_is_below(&w->name[i], owner))
			return true;
	return false;
}

static bool
is_below_chain(const struct walk *w, const struct dname *owner)
{
	for (unsigned i = 0; i < w->names; i++)
		if (dname_is_below(owner, &w->name[i]))
			return true;
	return false;
}

/* No upstream has a say in these (docs/names.md, What never leaves). */
static bool
is_never_theirs(const struct walk *w, const struct dname *name, bool reverse)
{
	struct name n;

	name_read(&n, name, w->rules->ordinary);
	return n.kind != NAME_OTHER && (reverse || n.kind != NAME_REVERSE);
}

static bool
has_no_chain(const struct walk *w)
{
	return w->rules->qtype == TYPE_CNAME || w->rules->qtype == TYPE_ANY;
}

/* False where the chain gets too long, or goes in a circle. */
static bool
chain_follow(struct walk *w, const struct record *r)
{
	struct dname *target = &w->name[w->names];

	if (!message_name(w->pkt, r->end, r->rdata, target) ||
	    w->names == ANSWER_CHAIN_MAX || chain_at(w, target) != w->names)
		return false;
	w->link[w->names - 1] = r->start;
	w->leaves = is_never_theirs(w, target, false);
	if (!w->leaves)
		w->link[w->names++] = 0;
	return true;
}

/*
 * Sections have no order: once more where the chain has grown behind a CNAME
 * that may go on from there.
 */
static bool
chain_find(struct walk *w)
{
	bool again = !has_no_chain(w), passed;

	while (again && !w->leaves) {
		unsigned count = section_count(w, SECTION_ANSWER);
		struct wire_in in = answer_walk_start(w);
		struct dname owner;
		struct record r;

		again = passed = false;
		while (count-- > 0 && message_record(&in, &r) && !w->leaves) {
			if (r.type != TYPE_CNAME || r.class != CLASS_IN)
				continue;
			if (!message_name(w->pkt, r.end, r.start, &owner))
				return false;
			if (!name_is_same(&owner, &w->name[w->names - 1])) {
				passed = true;
				continue;
			}
			if (!chain_follow(w, &r))
				return false;
			again = passed;
		}
	}
	return true;
}

static bool
stays_in_answer(
    struct walk *w, const struct record *r, const struct dname *owner)
{
	unsigned at = chain_at(w, owner);

	if (at == w->names)
		return (r->type == TYPE_DNAME || r->type == TYPE_RRSIG) &&
		    is_above_chain(w, owner);
	if (r->type == TYPE_CNAME && !has_no_chain(w))
		return w->link[at] == r->start; /* others lead elsewhere */
	if (r->type == w->rules->qtype || w->rules->qtype == TYPE_ANY)
		w->answered = true;
	if (w->rules->remove_private && record_is_private(w->pkt, r)) {
		w->reply->removed++;
		return false;
	}
	return true;
}

static void
signer_add(struct walk *w, const struct record *r)
{
	struct dname *signer = &w->signer[w->signers];
	struct dname owner;

	if (r->class != CLASS_IN || w->signers == SIGNERS_MAX ||
	    (r->type != TYPE_RRSIG && r->type != TYPE_SOA) ||
	    !message_name(w->pkt, r->end, r->start, &owner) ||
	    is_never_theirs(w, &owner, false))
		return;
	*signer = owner;
	if (r->type == TYPE_RRSIG &&
	    !message_name(w->pkt, r->end, r->rdata + RRSIG_FIXED, signer))
		return;
	if (is_above_chain(w, signer) && dname_is_below(&owner, signer))
		w->signers++;
}

/* Zones with the names in question, whose proofs may stand anywhere. */
static void
signers_find(struct walk *w)
{
	unsigned answers = section_count(w, SECTION_ANSWER);
	unsigned count = answers + section_count(w, SECTION_AUTHORITY);
	struct wire_in in = answer_walk_start(w);
	struct record r;

	w->signers_known = true;
	for (unsigned i = 0; i < count && message_record(&in, &r); i++)
		if (i >= answers)
			signer_add(w, &r);
}

static bool
is_proof(struct walk *w, const struct dname *owner)
{
	if (!w->signers_known)
		signers_find(w);
	for (unsigned i = 0; i < w->signers; i++)
		if (dname_is_below(owner, &w->signer[i]))
			return !is_never_theirs(w, owner, false);
	return false;
}

static bool
stays_in_authority(
    struct walk *w, const struct record *r, const struct dname *owner)
{
	switch (r->type) {
	case TYPE_NSEC:
	case TYPE_NSEC3:
	case TYPE_RRSIG:
		return is_proof(w, owner);
	case TYPE_NS: /* whoever sends up to the root has no answer */
		if (owner->labels == 0 && w->rules->qname->labels > 0)
			return false;
		return is_above_chain(w, owner);
	case TYPE_SOA:
	case TYPE_DS:
		return is_above_chain(w, owner);
	default:
		return false;
	}
}

static bool
record_stays(struct walk *w, const struct record *r, const struct dname *owner,
    enum section section)
{
	if (r->class != CLASS_IN || r->type == TYPE_OPT ||
	    (w->leaves && section != SECTION_ANSWER))
		return false;
	switch (section) {
	case SECTION_ANSWER:
		return stays_in_answer(w, r, owner);
	case SECTION_AUTHORITY:
		return stays_in_authority(w, r, owner);
	case SECTION_ADDITIONAL:
		return is_below_chain(w, owner) &&
		    !is_never_theirs(w, owner, true) &&
		    !(w->rules->remove_private && record_is_private(w->pkt, r));
	}
	return false;
}

void
answer_reply_start(struct answer_reply *reply, uint16_t rcode)
{
	memset(reply, 0, offsetof(struct answer_reply, cookie));
	reply->ede_code = EDE_NONE;
	reply->rcode = rcode;
	reply->answer.rcode = (uint8_t)rcode;
	reply->answer.ede = reply->ede;
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
	if (minimum < r->ttl)
		r->ttl = minimum;
	if (r->ttl > ANSWER_NEGATIVE_MAX)
		r->ttl = ANSWER_NEGATIVE_MAX;
	w->soa = true;
}

static void
ttl_limit(struct walk *w, struct record *r, enum section section)
{
	if (r->ttl > INT32_MAX) /* RFC 2181, 8 */
		r->ttl = 0;
	if (r->ttl > ANSWER_TTL_MAX)
		r->ttl = ANSWER_TTL_MAX;
	if (section == SECTION_AUTHORITY && r->type == TYPE_SOA)
		soa_read(w, r);
	if (r->ttl < w->ttl)
		w->ttl = r->ttl;
}

/* RFC 8914: codes are passed on as they came, text and all. */
static void
ede_keep(struct answer_reply *reply, const uint8_t *data, uint16_t len)
{
	struct answer *a = &reply->answer;
	struct wire_out out = wire_out(a->ede, ANSWER_EDE_MAX);

	if (len < 2)
		return;
	if (reply->ede_code == EDE_NONE)
		reply->ede_code = dns_get16(data);
	out.len = a->ede_len;
	wire_put_option(&out, EDNS_OPTION_EDE, data, len);
	if (!out.bad)
		a->ede_len = (uint8_t)out.len;
}

/* RFC 6891, 6.1.2; false where an option runs past the end. */
static bool
opt_read(struct answer_reply *reply, const uint8_t *pkt, const struct record *r)
{
	struct wire_in in = wire_in(pkt, r->end);

	in.pos = r->rdata;
	reply->edns = true;
	reply->edns_do = (r->ttl & EDNS_DO) != 0;
	reply->rcode |= (uint16_t)(r->ttl >> 20 & 0xff0);
	while (wire_left(&in) > 0) {
		uint16_t code = wire_get16(&in);
		uint16_t len = wire_get16(&in);
		const uint8_t *data = wire_take(&in, len);

		if (data == NULL)
			return false;
		if (code == EDNS_OPTION_EDE)
			ede_keep(reply, data, len);
		if (code == EDNS_OPTION_COOKIE &&
		    len <= sizeof(reply->cookie)) {
			memcpy(reply->cookie, data, len);
			reply->cookie_len = (uint8_t)len;
		}
	}
	return true;
}

static bool
record_take(struct walk *w, struct record *r, enum section section)
{
	const struct dname *owner = &w->name[0];
	struct dname read;

	if (dns_get16(w->pkt + r->start) != QUESTION_POINTER) {
		if (!message_name(w->pkt, r->end, r->start, &read))
			return false;
		owner = &read;
	}
	if (record_stays(w, r, owner, section)) {
		ttl_limit(w, r, section);
		w->reply->answer.count[section]++;
		rewrite_record(&w->out, w->pkt, r);
	} else if (r->type == TYPE_OPT && section == SECTION_ADDITIONAL) {
		return opt_read(w->reply, w->pkt, r);
	}
	return true;
}

static bool
records_walk(struct walk *w)
{
	struct wire_in in = answer_walk_start(w);
	struct record r;

	for (unsigned s = 0; s < SECTIONS; s++) {
		unsigned count = section_count(w, (enum section)s);

		while (count-- > 0)
			if (!message_record(&in, &r) ||
			    !record_take(w, &r, (enum section)s) ||
			    w->out.out.bad)
				return false;
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
	const struct answer *a = &w->reply->answer;

	if (a->rcode == RCODE_SERVFAIL)
		return ANSWER_SERVFAIL_TTL;
	if (a->rcode != RCODE_NOERROR && a->rcode != RCODE_NXDOMAIN)
		return 0;
	return a->open || w->soa || (w->answered && a->rcode == RCODE_NOERROR)
	    ? w->ttl
	    : 0;
}

/* What all of it says together. */
static void
answer_judge(struct walk *w)
{
	struct answer *a = &w->reply->answer;
	bool empty;

	if (w->leaves) /* what they say of the last name is nothing to us */
		a->rcode = RCODE_NOERROR;
	empty = a->rcode == RCODE_NOERROR && !w->answered && !w->soa;
	a->chain = w->names + w->leaves > 1;
	a->open = w->leaves || (empty && a->chain);
	w->reply->lame = empty && !a->chain;
	a->ttl = keeping_time(w);
}

/* Cut off anywhere: only what OPT says is of use. */
static void
truncated_read(const struct walk *w)
{
	struct wire_in in = answer_walk_start(w);
	struct record r;

	w->reply->truncated = true;
	while (wire_left(&in) > 0 && message_record(&in, &r))
		if (r.type == TYPE_OPT)
			(void)opt_read(w->reply, w->pkt, &r);
}

bool
answer_read(struct answer_reply *reply, const uint8_t *pkt, size_t len,
    const struct answer_rules *rules, uint8_t *room)
{
	uint16_t flags = dns_get16(pkt + 2);
	struct walk w;

	memset(&w, 0, offsetof(struct walk, name));
	w.rules = rules;
	w.reply = reply;
	w.pkt = pkt;
	w.len = len;
	w.first = DNS_HEADER + rules->qname->len + 4U;
	w.ttl = ANSWER_TTL_MAX;
	w.name[w.names++] = *rules->qname;
	w.link[0] = 0;
	assert(w.first <= len);
	answer_reply_start(reply, flags & DNS_RCODE);
	reply->answer.authentic = (flags & DNS_AD) != 0;
	if ((flags & DNS_TC) != 0) {
		truncated_read(&w);
		return true;
	}
	rewrite_start(
	    &w.out, room + w.first, DNS_TCP_MAX - w.first, rules->qname, true);
	if (!chain_find(&w) || !records_walk(&w))
		return false;
	reply->answer.body = w.out.out.buf;
	reply->answer.len = w.out.out.len;
	answer_judge(&w);
	return true;
}
