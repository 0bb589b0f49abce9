/*
 * index.c - the summaries that instances, apps and peers are found by.
 *
 * index_X() and unindex_X() mirror each other line by line: a new summary
 * is a line in both, and one in check_facts.c.
 */
#include "impl.h"

#include "base/letters.h"

/* Of a region in a head: its name, four numbers; and six where some are unwell.
 */
#define TALLY_LEAST (1 + 1 + 16)
#define TALLY_MOST  (1 + DNS_LABEL_MAX + 16 + 24)
#define HEAD_MAX    (1 + FACT_REGIONS_MAX * TALLY_MOST)

static_assert(HEAD_MAX <= PACK_HEAD_MAX, "a pack takes every head");

static void
put_tier(struct wire_out *out, const struct tally_of *t)
{
	wire_put32(out, t->instances);
	wire_put32(out, t->six);
	wire_put32(out, t->four);
}

static void
put_tally(struct wire_out *out, struct label region, const struct tally *t)
{
	bool unwell = t->tier[TIER_CRITICAL].instances +
		t->tier[TIER_DRAINING].instances >
	    0;

	wire_put_label(out, region.at, region.len);
	wire_put32(out, t->stopped | (unwell ? TALLY_UNWELL : 0));
	put_tier(out, &t->tier[TIER_WELL]);
	if (!unwell)
		return;
	put_tier(out, &t->tier[TIER_CRITICAL]);
	put_tier(out, &t->tier[TIER_DRAINING]);
}

static enum tier
tier_of(const struct fact *f)
{
	if (f->state == FACT_STARTED)
		return f->health == FACT_CRITICAL ? TIER_CRITICAL : TIER_WELL;
	return f->state == FACT_DRAINING ? TIER_DRAINING : TIER_STOPPED;
}

uint8_t
index_order(const struct fact *f)
{
	struct instance i = { .tier = tier_of(f) };

	for (unsigned n = 0; n < f->address_count; n++)
		*(addr_is_v4(&f->addresses[n]) ? &i.four_count : &i.six_count) =
		    1;
	return brief_order(&i);
}

/* F's region with F, or without it (SIGN is -1). */
static void
put_changed(struct wire_out *out, struct label region, struct tally t,
    const struct fact *f, int sign)
{
	enum tier tier = tier_of(f);
	struct tally_of *of = &t.tier[tier == TIER_STOPPED ? 0 : tier];
	uint8_t order = index_order(f);

	if (tier == TIER_STOPPED) {
		t.stopped += (uint32_t)sign;
	} else {
		of->instances += (uint32_t)sign;
		if (order != ORDER_OF(tier, ORDER_FOUR))
			of->six += (uint32_t)sign;
		if (order != ORDER_OF(tier, ORDER_SIX))
			of->four += (uint32_t)sign;
	}
	if (tally_all(&t) > 0)
		put_tally(out, region, &t);
}

/* The head with one region's numbers changed; regions stay sorted. */
static void
change_app_head(
    struct wire_in head, const struct fact *f, int sign, struct wire_out *out)
{
	struct label region = label_of(f->region);
	struct label old;
	struct tally tally;
	bool done = false;

	wire_put8(out, wire_get8(&head));
	while (app_region(&head, &old, &tally)) {
		int order = label_compare(region, old);

		if (!done && order < 0)
			put_changed(out, region, (struct tally){ 0 }, f, sign);
		if (order == 0)
			put_changed(out, old, tally, f, sign);
		else
			put_tally(out, old, &tally);
		done = done || order <= 0;
	}
	if (!done)
		put_changed(out, region, (struct tally){ 0 }, f, sign);
}

void
index_entry_key(const struct fact *f, struct wire_out *out)
{
	wire_put(out, f->region, strlen(f->region));
	wire_put8(out, 0);
	wire_put8(out, index_order(f));
	wire_put(out, f->id, strlen(f->id));
}

/* 0: an app without instances; 1: with stopped ones alone; 2: with others. */
static uint64_t
filled(struct wire_in head)
{
	uint64_t is = 0;
	struct label region;
	struct tally t;

	(void)wire_get8(&head);
	while (is < 2 && app_region(&head, &region, &t))
		is = tally_all(&t) > t.stopped ? 2 : 1;
	return is;
}

bool
index_filled(struct wire_in head, uint8_t value[8])
{
	struct wire_out out = wire_out(value, 8);

	wire_put64(&out, filled(head));
	return filled(head) > 0;
}

static void
note_filled(struct store_txn *t, uint32_t network, const char *app,
    struct wire_in old, struct wire_in new)
{
	struct store_key key;
	uint8_t value[8];

	if (filled(old) == filled(new))
		return;
	key_parts(&key, network, KEY_FILLED, &app, 1);
	if (index_filled(new, value))
		overlay_put(&t->names, &key, value, sizeof(value));
	else
		overlay_put(&t->names, &key, NULL, 0);
}

/* The app's head as it is, or that of an app without anything. */
static bool
read_app(const struct paged *p, struct wire_in *head)
{
	static const uint8_t none[1] = { 0 };

	*head = wire_in(none, sizeof(none));
	return pack_read_head(p, head);
}

/* Its region is there, or there are fewer than may be without OLD's. */
bool
index_has_room(struct store_txn *t, uint32_t network, const struct fact *f,
    const struct fact *old)
{
	struct store_key key;
	struct wire_in head;
	struct label region;
	struct tally tally;
	struct paged p = pack_of(t, &key);
	unsigned count = 0;

	key_parts(&key, network, KEY_INSTANCES, &f->app, 1);
	if (!read_app(&p, &head) || head.len < FACT_REGIONS_MAX * TALLY_LEAST)
		return true;
	(void)wire_get8(&head);
	while (app_region(&head, &region, &tally)) {
		if (label_compare(region, label_of(f->region)) == 0)
			return true;
		count += old == NULL || tally_all(&tally) > 1 ||
		    label_compare(region, label_of(old->region)) != 0;
	}
	return count < FACT_REGIONS_MAX;
}

static void
add_to_app(struct store_txn *t, uint32_t network, const struct fact *f,
    const struct wire_out *brief)
{
	uint8_t head_buf[HEAD_MAX], key_buf[256];
	struct wire_out head = wire_out(head_buf, sizeof(head_buf));
	struct wire_out entry = wire_out(key_buf, sizeof(key_buf));
	struct paged_note n = { { .key = key_buf,
				    .payload = brief->buf,
				    .payload_len = brief->len },
		true };
	struct wire_in old, new;
	struct store_key key;
	struct paged p = pack_of(t, &key);

	key_parts(&key, network, KEY_INSTANCES, &f->app, 1);
	if (!read_app(&p, &old))
		names_note(t, network, f->app, true);
	change_app_head(old, f, 1, &head);
	index_entry_key(f, &entry);
	n.entry.key_len = entry.len;
	new = wire_in(head_buf, head.len);
	note_filled(t, network, f->app, old, new);
	if (txn_holds(t, head.bad ? MDB_BAD_VALSIZE : 0))
		paged_change(&p, &n, 1, &new);
}

static void
drop_app(const struct paged *p, uint32_t network, const char *app)
{
	pack_drop(p);
	names_note(p->txn, network, app, false);
}

static void
remove_from_app(struct store_txn *t, uint32_t network, const struct fact *f)
{
	uint8_t head_buf[HEAD_MAX], key_buf[256];
	struct wire_out head = wire_out(head_buf, sizeof(head_buf));
	struct wire_out entry = wire_out(key_buf, sizeof(key_buf));
	struct paged_note n = { { .key = key_buf }, false };
	struct store_key key;
	struct wire_in old, new;
	struct paged p = pack_of(t, &key);

	key_parts(&key, network, KEY_INSTANCES, &f->app, 1);
	if (!read_app(&p, &old))
		return;
	change_app_head(old, f, -1, &head);
	new = wire_in(head_buf, head.len);
	note_filled(t, network, f->app, old, new);
	if (head.len == 1 && (head_buf[0] & APP_PUT) == 0) {
		drop_app(&p, network, f->app);
		return;
	}
	index_entry_key(f, &entry);
	n.entry.key_len = entry.len;
	paged_change(&p, &n, 1, &new);
}

/* Metadata that a name can ask for: both are labels, in lower case. */
bool
index_metadata_key(struct store_key *key, uint32_t network,
    const struct fact *f, const struct fact_pair *m)
{
	const char *const part[] = { m->key, m->value };

	key_parts(key, network, KEY_METADATA, &f->app, 1);
	for (unsigned i = 0; i < 2; i++) {
		size_t len = strlen(part[i]);

		if (len == 0 || len > DNS_LABEL_MAX)
			return false;
		key_end_part(key);
		for (size_t j = 0; j < len; j++)
			wire_put8(&key->out, letter_lower((uint8_t)part[i][j]));
	}
	key_end_part(key);
	wire_put8(&key->out, index_order(f));
	key_text(key, f->id);
	return true;
}

void
index_server_key(struct store_key *key, uint32_t network, const struct fact *f)
{
	key_parts(key, network, KEY_SERVER, &f->name, 1);
	key_end_part(key);
	wire_put8(&key->out, index_order(f));
	key_text(key, f->app);
	key_end_part(key);
	key_text(key, f->id);
}

void
index_group_key(struct store_key *key, uint32_t network, const struct fact *f,
    const char *group)
{
	const char *const part[] = { f->app, group };

	key_parts(key, network, KEY_GROUP, part, 2);
	key_end_part(key);
	wire_put8(&key->out, index_order(f));
	key_text(key, f->id);
}

void
index_port_key(struct store_key *key, uint32_t network, const struct fact *f,
    const struct fact_port *port)
{
	const char *const part[] = { f->app, port->udp ? "udp" : "tcp",
		port->name };

	key_parts(key, network, KEY_PORT, part, 3);
	key_end_part(key);
	wire_put8(&key->out, index_order(f));
	key_text(key, f->region);
	key_end_part(key);
	key_text(key, f->id);
}

static void
write_word(
    struct store_txn *t, struct store_key *key, const struct wire_out *brief)
{
	if (brief == NULL)
		txn_delete(t, key);
	else
		txn_put(t, key, brief->buf, brief->len);
}

/* Puts, or deletes where BRIEF is NULL, what finds an instance by a word. */
static void
write_words(struct store_txn *t, uint32_t network, const struct fact *f,
    const struct wire_out *brief)
{
	struct store_key key;

	if (f->name != NULL) {
		index_server_key(&key, network, f);
		write_word(t, &key, brief);
		index_group_key(&key, network, f, "");
		write_word(t, &key, brief);
	}
	if (f->group != NULL) {
		index_group_key(&key, network, f, f->group);
		write_word(t, &key, brief);
	}
	for (unsigned i = 0; i < f->metadata_count; i++)
		if (index_metadata_key(&key, network, f, &f->metadata[i]))
			write_word(t, &key, brief);
	for (unsigned i = 0; i < f->port_count; i++) {
		index_port_key(&key, network, f, &f->ports[i]);
		write_word(t, &key, brief);
	}
}

static void
put_services(const struct fact *f, struct wire_out *out)
{
	wire_put32(out, f->weight);
	wire_put8(out, (uint8_t)f->port_count);
	for (unsigned i = 0; i < f->port_count; i++) {
		const struct fact_port *p = &f->ports[i];

		wire_put_label(out, p->name, strlen(p->name));
		wire_put16(out, p->number);
		wire_put8(out, p->udp);
	}
}

void
brief_encode(const struct fact *f, struct wire_out *out)
{
	bool services = f->port_count > 0 || f->weight != 1;

	wire_put_addr_list(out,
	    (uint8_t)(tier_of(f) << BRIEF_TIER_SHIFT |
		(f->name == NULL ? 0 : BRIEF_SERVER) |
		(f->health == FACT_WARNING ? BRIEF_WARNING : 0) |
		(services ? BRIEF_SERVICES : 0)),
	    f->addresses, f->address_count);
	if (services)
		put_services(f, out);
}

void
index_instance(struct store_txn *t, uint32_t network, const struct fact *f)
{
	uint8_t buf[BRIEF_MAX];
	struct wire_out brief = wire_out(buf, sizeof(buf));

	brief_encode(f, &brief);
	add_to_app(t, network, f, &brief);
	write_words(t, network, f, &brief);
	index_claims(t, network, f);
}

void
unindex_instance(struct store_txn *t, uint32_t network, const struct fact *f)
{
	remove_from_app(t, network, f);
	write_words(t, network, f, NULL);
	unindex_claims(t, network, f);
}

/* Only a domain that is not the app's name has a key: see zones/query/apn.c. */
bool
index_domain_key(struct store_key *key, uint32_t network, const struct fact *f)
{
	struct dname d;

	if (f->domain == NULL || strcmp(f->domain, f->app) == 0 ||
	    !dname_parse(&d, f->domain))
		return false;
	key_init(key, network, KEY_DOMAIN);
	key_labels(key, &d, 0, d.labels);
	key_end_part(key);
	key_text(key, f->app);
	return true;
}

/* The head with the first octet's flag set or not. */
static void
write_flag(const struct paged *p, struct wire_in head, bool is)
{
	uint8_t buf[HEAD_MAX];

	if (!txn_holds(p->txn,
		head.len == 0 || head.len > sizeof(buf) ? MDB_CORRUPTED : 0))
		return;
	memcpy(buf, head.buf, head.len);
	buf[0] = is ? APP_PUT : 0;
	head = wire_in(buf, head.len);
	paged_change(p, NULL, 0, &head);
}

void
index_app(struct store_txn *t, uint32_t network, const struct fact *f)
{
	struct store_key key;
	struct wire_in head;
	struct paged p = pack_of(t, &key);

	key_parts(&key, network, KEY_INSTANCES, &f->app, 1);
	if (!read_app(&p, &head))
		names_note(t, network, f->app, true);
	write_flag(&p, head, true);
	if (index_domain_key(&key, network, f))
		txn_put(t, &key, NULL, 0);
	index_claims(t, network, f);
}

/* The app stays while it has instances. */
void
unindex_app(struct store_txn *t, uint32_t network, const struct fact *f)
{
	struct store_key key;
	struct wire_in head;
	struct paged p = pack_of(t, &key);

	if (index_domain_key(&key, network, f))
		txn_delete(t, &key);
	unindex_claims(t, network, f);
	key_parts(&key, network, KEY_INSTANCES, &f->app, 1);
	if (!read_app(&p, &head))
		return;
	if (head.len == 1)
		drop_app(&p, network, f->app);
	else
		write_flag(&p, head, false);
}

static enum claim_kind
claim_kind(const struct fact *f)
{
	return f->kind == FACT_PEER  ? CLAIM_PEER
	    : f->kind == FACT_APP    ? CLAIM_APP
	    : f->kind == FACT_EXPORT ? CLAIM_EXPORT
				     : CLAIM_INSTANCE;
}

void
claim_encode(const struct fact *f, struct wire_out *out)
{
	uint8_t buf[CLAIM_MAX];
	struct wire_out c = wire_out(buf, sizeof(buf));
	bool export = f->kind == FACT_EXPORT;
	const char *const part[] = { f->region, export ? f->as : f->app,
		export ? f->network : f->id, export ? f->app : f->name };

	wire_put64(&c, f->age);
	wire_put8(&c, (uint8_t)claim_kind(f));
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		wire_put_label(
		    &c, part[i], part[i] == NULL ? 0 : strlen(part[i]));
	wire_put64(&c, (uint64_t)f->expires);
	wire_put16(out, (uint16_t)c.len);
	wire_put(out, buf, c.len);
}

static bool
is_claim_of(const struct claim *c, const struct fact *f)
{
	bool export = f->kind == FACT_EXPORT;
	struct label app = label_of(export ? f->as : f->app);
	struct label id = label_of(export ? f->network : f->id);

	return c->kind == claim_kind(f) && label_compare(c->app, app) == 0 &&
	    label_compare(c->id, id) == 0 &&
	    (!export || label_compare(c->server, label_of(f->app)) == 0);
}

const char *
claim_title(const struct claim *c, char out[FACT_TITLE])
{
	static const char *const kinds[] = {
		[CLAIM_INSTANCE] = "instance",
		[CLAIM_PEER] = "peer",
		[CLAIM_APP] = "app",
		[CLAIM_EXPORT] = "export",
	};
	const char *kind = "?";

	if (c->kind < sizeof(kinds) / sizeof(kinds[0]) &&
	    kinds[c->kind] != NULL)
		kind = kinds[c->kind];
	(void)snprintf(out, FACT_TITLE, "%s %.*s%s%.*s", kind, c->app.len,
	    (const char *)c->app.at, c->app.len > 0 && c->id.len > 0 ? "/" : "",
	    c->id.len, (const char *)c->id.at);
	return out;
}

/* The newest first; of two that came as one, any order that all nodes share. */
static bool
goes_before_claim(const struct fact *f, const struct claim *c)
{
	bool export = f->kind == FACT_EXPORT;
	int order = (int)claim_kind(f) - (int)c->kind;

	if (f->age != c->age)
		return f->age > c->age;
	if (order == 0)
		order =
		    label_compare(label_of(export ? f->as : f->app), c->app);
	if (order == 0)
		order =
		    label_compare(label_of(export ? f->network : f->id), c->id);
	if (order == 0 && export)
		order = label_compare(label_of(f->app), c->server);
	return order < 0;
}

static void
note_conflict(struct store_txn *t, const struct claim *c)
{
	char title[FACT_TITLE];

	(void)snprintf(t->conflict, sizeof(t->conflict),
	    "%s has one of its addresses too", claim_title(c, title));
}

/* Rewrites the claims of one key: with F's, or without. */
static void
write_claims(struct store_txn *t, const struct store_key *key,
    const struct fact *f, bool claims)
{
	struct wire_in in = wire_in(NULL, 0);
	struct store_key at = *key;
	struct wire_out out;
	struct claim c;
	bool is_new = claims;
	size_t start = 0;
	MDB_val v;

	if (txn_get(t, &at, &v) == 0)
		in = val_in(&v);
	out = wire_out(
	    arena_room(&t->arena, in.len + CLAIM_MAX), in.len + CLAIM_MAX);
	while (claim_next(&in, &c)) {
		if (!is_claim_of(&c, f)) {
			if (is_new && goes_before_claim(f, &c)) {
				claim_encode(f, &out);
				is_new = false;
			}
			wire_put(&out, in.buf + start, in.pos - start);
			if (claims)
				note_conflict(t, &c);
		}
		start = in.pos;
	}
	if (is_new)
		claim_encode(f, &out);
	if (out.bad)
		(void)txn_holds(t, MDB_BAD_VALSIZE);
	else if (out.len == 0)
		txn_delete(t, key);
	else
		txn_put(t, key, out.buf, out.len);
}

/* A peer's address, and its block: it asks from all of it. */
bool
index_claim_key(
    struct store_key *key, uint32_t network, const struct fact *f, unsigned i)
{
	unsigned at = i % f->address_count;
	bool block = i >= f->address_count;

	if (block && (f->blocks == NULL || f->blocks[at] == 128))
		return false;
	claim_key(key, network, &f->addresses[at], block ? f->blocks[at] : 128);
	return true;
}

static void
change_claims(
    struct store_txn *t, uint32_t network, const struct fact *f, bool is)
{
	struct store_key key;

	for (unsigned i = 0; i < 2 * f->address_count; i++)
		if (index_claim_key(&key, network, f, i))
			write_claims(t, &key, f, is);
}

void
index_claims(struct store_txn *t, uint32_t network, const struct fact *f)
{
	change_claims(t, network, f, true);
}

void
unindex_claims(struct store_txn *t, uint32_t network, const struct fact *f)
{
	change_claims(t, network, f, false);
}
