/*
 * zone.c - a network's own zones, and the records that are in them.
 */
#include "impl.h"
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

/* RFC 1034, 3.6.2: a CNAME is its name's only record. */
static enum err
check_alone(struct store_txn *t, const struct fact *f, struct complaint *why)
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
		return complain(why, "name",
		    "must be in a zone that the network has", f->id);
	return check_alone(t, f, why);
}

struct gathering {
	struct store_txn *txn;
	struct dname zone;
	struct arena *arena;
	struct zone_record *first;
};

static bool
record_gather(void *arg, const struct fact *f, bool implied)
{
	struct gathering *g = arg;
	struct zone_record *r;
	struct dname d;

	(void)implied;
	if (!dname_parse(&d, f->id) || !dname_is_below(&d, &g->zone) ||
	    zone_labels(g->txn, f->id) != g->zone.labels)
		return true;
	r = arena_take(g->arena, sizeof(*r));
	r->name = arena_copy(g->arena, f->id, strlen(f->id));
	r->type = f->to;
	r->next = g->first;
	g->first = r;
	return true;
}

struct zone_record *
zone_records(struct store_txn *t, const struct fact *zone, struct arena *arena)
{
	struct gathering g = { .txn = t, .arena = arena };
	enum err err;

	txn_flush(t);
	if (t->err != E_OK || !dname_parse(&g.zone, zone->id))
		return NULL;
	err = store_each_fact(t->txn, t->store->env->dbi, FACT_RECORD,
	    zone->network, record_gather, &g);
	if (err != E_OK && t->err == E_OK)
		t->err = err;
	return g.first;
}
