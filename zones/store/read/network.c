/*
 * network.c - networks: which one a flow belongs to.
 *
 * The prefix around an address is found by asking for each length that is in
 * use in its family: a handful of look-ups however many networks there are.
 */
#include "zones/store/read/lookup.h"

#include <assert.h>

#include "zones/names/name.h"
#include "zones/store/read/env.h"

/* Prefixes of two networks do not overlap: any that holds A will do. */
static uint32_t
prefix_network(struct snapshot *s, const struct addr *a)
{
	const uint8_t *lengths = s->lengths[addr_is_v4(a)];

	for (unsigned len = 129; len-- > 0;) {
		struct addr masked;
		struct store_key key;
		struct wire_in number;

		if ((lengths[len / 8] & 1 << len % 8) == 0)
			continue;
		masked = addr_masked(a, len);
		prefix_key(&key, &masked, (uint8_t)len);
		if (snapshot_get_key(s, &key, &number))
			return wire_get32(&number);
	}
	return NETWORK_NONE;
}

static const struct label no_part;

static uint8_t
uses_read(struct snapshot *s, uint32_t number)
{
	struct wire_in in;
	uint8_t uses = 0;

	if (value_get(s, number, KEY_USES, no_part, &in))
		for (unsigned use = 0; use < NETWORK_USES; use++)
			if (wire_get32(&in) > 0)
				uses |= (uint8_t)USES(use);
	return uses;
}

static void
network_read(struct snapshot *s, uint32_t number, struct network *out)
{
	struct network_facts facts;

	*out = (struct network){ NETWORK_NONE, NAME_TTL_DEFAULT, 0 };
	if (!lookup_network_facts(s, number, &facts))
		return;
	*out = (struct network){ number, facts.ttl, uses_read(s, number) };
	if (facts.role > PEER_ROLE_USUAL)
		out->uses |= USES(USE_PEERS);
}

static bool
is_peer(struct snapshot *s, uint32_t network, const struct addr *from)
{
	struct wire_in claims;
	struct claim c;

	for (unsigned len = 129;
	     lookup_claims_around(s, network, from, &len, &claims);)
		while (claim_next(&claims, &c))
			if (c.kind == CLAIM_PEER)
				return true;
	return false;
}

static enum lookup_why
flow_network_find(struct snapshot *s, const struct addr *from,
    const struct addr *to, struct network *out)
{
	uint32_t number = prefix_network(s, from);
	struct store_key key;
	struct wire_in owner;
	bool is_bound;

	resolver_key(&key, to);
	is_bound = snapshot_get_key(s, &key, &owner);
	if (is_bound && wire_get32(&owner) != number)
		number = NETWORK_NONE;
	network_read(s, number, out);
	if ((out->uses & USES(USE_PEERS)) != 0 && !is_peer(s, number, from))
		out->uses &= (uint8_t)~USES(USE_PEERS);
	if (is_bound)
		return number == NETWORK_NONE ? LOOKUP_FOREIGN
					      : LOOKUP_DESTINATION;
	return number == NETWORK_NONE ? LOOKUP_NOBODY : LOOKUP_SOURCE;
}

/* Askers of one network differ in their last octets: so do the top bits. */
static unsigned
flow_slot(const struct addr *from, const struct addr *to)
{
	uint64_t a[2], b[2];

	memcpy(a, from, 16);
	memcpy(b, to, 16);
	a[0] = (a[0] ^ b[1]) * 0x9e3779b97f4a7c15;
	a[0] ^= (a[1] ^ b[0]) * 0xc2b2ae3d27d4eb4f;
	return (unsigned)(a[0] >> 48) % FLOW_SLOTS;
}

void
lookup_expect_network(
    const struct snapshot *s, const struct addr *from, const struct addr *to)
{
	recent_prefetch(&s->flow[flow_slot(from, to)]);
}

/* A flow asks again and again; its network changes only with networks. */
enum lookup_why
lookup_network(struct snapshot *s, const struct addr *from,
    const struct addr *to, struct network *out)
{
	struct flow *f = &s->flow[flow_slot(from, to)];

	if (f->generation != s->generation || !addr_is_same(&f->from, from) ||
	    !addr_is_same(&f->to, to) || f->generation == 0) {
		f->from = *from;
		f->to = *to;
		f->generation = s->generation;
		f->why = flow_network_find(s, from, to, &f->network);
	}
	*out = f->network;
	return f->why;
}

static bool
named_find(struct snapshot *s, const char *id, struct network *out)
{
	struct wire_in in;

	out->number = NETWORK_NONE;
	if (value_get(s, NETWORK_NONE, KEY_NUMBER, label_of(id), &in))
		network_read(s, wire_get32(&in), out);
	return out->number != NETWORK_NONE;
}

bool
lookup_network_named(
    struct snapshot *s, const char *id, bool stays, struct network *out)
{
	struct named *n = &s->named;

	if (!stays)
		return named_find(s, id, out);
	if (n->generation != s->generation || n->id != id) {
		n->generation = 0;
		if (!named_find(s, id, &n->network))
			return false;
		n->generation = s->generation;
		n->id = id;
	}
	*out = n->network;
	return true;
}

bool
lookup_network_facts(
    struct snapshot *s, uint32_t network, struct network_facts *out)
{
	struct wire_in in;

	memset(out, 0, sizeof(*out));
	if (network == NETWORK_NONE ||
	    !fact_get(s, network, KEY_NETWORK, no_part, &in))
		return false;
	out->id = wire_get_label(&in);
	out->prefix_count = wire_get8(&in);
	out->prefixes = wire_take(&in, 17U * out->prefix_count);
	wire_get_brief(&in, &out->resolvers);
	out->ttl = wire_get32(&in);
	out->role = wire_get8(&in);
	return !in.bad;
}

uint32_t
lookup_network_commits(struct snapshot *s, uint32_t network)
{
	struct wire_in in;

	/* Of no network: special-use names, which never change. */
	if (network == NETWORK_NONE ||
	    !value_get(s, network, KEY_COMMITS, no_part, &in))
		return 0;
	return wire_get32(&in);
}
