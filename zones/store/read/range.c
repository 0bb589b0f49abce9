/*
 * range.c - walks over keys that begin with the same parts.
 */
#include "zones/store/read/lookup.h"

#include "zones/store/read/pack.h"

static void
range_init(struct range *r, struct snapshot *s, const struct store_key *key)
{
	r->snapshot = s;
	walk_start(s, &r->walk);
	r->len = key->out.bad ? 0 : key->out.len;
	memcpy(r->prefix, key->buf, r->len);
}

/* The next key that begins so; *rest is what follows the prefix. */
static bool
range_next(struct range *r, struct label *rest, MDB_val *value)
{
	MDB_val k;

	if (r->len == 0 ||
	    !walk_next(r->snapshot, &r->walk, r->prefix, r->len, &k, value))
		return false;
	rest->at = (const uint8_t *)k.mv_data + r->len;
	rest->len = (uint8_t)(k.mv_size - r->len);
	return true;
}

void
range_rewind(struct range *r)
{
	walk_start(r->snapshot, &r->walk);
}

/* Names of instances mostly begin with hex digits. */
void
range_seek(struct range *r, uint32_t random)
{
	static const char digits[] = "0123456789abcdef";
	struct store_key key;
	MDB_val v;

	key_copy(&key, r->prefix, r->len);
	wire_put8(&key.out, (uint8_t)digits[random & 15]);
	wire_put8(&key.out, (uint8_t)digits[random >> 4 & 15]);
	if (!walk_seek(r->snapshot, &r->walk, &key, &v))
		range_rewind(r);
}

static void
part(struct store_key *key, struct label l)
{
	key_bytes(key, l.at, l.len);
	key_end_part(key);
}

void
range_group(struct range *r, struct snapshot *s, uint32_t network,
    struct label app, struct label group, enum tier tier)
{
	struct store_key key;

	key_init(&key, network, KEY_GROUP);
	part(&key, app);
	part(&key, group);
	wire_put8(&key.out, key_tier(tier));
	range_init(r, s, &key);
}

void
range_metadata_key(struct range *r, struct snapshot *s, uint32_t network,
    struct label app, struct label name)
{
	struct store_key key;

	key_init(&key, network, KEY_METADATA);
	part(&key, app);
	part(&key, name);
	range_init(r, s, &key);
}

void
range_metadata(struct range *r, struct snapshot *s, uint32_t network,
    struct label app, struct label name, struct label value, enum tier tier)
{
	struct store_key key;

	key_init(&key, network, KEY_METADATA);
	part(&key, app);
	part(&key, name);
	part(&key, value);
	wire_put8(&key.out, key_tier(tier));
	range_init(r, s, &key);
}

void
range_server(struct range *r, struct snapshot *s, uint32_t network,
    struct label server, enum tier tier, struct label app)
{
	struct store_key key;

	key_init(&key, network, KEY_SERVER);
	part(&key, server);
	wire_put8(&key.out, key_tier(tier));
	if (app.at != NULL)
		part(&key, app);
	range_init(r, s, &key);
}

/* What comes last in the key is the id; before it may be the app. */
bool
range_instance(struct range *r, struct instance *out)
{
	const uint8_t *zero;
	struct label rest;
	struct wire_in in;
	MDB_val v;

	if (!range_next(r, &rest, &v))
		return false;
	memset(out, 0, sizeof(*out));
	zero = memchr(rest.at, 0, rest.len);
	if (zero != NULL) {
		out->app = (struct label){ rest.at, (uint8_t)(zero - rest.at) };
		rest.len = (uint8_t)(rest.len - out->app.len - 1);
		rest.at = zero + 1;
	}
	out->id = rest;
	in = val_in(&v);
	wire_get_brief(&in, out);
	if (!in.bad)
		brief_services(v.mv_data, v.mv_size, out);
	return !in.bad;
}

bool
lookup_port(struct snapshot *s, uint32_t network, struct label app,
    struct label port, bool udp)
{
	struct store_key key;
	struct label rest;
	struct range r;
	MDB_val v;

	key_init(&key, network, KEY_PORT);
	part(&key, app);
	part(&key, label_of(udp ? "udp" : "tcp"));
	if (port.at != NULL)
		part(&key, port);
	range_init(&r, s, &key);
	return range_next(&r, &rest, &v);
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
	struct label rest;
	struct range r;
	MDB_val v;

	domain_key(&key, network, d, from, to);
	range_init(&r, s, &key);
	return range_next(&r, &rest, &v);
}

/* The first, where several networks chose one name. */
bool
lookup_import(
    struct snapshot *s, uint32_t network, struct label as, struct import *out)
{
	struct store_key key;
	struct label rest;
	struct wire_in in;
	struct range r;
	MDB_val v;

	key_init(&key, network, KEY_IMPORT);
	part(&key, as);
	range_init(&r, s, &key);
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

/* All keys of one kind. */
static void
range_kind(
    struct range *r, struct snapshot *s, uint32_t network, enum key_kind kind)
{
	struct store_key key;

	key_init(&key, network, kind);
	range_init(r, s, &key);
}

void
range_peers(struct range *r, struct snapshot *s, uint32_t network)
{
	range_kind(r, s, network, KEY_PEER);
}

bool
range_peer(struct range *r, struct peer *out)
{
	struct wire_in in;
	MDB_val v;

	if (!range_next(r, &out->name, &v))
		return false;
	in = val_in(&v);
	return store_read_peer(in, out);
}

void
range_peer_names(struct range *r, struct snapshot *s, uint32_t network)
{
	range_kind(r, s, network, KEY_PEERS);
}

bool
range_peer_page(struct range *r, int64_t now, struct wire_in *page)
{
	struct label rest;
	MDB_val v;

	while (range_next(r, &rest, &v)) {
		*page = val_in(&v);
		if ((int64_t)wire_get64(page) > now)
			return true;
	}
	return false;
}

bool
peer_name_next(struct wire_in *page, struct label *name, int64_t *expires)
{
	if (wire_left(page) == 0)
		return false;
	*name = wire_get_label(page);
	*expires = (int64_t)wire_get64(page);
	return !page->bad;
}

void
range_instances(struct range *r, struct snapshot *s, uint32_t network)
{
	range_kind(r, s, network, KEY_INSTANCES);
}

/* Each page as if it were an app of its own. */
bool
range_any_app(struct range *r, struct app *out)
{
	const uint8_t *zero;
	struct label rest;
	MDB_val v;

	if (!range_next(r, &rest, &v))
		return false;
	memset(out, 0, sizeof(*out));
	zero = memchr(rest.at, 0, rest.len);
	if (zero != NULL)
		rest.len = (uint8_t)(zero - rest.at);
	out->name = rest;
	out->snapshot = r->snapshot;
	out->page = val_in(&v);
	(void)pack_head(&out->page);
	return true;
}

void
range_names(struct range *r, struct snapshot *s, uint32_t network)
{
	range_kind(r, s, network, KEY_NAMES);
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
