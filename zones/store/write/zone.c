/*
 * zone.c - a network's own zones, and the records that are in them.
 */
#include "left_impl.h"
#include "zones/facts/record.h"

/* It is there; within a snapshot, it was put. */
static bool
is_there(struct store_txn *t, struct store_key *key)
{
	MDB_val v;

	return txn_get(t, key, &v) == 0 &&
	    (t->seen == NULL || seen_has(t, key));
}

/* Labels of the most specific zone that NAME is in; 0: of none. */
static unsigned
zone_labels(struct store_txn *t, const char *name)
{
	struct dname d;
	struct store_key key;

	if (!dname_parse(&d, name))
		return 0;
	for (unsigned i = 0; i < d.labels; i++) {
		key_init(&key, t->number, KEY_ZONE);
		key_labels(&key, &d, i, d.labels);
		if (is_there(t, &key))
			return d.labels - i;
	}
	return 0;
}

bool
zone_find(struct store_txn *t, const char *name, struct store_key *key)
{
	struct dname d;
	MDB_val v;

	if (!dname_parse(&d, name))
		return false;
	for (unsigned i = 0; i < d.labels; i++) {
		key_init(key, t->number, KEY_ZONE);
		key_labels(key, &d, i, d.labels);
		if (txn_get(t, key, &v) == 0)
			return true;
	}
	return false;
}

/* RFC 1034, 3.6.2: a CNAME is its name's only record. */
static enum err
check_cname_alone(
    struct store_txn *t, const struct fact *f, struct complaint *why)
{
	struct fact other = *f;
	bool is_cname = strcmp(f->to, "CNAME") == 0;
	struct store_key key;
	char rule[sizeof(why->rule)];

	for (unsigned i = 0; (other.to = record_type_at(i)) != NULL; i++) {
		if (strcmp(other.to, f->to) == 0 ||
		    (!is_cname && strcmp(other.to, "CNAME") != 0))
			continue;
		fact_key(&key, t->number, &other);
		if (!is_there(t, &key))
			continue;
		(void)snprintf(rule, sizeof(rule),
		    "must not stand beside the name's %s: a CNAME is alone",
		    other.to);
		return complain(why, "type", rule, f->to);
	}
	return E_OK;
}

enum err
zone_check_record(
    struct store_txn *t, const struct fact *f, struct complaint *why)
{
	if (f->kind != FACT_RECORD)
		return E_OK;
	if (zone_labels(t, f->id) == 0)
		return complain(why, "name", ZONE_FIRST, f->id);
	return check_cname_alone(t, f, why);
}

struct gathering {
	struct store_txn *txn;
	struct dname zone;
	struct arena *arena;
	struct zone_record *first;
	bool is_there; /* the network */
};

/* Its source has a zone of this name, whether it is taken or waits. */
static bool
source_has(struct gathering *g, const char *network, const char *name)
{
	const struct fact zone = {
		.kind = FACT_ZONE, .network = network, .id = name
	};
	struct store_key key;
	MDB_val v;

	if (g->is_there) {
		fact_key(&key, g->txn->number, &zone);
		if (txn_get(g->txn, &key, &v) == 0)
			return true;
	}
	left_key(&key, &zone);
	return txn_get(g->txn, &key, &v) == 0;
}

/* Of the zones that a record may be in, this is the one. */
static bool
is_of(struct gathering *g, const struct fact *record, const struct dname *name)
{
	const char *at = record->id;

	for (unsigned left = name->labels; left > g->zone.labels; left--) {
		if (source_has(g, record->network, at))
			return false;
		at = strchr(at, '.') + 1;
	}
	return true;
}

static bool
gather_record(void *arg, const struct fact *f, bool implied)
{
	struct gathering *g = arg;
	struct zone_record *r;
	struct dname d;

	(void)implied;
	if (!dname_parse(&d, f->id) || !dname_is_below(&d, &g->zone) ||
	    !is_of(g, f, &d))
		return true;
	r = arena_take(g->arena, sizeof(*r));
	r->name = arena_text(g->arena, f->id);
	r->type = arena_text(g->arena, f->to);
	r->next = g->first;
	g->first = r;
	return true;
}

struct zone_record *
zone_records(struct store_txn *t, const struct fact *zone, bool wait,
    struct arena *arena)
{
	struct gathering g = { .txn = t,
		.arena = arena,
		.is_there = network_find(t, zone->network) };
	enum err err = E_OK;

	if (t->err != E_OK || !dname_parse(&g.zone, zone->id) ||
	    !source_has(&g, zone->network, zone->id))
		return NULL;
	if (g.is_there)
		err = store_facts(
		    t, FACT_RECORD, zone->network, gather_record, &g);
	if (err != E_OK && t->err == E_OK)
		t->err = err;
	if (wait)
		left_each(t, FACT_RECORD, zone->network, gather_record, &g);
	return g.first;
}
