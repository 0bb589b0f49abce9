/*
 * snapshot.c - the end of a snapshot: what it did not put goes.
 */
#include "zones/store/write/txn.h"

#include <assert.h>

#include "impl.h"

/* The keys of what goes, before anything does: deleting moves cursors. */
struct doomed {
	struct store_txn *txn;
	struct arena arena;
	struct doomed_key {
		struct doomed_key *next;
		struct fact fact;
	} * first, **last;
};

static const char *
keep(struct arena *a, const char *text)
{
	return text == NULL ? NULL : arena_copy(a, text, strlen(text));
}

static bool
note_unseen(void *arg, const struct fact *f, bool implied)
{
	struct doomed *d = arg;
	struct store_txn *t = d->txn;
	struct doomed_key *k;
	struct store_key key;

	if (implied || (f->network != NULL && !network_find(t, f->network)))
		return true;
	fact_key(&key, f->network == NULL ? NETWORK_NONE : t->number, f);
	if (seen_has(t, &key))
		return true;
	k = arena_take(&d->arena, sizeof(*k));
	k->fact = (struct fact){ .kind = f->kind,
		.network = keep(&d->arena, f->network),
		.app = keep(&d->arena, f->app),
		.id = keep(&d->arena, f->id),
		.to = keep(&d->arena, f->to) };
	*d->last = k;
	d->last = &k->next;
	return true;
}

static bool
is_in_scope(enum fact_kind kind, const char *scope)
{
	return scope == NULL || kind == FACT_APP || kind == FACT_INSTANCE ||
	    kind == FACT_PEER || kind == FACT_ALIAS || kind == FACT_ZONE ||
	    kind == FACT_RECORD || kind == FACT_EXPORT;
}

void
store_snapshot_keep(struct store_txn *t, const struct fact *f)
{
	struct store_key key;
	MDB_val v;

	if (t->seen == NULL || t->err != E_OK)
		return;
	if (f == NULL)
		seen_all(t);
	if (f == NULL || (f->network != NULL && !network_find(t, f->network)))
		return;
	fact_key(&key, f->network == NULL ? NETWORK_NONE : t->number, f);
	if (txn_get(t, &key, &v) != 0)
		return;
	seen_add(t, &key);
	if (f->network == NULL)
		return;
	key_init(&key, t->number, KEY_NETWORK); /* and so is there */
	seen_add(t, &key);
}

/* A network first: with it goes all that is in it. */
void
store_snapshot_end(struct store_txn *t)
{
	struct doomed d = { .txn = t, .last = &d.first };
	struct complaint none;

	assert(t->seen != NULL);
	if (!seen_is_all(t))
		txn_flush(t);
	for (int kind = 0; kind < FACT_KINDS && t->err == E_OK; kind++)
		if (!seen_is_all(t) &&
		    is_in_scope((enum fact_kind)kind, t->scope))
			t->err = store_each_fact(t->txn, t->store->env->dbi,
			    (enum fact_kind)kind, t->scope, note_unseen, &d);
	seen_end(t);
	for (struct doomed_key *k = d.first; k != NULL; k = k->next)
		if (store_withdraw(t, &k->fact, &none) != E_OK)
			break;
	arena_release(&d.arena);
}
