/*
 * range.c - walks over keys that begin with the same parts.
 */
#include "zones/store/read/lookup.h"

#include "zones/store/read/env.h"

/* The next is the first at or behind KEY. */
static void
range_start(struct range *r, const struct store_key *key)
{
	walk_start(r->snapshot, &r->walk);
	r->start = key->out.bad ? 0 : key->out.len;
	memcpy(r->from, key->buf, r->start);
}

static void
range_init(struct range *r, struct snapshot *s, const struct store_key *key)
{
	r->snapshot = s;
	range_start(r, key);
	r->len = r->start;
	r->app = r->among = (struct label){ 0 };
	r->seen = wire_in(NULL, 0);
	r->has_among = false;
}

/* The next key that begins so; *rest is what follows the prefix. */
static bool
range_next(struct range *r, struct label *rest, MDB_val *value)
{
	MDB_val k;

	if (r->start == 0 ||
	    !walk_next(
		r->snapshot, &r->walk, r->from, r->start, r->len, &k, value))
		return false;
	rest->at = (const uint8_t *)k.mv_data + r->len;
	rest->len = (uint8_t)(k.mv_size - r->len);
	return true;
}

static void
parts_key(struct store_key *key, uint32_t network, enum key_kind kind,
    const struct label *parts, unsigned count)
{
	key_init(key, network, kind);
	for (unsigned i = 0; i < count; i++)
		key_part(key, parts[i]);
}

static void
range_parts(struct range *r, struct snapshot *s, uint32_t network,
    enum key_kind kind, const struct label *parts, unsigned count)
{
	struct store_key key;

	parts_key(&key, network, kind, parts, count);
	range_init(r, s, &key);
}

/* Some key begins so. */
static bool
begins_any(struct snapshot *s, const struct store_key *key)
{
	struct range r;
	struct label rest;
	MDB_val v;

	range_init(&r, s, key);
	return range_next(&r, &rest, &v);
}

void
range_group(struct range *r, struct snapshot *s, uint32_t network,
    struct label app, struct label group)
{
	const struct label parts[] = { app, group };

	range_parts(r, s, network, KEY_GROUP, parts, 2);
	r->app = app;
}

void
range_metadata(struct range *r, struct snapshot *s, uint32_t network,
    struct label app, struct label name, struct label value)
{
	const struct label parts[] = { app, name, value };

	range_parts(r, s, network, KEY_METADATA, parts, 3);
	r->app = app;
}

bool
lookup_metadata_key(
    struct snapshot *s, uint32_t network, struct label app, struct label name)
{
	const struct label parts[] = { app, name };
	struct store_key key;

	parts_key(&key, network, KEY_METADATA, parts, 2);
	return begins_any(s, &key);
}

/* Only of one, where its .at is not NULL. */
static void
range_among(struct range *r, struct label among)
{
	r->among = among;
	r->has_among = true;
	range_seek(r, ORDER_FIRST, (struct label){ NULL, 0 });
}

void
range_server(struct range *r, struct snapshot *s, uint32_t network,
    struct label server, struct label app)
{
	range_parts(r, s, network, KEY_SERVER, &server, 1);
	range_among(r, app);
}

static void
port_key(struct store_key *key, uint32_t network, struct label app,
    struct label port, bool udp)
{
	const struct label parts[] = { app, label_of(udp ? "udp" : "tcp"),
		port };

	parts_key(key, network, KEY_PORT, parts, port.at != NULL ? 3 : 2);
}

void
range_port(struct range *r, struct snapshot *s, uint32_t network,
    struct label app, struct label port, bool udp, struct label region)
{
	struct store_key key;

	port_key(&key, network, app, port, udp);
	range_init(r, s, &key);
	r->app = app;
	range_among(r, region);
}

bool
lookup_port(struct snapshot *s, uint32_t network, struct label app,
    struct label port, bool udp)
{
	struct store_key key;

	port_key(&key, network, app, port, udp);
	return begins_any(s, &key);
}

/* The first that is wanted at or behind LEAST; its .at is NULL: none. */
static struct label
wanted_first(const struct range *r, struct label least)
{
	struct wire_in in = r->seen;
	struct label first = r->among;

	while (wire_left(&in) > 0 && r->among.at == NULL) {
		struct label l = wire_get_label(&in);

		if (label_compare(l, least) >= 0 &&
		    (first.at == NULL || label_compare(l, first) < 0))
			first = l;
	}
	if (label_compare(first, least) < 0)
		first.at = NULL;
	return first;
}

/* In each order those with the same app or region stand together. */
static void
order_key(struct store_key *key, const struct range *r, uint8_t order,
    struct label among, struct label id)
{
	key_copy(key, r->from, r->len);
	wire_put8(&key->out, order);
	if (among.at != NULL)
		key_part(key, among);
	key_bytes(key, id.at, id.len);
}

static void
range_seek_to(
    struct range *r, uint8_t order, struct label among, struct label id)
{
	struct store_key key;

	order_key(&key, r, order, among, id);
	range_start(r, &key);
}

void
range_seek(struct range *r, uint8_t order, struct label id)
{
	range_seek_to(r, order, wanted_first(r, (struct label){ 0 }), id);
}

static struct label
among_of(const struct range *r, const struct instance *i)
{
	return r->has_among ? i->app : (struct label){ 0 };
}

bool
range_has(struct range *r, const struct instance *i)
{
	struct store_key key;
	MDB_val k, v;

	order_key(&key, r, brief_order(i), among_of(r, i), i->id);
	k = key_val(&key);
	r->snapshot->walk_at = NULL;
	return r->snapshot->active &&
	    guard_get(r->snapshot->walk, &k, &v, MDB_SET) == 0;
}

void
range_skip_app(struct range *r, const struct instance *i)
{
	range_seek_to(r, brief_order(i), among_of(r, i), label_of("\377"));
}

/* Order; app or region, where keys have one; id. */
static bool
instance_next(struct range *r, struct label *among, struct instance *out)
{
	const uint8_t *zero;
	struct label rest;
	struct wire_in in;
	MDB_val v;

	if (!range_next(r, &rest, &v) || rest.len == 0)
		return false;
	memset(out, 0, sizeof(*out));
	rest.at++;
	rest.len--;
	*among = (struct label){ 0 };
	zero = r->has_among ? memchr(rest.at, 0, rest.len) : NULL;
	if (zero != NULL) {
		*among = (struct label){ rest.at, (uint8_t)(zero - rest.at) };
		rest.len = (uint8_t)(rest.len - among->len - 1);
		rest.at = zero + 1;
	}
	out->app = r->app.at != NULL ? r->app : *among;
	out->id = rest;
	in = val_in(&v);
	wire_get_brief(&in, out);
	if (!in.bad)
		brief_services(v.mv_data, v.mv_size, out);
	return !in.bad;
}

bool
range_instance(struct range *r, uint8_t last, struct instance *out)
{
	struct label among, wanted, none = { 0 };

	while (instance_next(r, &among, out)) {
		uint8_t order = brief_order(out);

		if (order > last)
			return false;
		if ((r->among.at == NULL && wire_left(&r->seen) == 0) ||
		    (r->among.at != NULL && label_same(r->among, among)))
			return true;
		wanted = wanted_first(r, among);
		if (wanted.at != NULL && label_same(wanted, among))
			return true;
		if (wanted.at == NULL && order++ == last)
			return false;
		if (wanted.at == NULL)
			wanted = wanted_first(r, none);
		range_seek_to(r, order, wanted, none);
	}
	return false;
}

static void
domain_key(struct store_key *key, uint32_t network, const struct dname *d,
    unsigned from, unsigned to)
{
	key_init(key, network, KEY_DOMAIN);
	key_labels(key, d, from, to);
}

void
range_domain(struct range *r, struct snapshot *s, uint32_t network,
    const struct dname *d, unsigned from, unsigned to)
{
	struct store_key key;

	domain_key(&key, network, d, from, to);
	key_end_part(&key);
	range_init(r, s, &key);
}

bool
range_app(struct range *r, struct label *app)
{
	MDB_val v;

	return range_next(r, app, &v);
}

bool
lookup_domain_below(struct snapshot *s, uint32_t network, const struct dname *d,
    unsigned from, unsigned to)
{
	struct store_key key;

	domain_key(&key, network, d, from, to);
	return begins_any(s, &key);
}

/* The first, where several networks chose one name. */
bool
lookup_import(
    struct snapshot *s, uint32_t network, struct label as, struct import *out)
{
	struct label rest;
	struct wire_in in;
	struct range r;
	MDB_val v;

	range_parts(&r, s, network, KEY_IMPORT, &as, 1);
	if (!range_next(&r, &rest, &v))
		return false;
	in = wire_in(rest.at, rest.len);
	out->network = wire_get32(&in);
	out->app = (struct label){ in.buf + in.pos, (uint8_t)wire_left(&in) };
	in = val_in(&v);
	out->instances = wire_get8(&in) != 0;
	wire_get_brief(&in, &out->flycast);
	return !in.bad;
}

void
range_peers(struct range *r, struct snapshot *s, uint32_t network)
{
	range_parts(r, s, network, KEY_PEER, NULL, 0);
}

bool
range_peer(struct range *r, struct peer *out)
{
	struct wire_in in;
	MDB_val v;

	if (!range_next(r, &out->name, &v))
		return false;
	in = val_in(&v);
	(void)wire_get64(&in); /* its age */
	return store_read_peer(in, out);
}

void
range_peer_names(struct range *r, struct snapshot *s, uint32_t network)
{
	range_parts(r, s, network, KEY_PEERS, NULL, 0);
}

void
range_filled(struct range *r, struct snapshot *s, uint32_t network)
{
	range_parts(r, s, network, KEY_FILLED, NULL, 0);
}

bool
page_next(struct wire_in *page, struct label *name, int64_t *expires)
{
	if (wire_left(page) == 0)
		return false;
	*name = wire_get_label(page);
	*expires = (int64_t)wire_get64(page);
	return !page->bad;
}

/* Behind the page AFTER to the first that ends later, by the list of ends. */
static bool
skip_pages(struct range *r, int64_t now, struct label after)
{
	struct store_key key;
	struct wire_in page;
	struct label start;
	struct range ends;
	int64_t end;
	MDB_val v;

	key_copy(&key, r->from, KEY_START - 1);
	wire_put8(&key.out, KEY_ENDS);
	wire_put8(&key.out, r->from[KEY_START - 1]);
	range_init(&ends, r->snapshot, &key);
	key_bytes(&key, after.at, after.len);
	if (!walk_seek(r->snapshot, &ends.walk, &key, &v) ||
	    ends.walk.len < ends.len ||
	    memcmp(ends.walk.key, ends.from, ends.len) != 0)
		return false;
	do {
		page = val_in(&v);
		if ((int64_t)wire_get64(&page) <= now)
			continue;
		while (page_next(&page, &start, &end))
			if (end > now && label_compare(start, after) > 0) {
				key_copy(&key, r->from, r->len);
				key_bytes(&key, start.at, start.len);
				range_start(r, &key);
				return true;
			}
	} while (range_next(&ends, &start, &v));
	return false;
}

#define OVER_MOST 4 /* one behind the other that are passed over by looking */

bool
range_page(struct range *r, int64_t now, struct wire_in *page)
{
	unsigned over = 0;
	struct label start;
	MDB_val v;

	while (range_next(r, &start, &v)) {
		*page = val_in(&v);
		if ((int64_t)wire_get64(page) > now)
			return true;
		if (++over == OVER_MOST && !skip_pages(r, now, start))
			return false;
	}
	return false;
}

void
range_names(struct range *r, struct snapshot *s, uint32_t network)
{
	range_parts(r, s, network, KEY_NAMES, NULL, 0);
}

bool
range_name_strings(struct range *r, struct wire_in *strings)
{
	struct label rest;
	MDB_val v;

	if (!range_next(r, &rest, &v))
		return false;
	*strings = val_in(&v);
	return true;
}
