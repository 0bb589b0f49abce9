/*
 * snapshot.c - replacing all facts, or one network's: what was
 * put is remembered, what was not goes at the end.
 */
#include <stdlib.h>

#include "impl.h"

/* Keys that were put. */
struct seen {
	struct arena arena;
	struct table table;
	char scope[DNS_LABEL_MAX + 1];
	bool fresh; /* into a store without facts: nothing can go */
};

void
seen_add(struct store_txn *t, const struct store_key *key)
{
	struct seen *s = t->seen;
	struct table_entry *e;

	/* Then only the networks matter, which come before what is in them. */
	if (s->fresh && key->buf[4] != 'N')
		return;
	if (table_find(&s->table, key->buf, key->out.len) != NULL)
		return;
	e = arena_take(&s->arena, sizeof(*e) + key->out.len);
	memcpy(e + 1, key->buf, key->out.len);
	*e = (struct table_entry){ (const uint8_t *)(e + 1), key->out.len };
	table_add(&s->table, e);
}

bool
seen_has(const struct store_txn *t, const struct store_key *key)
{
	if (t->seen->fresh && key->buf[4] != 'N')
		return true;
	return table_find(&t->seen->table, key->buf, key->out.len) != NULL;
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	arena_release(&s->arena);
	table_release(&s->table);
	free(s);
}

void
store_snapshot_begin(struct store_txn *t, const char *network)
{
	seen_free(t->seen);
	t->seen = calloc(1, sizeof(*t->seen));
	if (t->seen == NULL)
		abort(); /* as arena.h */
	t->scope = NULL;
	t->seen->fresh = t->head.meta.commits == 0 && !t->changed;
	if (network != NULL) {
		(void)snprintf(
		    t->seen->scope, sizeof(t->seen->scope), "%s", network);
		t->scope = t->seen->scope;
	}
}

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
	    kind == FACT_PEER;
}

/* A network first: with it goes all that is in it. */
void
store_snapshot_end(struct store_txn *t)
{
	struct doomed d = { .txn = t, .last = &d.first };
	struct complaint none;

	if (!t->seen->fresh)
		txn_flush(t);
	for (int kind = 0; kind < FACT_KINDS && t->err == E_OK; kind++)
		if (!t->seen->fresh &&
		    is_in_scope((enum fact_kind)kind, t->scope))
			t->err = store_each_fact(t->txn, t->store->env->dbi,
			    (enum fact_kind)kind, t->scope, note_unseen, &d);
	seen_free(t->seen);
	t->seen = NULL;
	t->scope = NULL;
	for (struct doomed_key *k = d.first; k != NULL; k = k->next)
		if (store_withdraw(t, &k->fact, &none) != E_OK)
			break;
	arena_release(&d.arena);
}
