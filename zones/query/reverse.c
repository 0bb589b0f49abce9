/*
 * reverse.c - reverse names of private addresses.
 */
#include "impl.h"

/*
 * Address space whose reverse names never leave: RFC 6303, RFC 1918, RFC
 * 7793, fc00::/7.  IPv4 lengths count from 96.
 */
static const struct prefix private[] = {
#define V4(a, b, c, d, len)                                                    \
	{                                                                      \
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d } },  \
		    96 + (len)                                                 \
	}
	V4(0, 0, 0, 0, 8),
	V4(10, 0, 0, 0, 8),
	V4(100, 64, 0, 0, 10),
	V4(127, 0, 0, 0, 8),
	V4(169, 254, 0, 0, 16),
	V4(172, 16, 0, 0, 12),
	V4(192, 0, 2, 0, 24),
	V4(192, 168, 0, 0, 16),
	V4(198, 51, 100, 0, 24),
	V4(203, 0, 113, 0, 24),
	V4(255, 255, 255, 255, 32),
#undef V4
	{ { { 0 } }, 128 },
	{ { { [15] = 1 } }, 128 },
	{ { { 0xfc } }, 7 },
	{ { { 0xfe, 0x80 } }, 10 },
	{ { { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
};

static bool
is_within(const struct prefix *inner, const struct prefix *outer)
{
	return inner->len >= outer->len && prefix_holds(outer, &inner->addr);
}

/*
 * Labels of the zone that P is, at the next nibble or octet.  Of a name
 * below in-addr.arpa also where P is so short that it holds all of IPv4.
 */
static uint8_t
apex_of(const struct prefix *p, const struct dname *name)
{
	if (dname_label(name, name->labels - 2U).len == strlen("ip6"))
		return (uint8_t)(2 + (p->len + 3) / 4);
	return (uint8_t)(p->len < 96 ? 2 : 2 + (p->len - 96 + 7) / 8);
}

static const struct prefix *
find_private(const struct prefix *p)
{
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		if (is_within(p, &private[i]))
			return &private[i];
	return NULL;
}

static struct prefix
prefix_at(const struct network_facts *n, unsigned i)
{
	struct prefix p;

	memcpy(p.addr.ip, n->prefixes + 17 * i, 16);
	p.len = n->prefixes[17 * i + 16];
	return p;
}

bool
reverse_is_private(struct query *q, struct snapshot *s)
{
	const struct prefix *zone = find_private(&q->name.reverse);
	struct network_facts n;

	if (zone != NULL) {
		q->name.apex = apex_of(zone, &q->qname);
		return true;
	}
	if (q->network == NETWORK_NONE ||
	    !lookup_network_facts(s, q->network, &n))
		return false;
	for (unsigned i = 0; i < n.prefix_count; i++) {
		struct prefix p = prefix_at(&n, i);

		if (is_within(&q->name.reverse, &p)) {
			q->name.apex = apex_of(&p, &q->qname);
			return true;
		}
	}
	return false;
}

/* The name stands above one of the network's own reverse zones. */
static bool
is_above_prefix(const struct reply *r, const struct network_facts *n)
{
	for (unsigned i = 0; i < n->prefix_count; i++) {
		struct prefix p = prefix_at(n, i);

		if (is_within(&p, &r->q->name.reverse))
			return true;
	}
	return false;
}

static void
put_dotted(struct wire_out *out, struct label text)
{
	const uint8_t *at = text.at, *end = text.at + text.len;

	while (at < end) {
		const uint8_t *dot = memchr(at, '.', (size_t)(end - at));
		size_t len = (size_t)((dot == NULL ? end : dot) - at);

		wire_put8(out, (uint8_t)len);
		wire_put(out, at, len);
		at += dot == NULL ? len : len + 1;
	}
}

static bool
make_name(struct dname *d, const struct label *part, unsigned parts)
{
	struct wire_out out = wire_out(d->wire, sizeof(d->wire));

	for (unsigned i = 0; i < parts; i++)
		put_dotted(&out, part[i]);
	wire_put8(&out, 0);
	d->len = (uint8_t)out.len;
	return !out.bad;
}

/* Each of these names is answered with the address it is made from. */
static void
name_of(const struct reply *r, const struct claim *c, struct dname *d)
{
	const struct label internal = label_of("internal");
	const struct label peer[] = { c->id, label_of("_peer"), internal };
	const struct label app[] = { c->app, label_of("flycast") };
	const struct label instance[] = { c->id, label_of("vm"), c->app,
		internal };
	struct label server[] = { c->server, { 0 }, label_of("apn") };

	if (c->server.len > 0 && c->kind == CLAIM_INSTANCE)
		server[1] = single_domain(r, c->app);
	if (c->kind == CLAIM_PEER)
		(void)make_name(d, peer, 3);
	else if (c->kind != CLAIM_INSTANCE)
		(void)make_name(d, app, 2);
	else if (c->server.len == 0 || !make_name(d, server, 3))
		(void)make_name(d, instance, 4);
}

/* The app of the name has the address: an own one hides what is exported. */
static bool
has_flycast(const struct reply *r, const struct addr *a, struct label name)
{
	struct instance has;

	if (!single_flycast(r, name, &has))
		return false;
	for (unsigned n = 0; n < has.six_count + has.four_count; n++) {
		struct addr its = instance_addr(&has, n);

		if (addr_is_same(&its, a))
			return true;
	}
	return false;
}

/* Whether a claim's name resolves. */
static enum query_fate
claim_fate(const struct reply *r, const struct addr *a, const struct claim *c)
{
	switch (c->kind) {
	case CLAIM_INSTANCE:
		return is_seen(r->q, c->app) ? FATE_TAKEN : FATE_HIDDEN;
	case CLAIM_PEER:
		return single_peer_fate(r->env, c->id, c->expires);
	case CLAIM_APP:
	case CLAIM_EXPORT:
		break;
	}
	return has_flycast(r, a, c->app) ? FATE_TAKEN : FATE_HIDDEN;
}

/* The newest of them whose name resolves. */
static bool
find_owner(const struct reply *r, const struct addr *a, struct wire_in claims,
    struct claim *c)
{
	static const char *const kinds[] = { [CLAIM_INSTANCE] = "instance",
		[CLAIM_PEER] = "peer",
		[CLAIM_APP] = "app",
		[CLAIM_EXPORT] = "export" };

	while (claim_next(&claims, c)) {
		enum query_fate fate;

		if (c->kind < CLAIM_INSTANCE || c->kind > CLAIM_EXPORT)
			continue;
		fate = claim_fate(r, a, c);
		watch_fact(r->env, kinds[c->kind], c->app, c->id, fate);
		if (fate == FATE_TAKEN)
			return true;
	}
	return false;
}

static void
addr_step(struct addr *a)
{
	unsigned at = sizeof(a->ip);

	while (at > 0 && ++a->ip[--at] == 0)
		;
}

/* An address below has a name.  Behind so many without, it is taken for one. */
#define BELOW_MOST 256

static bool
has_claim_below(const struct reply *r)
{
	struct addr a = r->q->name.reverse.addr;
	struct wire_in claims;
	struct claim c;
	unsigned seen = 0;

	for (; lookup_claims_within(r->env->snapshot, r->q->network,
		 &r->q->name.reverse, &a, &claims);
	     addr_step(&a))
		if (find_owner(r, &a, claims, &c) || ++seen == BELOW_MOST)
			return true;
	return false;
}

/* One of the network's own resolvers within what the name gives. */
static bool
has_resolver(const struct reply *r)
{
	const struct prefix *within = &r->q->name.reverse;
	struct network_facts n;
	unsigned all;

	if (!lookup_network_facts(r->env->snapshot, r->q->network, &n))
		return false;
	all = n.resolvers.six_count + n.resolvers.four_count;
	for (unsigned i = 0; i < all; i++) {
		struct addr a = instance_addr(&n.resolvers, i);

		if (prefix_holds(within, &a))
			return true;
	}
	return false;
}

static enum query_next
answer_resolver(struct reply *r)
{
	if (r->q->qtype != TYPE_PTR)
		return reply_nodata(r);
	(void)reply_rdata(r, TYPE_PTR, SERVER, SERVER_LEN);
	return reply_finish(r, RCODE_NOERROR);
}

static enum query_next
answer_address(struct reply *r)
{
	struct wire_in claims;
	struct dname target;
	struct claim owner;

	if (!lookup_claims(r->env->snapshot, r->q->network,
		&r->q->name.reverse.addr, &claims) ||
	    !find_owner(r, &r->q->name.reverse.addr, claims, &owner))
		return has_resolver(r) ? answer_resolver(r) : reply_nxdomain(r);
	reply_expires(r, owner.expires);
	if (r->q->qtype != TYPE_PTR)
		return reply_nodata(r);
	name_of(r, &owner, &target);
	(void)reply_rdata(r, TYPE_PTR, target.wire, target.len);
	return reply_finish(r, RCODE_NOERROR);
}

enum query_next
answer_reverse(struct reply *r)
{
	struct query *q = r->q;
	struct network_facts n;

	if (q->name.reverse_extra)
		return reply_nxdomain(r);
	if (q->qname.labels == q->name.apex)
		return reply_zone(r);
	if (q->name.reverse.len == 128)
		return answer_address(r);
	(void)lookup_network_facts(r->env->snapshot, q->network, &n);
	if (is_above_prefix(r, &n) || has_claim_below(r) || has_resolver(r))
		return reply_nodata(r);
	return reply_nxdomain(r);
}
