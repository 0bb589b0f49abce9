/*
 * snapshot.c - the end of a snapshot: what it did not put goes, if that is not
 * too much to be meant.
 */
#include "zones/store/write/txn.h"

#include <assert.h>

#include "impl.h"
#include "zones/facts/field.h"

/* Facts of the store, or of a network, and how many of them are to go. */
struct share {
	struct table_entry in;
	uint32_t number;
	char network[DNS_LABEL_MAX + 1]; /* "": the store */
	uint64_t has, loses;
};

/* The keys of what goes, before anything does: deleting moves cursors. */
struct doomed {
	struct store_txn *txn;
	struct arena arena;
	struct share store;
	struct table networks;
	struct doomed_key {
		struct doomed_key *next;
		struct fact fact;
	} * first, **last;
};

static struct share *
share_of(struct doomed *d, const char *network, uint32_t number)
{
	struct share *s = table_find(&d->networks, &number, sizeof(number));

	if (s != NULL)
		return s;
	s = arena_take(&d->arena, sizeof(*s));
	s->number = number;
	s->in = (struct table_entry){ (const uint8_t *)&s->number,
		sizeof(s->number) };
	(void)snprintf(s->network, sizeof(s->network), "%s", network);
	s->has = d->txn->scope != NULL; /* its own fact is not gone through */
	table_add(&d->networks, &s->in);
	return s;
}

static void
doom(struct doomed *d, const struct fact *f)
{
	struct doomed_key *k = arena_take(&d->arena, sizeof(*k));

	k->fact = (struct fact){ .kind = f->kind,
		.network = arena_text(&d->arena, f->network),
		.app = arena_text(&d->arena, f->app),
		.id = arena_text(&d->arena, f->id),
		.to = arena_text(&d->arena, f->to) };
	*d->last = k;
	d->last = &k->next;
}

static bool
note_unseen(void *arg, const struct fact *f, bool implied)
{
	struct doomed *d = arg;
	struct store_txn *t = d->txn;
	struct share *share = NULL;
	struct store_key key;
	bool goes;

	if (implied || (f->network != NULL && !network_find(t, f->network)))
		return true;
	fact_key(&key, f->network == NULL ? NETWORK_NONE : t->number, f);
	goes = !seen_has(t, &key);
	if (f->network != NULL)
		share = share_of(d, f->network, t->number);
	for (struct share *s = &d->store; s != NULL;
	     s = s == share ? NULL : share) {
		s->has++;
		s->loses += goes;
	}
	if (goes)
		doom(d, f);
	return true;
}

static enum err
check_share(const struct share *s, struct complaint *why)
{
	char rule[sizeof(why->rule)], value[64];

	if (s->loses * 2 <= s->has)
		return E_OK;
	(void)snprintf(rule, sizeof(rule),
	    "must not delete more than half of %s%s, unless that is allowed",
	    s->network[0] == '\0' ? "the store" : "network ", s->network);
	(void)snprintf(value, sizeof(value), "%llu of %llu facts",
	    (unsigned long long)s->loses, (unsigned long long)s->has);
	return complain(why, "snapshot", rule, value);
}

/* The store first: it says more, unless the snapshot is of one network. */
static enum err
check_shares(const struct doomed *d, struct complaint *why)
{
	enum err err =
	    d->txn->scope == NULL ? check_share(&d->store, why) : E_OK;

	for (size_t i = 0; i < d->networks.slots && err == E_OK; i++)
		if (d->networks.slot[i].entry != NULL)
			err = check_share(
			    (const struct share *)d->networks.slot[i].entry,
			    why);
	return err;
}

static bool
is_in_scope(enum fact_kind kind, const char *scope)
{
	return scope == NULL ||
	    (kind != FACT_NETWORK && fact_kind_has_network(kind));
}

void
snapshot_keep(struct store_txn *t, const struct fact *f, bool whole)
{
	struct store_key key;
	MDB_val v;

	if (t->err != E_OK ||
	    (f->network != NULL && !network_find(t, f->network)))
		return;
	fact_key(&key, f->network == NULL ? NETWORK_NONE : t->number, f);
	if (txn_get(t, &key, &v) != 0)
		return;
	seen_add(t, &key);
	if (f->network == NULL || whole)
		return;
	if (f->kind == FACT_RECORD && zone_find(t, f->id, &key))
		seen_add(t, &key);
	key_init(&key, t->number, KEY_NETWORK);
	seen_add(t, &key);
	if (f->kind != FACT_EXPORT)
		return;
	key_init(&key, network_number(t, f->to), KEY_NETWORK);
	seen_add(t, &key);
}

static void
gather_doomed(struct doomed *d)
{
	struct store_txn *t = d->txn;

	txn_flush(t);
	for (int kind = 0; kind < FACT_KINDS && t->err == E_OK; kind++)
		if (is_in_scope((enum fact_kind)kind, t->scope))
			t->err = store_each_fact(t->txn, t->store->env->dbi,
			    (enum fact_kind)kind, t->scope, note_unseen, d);
}

/* A network first: with it goes all that is in it. */
enum err
store_snapshot_end(struct store_txn *t, bool any, struct complaint *why)
{
	struct doomed d = { .txn = t, .last = &d.first };
	enum err err = E_OK;

	assert(t->seen != NULL);
	if (!seen_is_all(t))
		gather_doomed(&d);
	if (!any)
		err = check_shares(&d, why);
	seen_end(t);
	for (struct doomed_key *k = d.first;
	     k != NULL && err == E_OK && t->err == E_OK; k = k->next)
		delete_drop(t, &k->fact);
	arena_release(&d.arena);
	table_release(&d.networks);
	return t->err != E_OK ? t->err : err;
}
