/*
 * store_snapshot_put.c - replacing all facts, or one network's: what was
 * put is remembered, what was not goes at the end.
 */
#include <stdlib.h>

#include "base/hash.h"

#include "store_txn.h"

/* Keys that were put: an open table of them, exact. */
struct seen {
	struct arena arena;
	struct seen_key {
		uint16_t len;
		uint8_t bytes[];
	} * *slot;
	size_t slots, count; /* slots is a power of two */
	char scope[DNS_LABEL_MAX + 1];
	bool fresh; /* into a store without facts: nothing can go */
};

static struct seen_key **
find_slot(const struct seen *s, const void *key, size_t len)
{
	size_t i = hash_bytes(key, len) & (s->slots - 1);

	while (s->slot[i] != NULL &&
	    (s->slot[i]->len != len ||
		memcmp(s->slot[i]->bytes, key, len) != 0))
		i = (i + 1) & (s->slots - 1);
	return &s->slot[i];
}

static void
grow(struct seen *s)
{
	struct seen bigger = *s;

	bigger.slots = s->slots == 0 ? 1024 : s->slots * 2;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		abort(); /* as arena.h */
	for (size_t i = 0; i < s->slots; i++)
		if (s->slot[i] != NULL)
			*find_slot(&bigger, s->slot[i]->bytes,
			    s->slot[i]->len) = s->slot[i];
	free(s->slot);
	*s = bigger;
}

void
seen_add(struct store_txn *t, const struct store_key *key)
{
	struct seen *s = t->seen;
	struct seen_key **slot;

	/* Then only the networks matter, which come before what is in them. */
	if (s->fresh && key->buf[4] != 'N')
		return;
	if (s->count * 2 >= s->slots)
		grow(s);
	slot = find_slot(s, key->buf, key->out.len);
	if (*slot != NULL)
		return;
	*slot = arena_take(&s->arena, sizeof(**slot) + key->out.len);
	(*slot)->len = (uint16_t)key->out.len;
	memcpy((*slot)->bytes, key->buf, key->out.len);
	s->count++;
}

bool
seen_has(const struct store_txn *t, const struct store_key *key)
{
	if (t->seen->fresh && key->buf[4] != 'N')
		return true;
	return t->seen->count > 0 &&
	    *find_slot(t->seen, key->buf, key->out.len) != NULL;
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	arena_release(&s->arena);
	free(s->slot);
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
