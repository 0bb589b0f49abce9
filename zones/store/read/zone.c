/*
 * zone.c - a network's own zones, and the records in them.
 */
#include "zones/store/read/env.h"

static bool
has_zero(struct label l)
{
	return memchr(l.at, 0, l.len) != NULL;
}

static void
node_key(struct store_key *key, uint32_t network, const struct node *n)
{
	key_init(key, network, KEY_RECORD);
	key_labels(key, n->name, n->name->labels - n->labels, n->name->labels);
	if (n->star)
		key_part(key, label_of("*"));
}

/* The key of a name begins with those of all that it is below. */
unsigned
lookup_zone(struct snapshot *s, uint32_t network, const struct dname *d,
    unsigned labels, bool *falls_through)
{
	struct store_key key;
	struct wire_in in;
	unsigned most = 0;

	while (most < labels && !has_zero(dname_label(d, d->labels - most - 1)))
		most++;
	key_init(&key, network, KEY_ZONE);
	key_labels(&key, d, d->labels - most, d->labels);
	for (; most > 0; most--) {
		key.out.len = KEY_START + d->len - 1U - d->at[d->labels - most];
		if (!snapshot_get_key(s, &key, &in))
			continue;
		(void)wire_get64(&in); /* its age */
		*falls_through = wire_get8(&in) != 0;
		return most;
	}
	return 0;
}

bool
lookup_rrset(struct snapshot *s, uint32_t network, const struct node *n,
    uint16_t type, struct rrset *out)
{
	struct store_key key;
	struct wire_in in;

	node_key(&key, network, n);
	wire_put16(&key.out, type);
	/* No record has the longest name that there is. */
	if (key.out.len - KEY_START > UINT8_MAX ||
	    !snapshot_get_key(s, &key, &in))
		return false;
	(void)wire_get64(&in);
	out->type = type;
	out->ttl = wire_get32(&in);
	out->count = wire_get8(&in);
	out->values = in;
	return !in.bad && out->count > 0;
}

/* A name's records come first: a type begins lower than any label. */
enum node_has
lookup_node(struct snapshot *s, uint32_t network, const struct node *n)
{
	struct store_key key;
	const uint8_t *at;
	struct walk walk;
	MDB_val k, v;

	if (!n->star &&
	    has_zero(dname_label(n->name, n->name->labels - n->labels)))
		return NODE_NOTHING;
	node_key(&key, network, n);
	walk_start(s, &walk);
	if (!walk_next(s, &walk, key.buf, key.out.len, key.out.len, &k, &v) ||
	    k.mv_size == key.out.len)
		return NODE_NOTHING;
	at = k.mv_data;
	return at[key.out.len] < '*' ? NODE_RECORDS : NODE_BELOW;
}
