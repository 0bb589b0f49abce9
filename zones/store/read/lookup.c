/*
 * lookup.c - instances, peers, claims and regions of a snapshot.
 */
#include "zones/store/read/lookup.h"

#include "zones/store/read/brief.h"
#include "zones/store/read/env.h"

bool
lookup_instance_at(struct snapshot *s, uint64_t place, uint32_t network,
    struct label app, struct label id, struct instance *out)
{
	const struct recent_key key = { .network = network,
		.kind = KEY_INSTANCE,
		.first = app,
		.second = id,
		.place = place };
	struct wire_in in;

	if (!snapshot_get(s, &key, &in))
		return false;
	(void)wire_get64(&in); /* its age */
	out->region = wire_get_label(&in);
	wire_get_brief(&in, out);
	out->services = in;
	out->app = app;
	out->id = id;
	return !in.bad;
}

bool
lookup_alias(
    struct snapshot *s, uint32_t network, struct label alias, struct label *app)
{
	struct wire_in in;

	if (!fact_get(s, network, KEY_ALIAS, alias, &in))
		return false;
	*app = wire_get_label(&in);
	return !in.bad;
}

/* Behind the addresses: name, group, state, health. */
void
instance_skip_to_services(struct instance *i)
{
	(void)wire_get_label(&i->services);
	(void)wire_get_label(&i->services);
	(void)wire_get8(&i->services);
	if (wire_get8(&i->services) == 1)
		i->flags |= BRIEF_WARNING;
}

bool
port_next(struct wire_in *services, unsigned *left, struct port *p)
{
	if (*left == 0)
		return false;
	--*left;
	p->name = wire_get_label(services);
	p->number = wire_get16(services);
	p->udp = wire_get8(services) != 0;
	return !services->bad;
}

bool
lookup_app_fact(struct snapshot *s, uint32_t network, struct label app,
    struct instance *flycast, struct label *domain)
{
	struct wire_in in;

	if (!fact_get(s, network, KEY_APP, app, &in))
		return false;
	*domain = wire_get_label(&in);
	wire_get_brief(&in, flycast);
	flycast->services = in;
	return !in.bad;
}

bool
peer_is_interactive(struct label name)
{
	static const char start[] = "interactive-";

	return name.len >= sizeof(start) - 1 &&
	    memcmp(name.at, start, sizeof(start) - 1) == 0;
}

/* As many octets as the labels take that a u8 says the number of. */
static struct wire_in
labels_of(struct wire_in *in)
{
	unsigned count = wire_get8(in);
	size_t start = in->pos;

	while (count-- > 0)
		(void)wire_get_label(in);
	return in->bad ? wire_in(NULL, 0)
		       : wire_in(in->buf + start, in->pos - start);
}

bool
store_read_peer(struct wire_in in, struct peer *out)
{
	out->region = wire_get_label(&in);
	wire_get_brief(&in, &out->address);
	(void)wire_take(&in, /* the lengths of their blocks */
	    (size_t)out->address.six_count + out->address.four_count);
	out->address.tier = TIER_WELL;
	out->expires = (int64_t)wire_get64(&in);
	out->role = wire_get8(&in);
	out->apps = labels_of(&in);
	return !in.bad;
}

bool
lookup_peer(
    struct snapshot *s, uint32_t network, struct label name, struct peer *out)
{
	struct wire_in in;

	out->name = name;
	return fact_get(s, network, KEY_PEER, name, &in) &&
	    store_read_peer(in, out);
}

bool
lookup_claims(struct snapshot *s, uint32_t network, const struct addr *addr,
    struct wire_in *claims)
{
	const struct label ip = { addr->ip, sizeof(addr->ip) };

	return value_get(s, network, KEY_CLAIMS, ip, claims);
}

/* The longest length below *len that some block has. */
static bool
block_length_next(struct snapshot *s, uint32_t network, unsigned *len)
{
	struct store_key key;
	struct wire_in rest;
	MDB_val k, v;

	key_init(&key, network, KEY_BLOCKS);
	wire_put8(&key.out, (uint8_t)*len);
	if (!s->active || key_seek(s->point, &key, &k, &v) != 0 ||
	    k.mv_size < KEY_START || memcmp(k.mv_data, key.buf, KEY_START) != 0)
		return false;
	rest = key_rest(&k);
	*len = wire_get8(&rest);
	return true;
}

bool
lookup_claims_around(struct snapshot *s, uint32_t network,
    const struct addr *addr, unsigned *len, struct wire_in *claims)
{
	struct store_key key;

	if (*len > 128) {
		*len = 128;
		if (lookup_claims(s, network, addr, claims))
			return true;
	}
	while (block_length_next(s, network, len)) {
		claim_key(&key, network, addr, (uint8_t)*len);
		if (snapshot_get_key(s, &key, claims))
			return true;
	}
	return false;
}

bool
claim_next(struct wire_in *claims, struct claim *c)
{
	struct wire_in in;
	uint16_t len;

	if (wire_left(claims) == 0)
		return false;
	len = wire_get16(claims);
	in = wire_in(wire_take(claims, len), len);
	if (claims->bad)
		return false;
	c->age = wire_get64(&in);
	c->kind = (enum claim_kind)wire_get8(&in);
	c->region = wire_get_label(&in);
	c->app = wire_get_label(&in);
	c->id = wire_get_label(&in);
	c->server = wire_get_label(&in);
	c->expires = (int64_t)wire_get64(&in);
	claims->bad = in.bad;
	return !in.bad;
}

bool
lookup_claims_within(struct snapshot *s, uint32_t network,
    const struct prefix *prefix, struct addr *a, struct wire_in *claims)
{
	struct store_key key;
	MDB_val k, v;

	claim_key(&key, network, a, 128);
	k = key_val(&key);
	if (!s->active || guard_get(s->point, &k, &v, MDB_SET_RANGE) != 0)
		return false;
	*claims = val_in(&v);
	return memcmp(k.mv_data, key.buf, KEY_START) == 0 && key_addr(&k, a) &&
	    prefix_holds(prefix, a);
}

bool
lookup_region(struct snapshot *s, struct label region)
{
	struct wire_in in;

	return value_get(s, NETWORK_NONE, KEY_REGION, region, &in);
}

bool
lookup_distances(struct snapshot *s, struct label from, struct wire_in *row)
{
	bool is_there = value_get(s, NETWORK_NONE, KEY_RANKS, from, row);

	if (!is_there)
		*row = wire_in(NULL, 0);
	return is_there;
}

bool
distance_next(struct wire_in *row, struct label *region, uint32_t *us)
{
	if (wire_left(row) == 0)
		return false;
	*region = wire_get_label(row);
	*us = wire_get32(row);
	return !row->bad;
}
