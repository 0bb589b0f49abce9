/*
 * answer.c - from an upstream's message to an answer.
 *
 * First the chain of names, whatever order its records stand in; then one
 * walk over all records decides which stay.  Nearly always those that go are
 * the last ones (OPT always is) and the others mean the same anywhere, so
 * that what stays is a piece of the packet as it came; otherwise a second
 * walk writes it anew.
 */
#include "dnsd/forward/answer.h"

#include <assert.h>
#include <stddef.h>

#include "answer_impl.h"
#include "rdata.h"

#define CHAIN_MAX   32 /* names; longer chains are no answer */
#define SIGNERS_MAX 4

#define TYPE_RRSIG  46
#define TYPE_NSEC   47
#define TYPE_NSEC3  50
#define RRSIG_FIXED 18 /* octets before the signer, RFC 4034, 3.1 */
#define SOA_NUMBERS 20 /* octets behind the names; MINIMUM is the last */

/* The question's name and what CNAMEs lead to. */
struct names {
	unsigned count;
	struct plain_name name[CHAIN_MAX + 1];
};

struct walk {
	const struct answer_rules *rules;
	struct answer_reply *reply;
	uint8_t *pkt;
	size_t len;
	struct names *chain;
	/* The last CNAME's target is ours to answer; it is behind the chain. */
	bool leaves;
	bool signers_known;
	unsigned signer_count;
	struct plain_name signer[SIGNERS_MAX]; /* zones that sign, above us */
	size_t first, kept_end;                /* of the records that stay */
	bool rewrite;                          /* they do not as they are */
	uint64_t links; /* of the chain that stay: a bit a name */
	bool soa;
	bool answered; /* a record of the type asked for is among them */
	uint32_t ttl;
	struct rewrite *out; /* second walk: writes what stays */
};

/* Which one; CHAIN_MAX: none. */
static unsigned
chain_at(const struct names *chain, const struct plain_name *owner)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (name_is_same(owner, &chain->name[i]))
			return i;
	return CHAIN_MAX;
}

static bool
is_above_chain(const struct names *chain, const struct plain_name *owner)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (name_is_within(&chain->name[i], owner))
			return true;
	return false;
}

static bool
is_below_chain(const struct names *chain, const struct plain_name *owner)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (name_is_within(owner, &chain->name[i]))
			return true;
	return false;
}

/* No upstream has a say in these (docs/names.md, What never leaves). */
static bool
is_never_theirs(
    const struct walk *w, const struct plain_name *name, bool reverse)
{
	struct wire_in in = wire_in(name->wire, name->len);
	struct dname dname;
	struct name n;

	if (!dname_get(&dname, &in))
		return true;
	name_read_aside(&n, &dname, w->rules->ordinary);
	return n.kind != NAME_OTHER && (reverse || n.kind != NAME_REVERSE);
}

static bool
has_no_chain(const struct walk *w)
{
	return w->rules->qtype == TYPE_CNAME || w->rules->qtype == TYPE_ANY;
}

static bool
chain_follow(struct walk *w, const struct record *r)
{
	struct names *chain = w->chain;
	struct plain_name *target = &chain->name[chain->count];

	if (!message_name(w->pkt, r->end, r->rdata, target) ||
	    chain->count == CHAIN_MAX || chain_at(chain, target) != CHAIN_MAX)
		return false; /* too long, or a loop */
	w->leaves = is_never_theirs(w, target, false);
	chain->count += !w->leaves;
	return true;
}

/* One look over the answers; how many CNAMEs were not followed, or -1. */
static int
chain_look(struct walk *w, bool *grown)
{
	struct wire_in in = wire_in(w->pkt, w->len);
	unsigned count = dns_get16(w->pkt + 6);
	struct plain_name owner;
	int others = 0;
	struct record r;

	in.pos = w->first;
	*grown = false;
	while (count-- > 0 && message_record(&in, &r) && !w->leaves) {
		if (r.type != TYPE_CNAME || r.class != CLASS_IN)
			continue;
		if (!message_name(w->pkt, r.end, r.start, &owner))
			return -1;
		if (!name_is_same(
			&owner, &w->chain->name[w->chain->count - 1])) {
			others++;
			continue;
		}
		if (!chain_follow(w, &r))
			return -1;
		*grown = true;
	}
	return others;
}

/* Sections have no order, so that one look may not be enough. */
static bool
chain_find(struct walk *w)
{
	unsigned followed = 0;
	bool grown = true;
	int others = 1;

	w->chain->name[0] = *w->rules->qname;
	w->chain->count = 1;
	while (
	    grown && others > (int)followed && !w->leaves && !has_no_chain(w)) {
		followed = w->chain->count - 1;
		others = chain_look(w, &grown);
	}
	return others >= 0;
}

/* A CNAME that was not followed leads somewhere else. */
static bool
link_stays(struct walk *w, const struct record *r, unsigned at)
{
	struct plain_name target;

	if (at + 1 >= w->chain->count + w->leaves ||
	    !message_name(w->pkt, r->end, r->rdata, &target) ||
	    !name_is_same(&target, &w->chain->name[at + 1]))
		return false;
	w->links |= UINT64_C(1) << at;
	return true;
}

static bool
stays_in_answer(
    struct walk *w, const struct record *r, const struct plain_name *owner)
{
	unsigned at = chain_at(w->chain, owner);

	if (at == CHAIN_MAX)
		return (r->type == TYPE_DNAME || r->type == TYPE_RRSIG) &&
		    is_above_chain(w->chain, owner);
	if (r->type == TYPE_CNAME && !has_no_chain(w))
		return link_stays(w, r, at);
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
	struct plain_name *signer = &w->signer[w->signer_count];
	struct plain_name owner;

	if (r->class != CLASS_IN || w->signer_count == SIGNERS_MAX ||
	    (r->type != TYPE_RRSIG && r->type != TYPE_SOA) ||
	    !message_name(w->pkt, r->end, r->start, &owner) ||
	    is_never_theirs(w, &owner, false))
		return;
	*signer = owner;
	if (r->type == TYPE_RRSIG &&
	    !message_name(w->pkt, r->end, r->rdata + RRSIG_FIXED, signer))
		return;
	if (is_above_chain(w->chain, signer) && name_is_within(&owner, signer))
		w->signer_count++;
}

/* Zones with the names in question, whose proofs may stand anywhere. */
static void
signers_find(struct walk *w)
{
	struct wire_in in = wire_in(w->pkt, w->len);
	unsigned answers = dns_get16(w->pkt + 6);
	unsigned count = answers + dns_get16(w->pkt + 8);
	struct record r;

	in.pos = w->first;
	w->signers_known = true;
	for (unsigned i = 0; i < count && message_record(&in, &r); i++)
		if (i >= answers)
			signer_add(w, &r);
}

static bool
is_proof(struct walk *w, const struct plain_name *owner)
{
	if (!w->signers_known)
		signers_find(w);
	for (unsigned i = 0; i < w->signer_count; i++)
		if (name_is_within(owner, &w->signer[i]))
			return !is_never_theirs(w, owner, false);
	return false;
}

static bool
stays_in_authority(
    struct walk *w, const struct record *r, const struct plain_name *owner)
{
	if (r->type == TYPE_NSEC || r->type == TYPE_NSEC3 ||
	    r->type == TYPE_RRSIG)
		return is_proof(w, owner);
	/* Whoever sends up to the root has no answer. */
	if (r->type == TYPE_NS && owner->len == 1 && w->rules->qname->len > 1)
		return false;
	return (r->type == TYPE_SOA || r->type == TYPE_NS ||
		   r->type == TYPE_DS) &&
	    is_above_chain(w->chain, owner);
}

static bool
record_stays(struct walk *w, const struct record *r,
    const struct plain_name *owner, enum section section)
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
		return is_below_chain(w->chain, owner) &&
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
	struct wire_out out = wire_out(w->pkt + r->ttl_at, 4);

	if (r->ttl > INT32_MAX) /* RFC 2181, 8 */
		r->ttl = 0;
	if (r->ttl > ANSWER_TTL_MAX)
		r->ttl = ANSWER_TTL_MAX;
	if (section == SECTION_AUTHORITY && r->type == TYPE_SOA)
		soa_read(w, r);
	wire_put32(&out, r->ttl);
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

/* Whether the record can be kept as it is, or at all. */
static bool
record_keep(struct walk *w, struct record *r, enum section section)
{
	enum rdata_is rdata = rdata_check(w->pkt, r);

	if (rdata == RDATA_BAD)
		return false;
	ttl_limit(w, r, section);
	w->reply->answer.count[section]++;
	if (w->out != NULL)
		rewrite_record(w->out, w->pkt, r);
	else if (w->kept_end != r->start || rdata == RDATA_NAMES ||
	    dns_get16(w->pkt + r->start) != (DNS_POINTER << 8 | DNS_HEADER))
		w->rewrite = true;
	w->kept_end = r->end;
	return true;
}

static bool
record_take(struct walk *w, struct record *r, enum section section)
{
	struct plain_name owner;

	if (!message_name(w->pkt, r->end, r->start, &owner))
		return false;
	if (record_stays(w, r, &owner, section))
		return record_keep(w, r, section);
	if (r->type == TYPE_OPT && section == SECTION_ADDITIONAL &&
	    w->out == NULL)
		return opt_read(w->reply, w->pkt, r);
	return true;
}

static bool
records_walk(struct walk *w)
{
	struct wire_in in = wire_in(w->pkt, w->len);
	struct record r;

	memset(w->reply->answer.count, 0, sizeof(w->reply->answer.count));
	w->reply->removed = 0;
	w->ttl = ANSWER_TTL_MAX;
	w->kept_end = in.pos = w->first;
	for (unsigned s = 0; s < SECTIONS; s++) {
		unsigned count = dns_get16(w->pkt + 6 + 2 * s);

		for (unsigned i = 0; i < count; i++)
			if (!message_record(&in, &r) ||
			    !record_take(w, &r, (enum section)s))
				return false;
	}
	/* None is lost, as is one that points at a TTL which was lowered. */
	return w->links ==
	    (UINT64_C(1) << (w->chain->count + w->leaves - 1)) - 1;
}

static bool
records_rewrite(struct walk *w, uint8_t *room)
{
	struct rewrite out;
	bool read;

	rewrite_start(&out, room, DNS_TCP_MAX - w->first, w->rules->qname);
	w->out = &out;
	read = records_walk(w);
	w->out = NULL;
	w->reply->answer.body = room;
	w->reply->answer.len = out.out.len;
	return read && !out.out.bad;
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
	a->chain = w->chain->count + w->leaves > 1;
	a->open = w->leaves || (empty && a->chain);
	w->reply->lame = empty && !a->chain;
	a->ttl = keeping_time(w);
}

/* Cut off anywhere: only what OPT says is of use. */
static void
truncated_read(struct walk *w)
{
	struct wire_in in = wire_in(w->pkt, w->len);
	unsigned count = (unsigned)dns_get16(w->pkt + 6) +
	    dns_get16(w->pkt + 8) + dns_get16(w->pkt + 10);
	struct record r;

	in.pos = w->first;
	w->reply->truncated = true;
	while (count-- > 0 && message_record(&in, &r))
		if (r.type == TYPE_OPT)
			(void)opt_read(w->reply, w->pkt, &r);
}

bool
answer_read(struct answer_reply *reply, uint8_t *pkt, size_t len,
    const struct answer_rules *rules, uint8_t *room)
{
	uint16_t flags = dns_get16(pkt + 2);
	struct names chain;
	struct walk w = { .rules = rules,
		.reply = reply,
		.pkt = pkt,
		.len = len,
		.chain = &chain,
		.first = DNS_HEADER + rules->qname->len + 4U };

	assert(w.first <= len);
	answer_reply_start(reply, flags & DNS_RCODE);
	reply->answer.authentic = (flags & DNS_AD) != 0;
	if ((flags & DNS_TC) != 0) {
		truncated_read(&w);
		return true;
	}
	if (!chain_find(&w) || !records_walk(&w))
		return false;
	reply->answer.body = pkt + w.first;
	reply->answer.len = w.kept_end - w.first;
	if (w.rewrite && !records_rewrite(&w, room))
		return false;
	answer_judge(&w);
	return true;
}
