/*
 * zone.c - names in a network's own zones (RFC 1034, 4.3.2; RFC 4592).
 *
 * A CNAME is followed as far as the network goes: from zone to zone, and to
 * private names.  What leads farther is the forwarder's to follow.
 */
#include "impl.h"

#define CNAMES_MAX  16
#define TARGETS_MAX 32 /* whose addresses an answer has */

/* How a name stands in its zone. */
enum found {
	FOUND_NOTHING = NODE_NOTHING,
	FOUND_BELOW = NODE_BELOW,   /* an empty non-terminal */
	FOUND_OTHER = NODE_RECORDS, /* other types: NODATA */
	FOUND_RRSET,
	FOUND_CNAME
};

struct zone_reply {
	struct reply reply;
	bool falls_through; /* the zone of the name at hand */
	struct node node;   /* that answers */
	struct rrset set;
};

/* The most specific one. */
static bool
find_zone(struct query *q, struct query_env *env, bool *falls_through)
{
	q->name.apex = (uint8_t)lookup_zone(env->snapshot, q->network,
	    &q->qname, q->qname.labels, falls_through);
	return q->name.apex > 0;
}

bool
zone_holds(struct query *q, struct query_env *env)
{
	bool falls_through;

	if (q->name.kind != NAME_OTHER || !find_zone(q, env, &falls_through))
		return false;
	q->name.kind = NAME_RECORD;
	return true;
}

/* What a zone's own DS would be in: RFC 4035, 3.1.4.1. */
static bool
is_cut(struct zone_reply *z)
{
	struct query *q = z->reply.q;
	unsigned above = 0;
	bool falls;

	if (q->qtype == TYPE_DS && q->qname.labels == q->name.apex &&
	    !z->falls_through)
		above = lookup_zone(z->reply.env->snapshot, q->network,
		    &q->qname, q->qname.labels - 1U, &falls);
	if (above > 0)
		q->name.apex = (uint8_t)above;
	return above > 0;
}

/* The name's last LABELS. */
static const char *
part_text(const struct dname *d, unsigned labels, char out[DNAME_TEXT])
{
	struct dname part = *d;

	memmove(part.at, d->at + (d->labels - labels), labels);
	part.labels = (uint8_t)labels;
	return dname_text(&part, out);
}

static void
watch(const struct zone_reply *z, const char *how)
{
	const struct query *q = z->reply.q;
	char zone[DNAME_TEXT], name[DNAME_TEXT];

	if (z->reply.env->watch != NULL)
		watch_note(z->reply.env, "zone %s: %s%s %s",
		    part_text(&q->qname, q->name.apex, zone),
		    z->node.star ? "*." : "",
		    part_text(&q->qname, z->node.labels, name), how);
}

static enum found
find_at(struct zone_reply *z)
{
	struct reply *r = &z->reply;
	struct snapshot *s = r->env->snapshot;

	if (lookup_rrset(s, r->network, &z->node, r->q->qtype, &z->set))
		return FOUND_RRSET;
	if (r->q->qtype != TYPE_ANY &&
	    lookup_rrset(s, r->network, &z->node, TYPE_CNAME, &z->set))
		return FOUND_CNAME;
	return (enum found)lookup_node(s, r->network, &z->node);
}

/* The name itself, or the wildcard at its closest encloser. */
static enum found
find_node(struct zone_reply *z)
{
	struct reply *r = &z->reply;
	const struct dname *d = &r->q->qname;
	enum found found = FOUND_NOTHING;

	z->node = (struct node){ .name = d, .labels = d->labels };
	if (!d->has_zero)
		found = find_at(z);
	if (found != FOUND_NOTHING || d->labels == r->q->name.apex)
		return found;
	z->node.labels = r->q->name.apex;
	do
		z->node.labels++;
	while (z->node.labels < d->labels &&
	    lookup_node(r->env->snapshot, r->network, &z->node) !=
		NODE_NOTHING);
	z->node.labels--;
	z->node.star = true;
	return find_at(z);
}

/* From any of them on and around, as many as fit. */
static void
put_rrset(struct reply *r, const struct rrset *set)
{
	unsigned first =
	    set->count == 1 ? 0 : rng_below(&r->env->rng, set->count);
	struct wire_in in = set->values;

	r->ttl = set->ttl;
	for (unsigned i = 0; i < first + set->count; i++) {
		const uint8_t *rdata;
		uint16_t len;

		if (i == set->count)
			in = set->values;
		len = wire_get16(&in);
		rdata = wire_take(&in, len);
		if (rdata == NULL ||
		    (i >= first && !reply_rdata(r, set->type, rdata, len)))
			break;
	}
	r->ttl = r->q->ttl;
}

/* The CNAME, and its target in the name's place; false: there is no room. */
static bool
put_cname(struct zone_reply *z)
{
	struct reply *r = &z->reply;
	struct query *q = r->q;
	struct wire_in in = z->set.values;
	size_t target = r->out.len + 12;

	put_rrset(r, &z->set);
	(void)wire_get16(&in);
	if (q->truncated || !dname_get(&q->qname, &in))
		return false;
	r->owner = (uint16_t)target;
	name_read(&q->name, &q->qname, r->env->ordinary);
	q->place = LOOKUP_NO_PLACE;
	return true;
}

/*
 * Elsewhere: what led there stands behind the question, and the name it leads
 * to at `led_to`.  Who wants no relay, or has none, gets that alone.
 */
static enum query_next
lead_away(struct reply *r)
{
	struct query *q = r->q;

	if (r->answers == 0)
		return QUERY_FORWARD;
	if (!r->env->forwards || (q->flags & DNS_RD) == 0)
		return reply_finish(r, RCODE_NOERROR);
	q->led = r->answers;
	q->led_to = r->owner;
	q->len = r->out.len;
	return QUERY_FORWARD;
}

/*
 * TYPE's records of the target at AT of the reply: of the network's own zones,
 * or of a private name as this asker sees it.
 */
static void
put_addresses_of(
    struct reply *r, const struct dname *target, size_t at, enum dns_type type)
{
	struct zone_reply of = { .falls_through = false };
	struct query q = *r->q;
	size_t start = r->out.len;

	q.qname = *target;
	q.qtype = (uint16_t)type;
	q.edns = false;
	q.place = LOOKUP_NO_PLACE;
	name_read(&q.name, &q.qname, r->env->ordinary);
	reply_start(&of.reply, &q, r->env);
	of.reply.owner = (uint16_t)at;
	of.reply.out = r->out;
	if (is_ours(&q, r->env))
		(void)form_answer(&q, r->env, &of.reply);
	else if (find_zone(&q, r->env, &of.falls_through) &&
	    find_node(&of) == FOUND_RRSET)
		put_rrset(&of.reply, &of.set);
	r->out.len = of.reply.out.len;
	r->out.bad = q.truncated || of.reply.answers == 0;
	(void)reply_additional(r, start, of.reply.answers);
}

/* The data of the record at *at: its target, and where that stands. */
static bool
next_target(
    const struct zone_reply *z, size_t *at, struct dname *target, size_t *place)
{
	struct wire_in in = wire_in(z->reply.out.buf, z->reply.out.len);

	in.pos = *place = *at + 12 + (z->set.type == TYPE_MX ? 2 : 6);
	*at += 12U + dns_get16(in.buf + *at + 10);
	return *place < REPLY_POINTERS && dname_get(target, &in);
}

/*
 * Of MX and SRV records from AT on (RFC 1035, 3.3.9; RFC 2782), each target's
 * once.  Explain does not tell of them.
 */
static void
put_targets(struct zone_reply *z, size_t at)
{
	struct reply *r = &z->reply;
	struct query_watch *watch = r->env->watch;
	size_t end = r->out.len, place;
	struct dname target[TARGETS_MAX];
	unsigned n = 0, same;

	if ((z->set.type != TYPE_MX && z->set.type != TYPE_SRV) ||
	    r->q->truncated)
		return;

	r->env->watch = NULL;
	while (n < TARGETS_MAX && at < end &&
	    next_target(z, &at, &target[n], &place)) {
		for (same = 0; target[same].len != target[n].len ||
		     memcmp(target[same].wire, target[n].wire, target[n].len) !=
			 0;
		     same++)
			;
		if (same < n)
			continue;
		put_addresses_of(r, &target[n], place, TYPE_AAAA);
		put_addresses_of(r, &target[n], place, TYPE_A);
		n++;
	}
	r->env->watch = watch;
}

static enum query_next
answer_node(struct zone_reply *z, enum found found)
{
	struct reply *r = &z->reply;
	size_t at = r->out.len;

	if (z->falls_through &&
	    (found == FOUND_BELOW || found == FOUND_NOTHING)) {
		watch(z, "is not there: forwarded");
		return lead_away(r);
	}
	if (found == FOUND_RRSET) {
		watch(z, "has the record");
		put_rrset(r, &z->set);
		put_targets(z, at);
		return reply_finish(r, RCODE_NOERROR);
	}
	if (r->q->qname.labels == r->q->name.apex)
		return reply_zone(r);
	watch(
	    z, found == FOUND_NOTHING ? "is not there" : "has no such record");
	return found == FOUND_NOTHING ? reply_nxdomain(r) : reply_nodata(r);
}

static enum query_next
follow_alias(struct zone_reply *z)
{
	struct reply *r = &z->reply;

	for (unsigned i = 0; i <= CNAMES_MAX; i++) {
		enum found found;

		if (r->q->name.kind != NAME_RECORD && is_ours(r->q, r->env))
			return form_answer(r->q, r->env, r);
		if (!find_zone(r->q, r->env, &z->falls_through))
			return lead_away(r);
		if (is_cut(z))
			return reply_nodata(r);
		found = find_node(z);
		if (found != FOUND_CNAME)
			return answer_node(z, found);
		watch(z, "is a CNAME");
		if (!put_cname(z))
			return reply_finish(r, RCODE_NOERROR);
	}
	return query_fail(r->q, r->env, RCODE_SERVFAIL, EDE_INVALID_DATA);
}

enum query_next
zone_answer(struct query *q, struct query_env *env)
{
	const struct dname asked = q->qname;
	const struct name name = q->name;
	struct zone_reply z;
	enum query_next next;

	q->led = 0;
	reply_start(&z.reply, q, env);
	next = follow_alias(&z);
	q->qname = asked;
	q->name = name;
	return next;
}
