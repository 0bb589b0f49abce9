/*
 * seen.c - what a snapshot has put, from its begin on.
 */
#include "zones/store/write/txn.h"

#include <stdlib.h>

#include "left_impl.h"

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
	if (s->fresh && key_kind(key->buf) != KEY_NETWORK)
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
	if (t->seen->fresh && key_kind(key->buf) != KEY_NETWORK)
		return true;
	return table_find(&t->seen->table, key->buf, key->out.len) != NULL;
}

bool
seen_is_all(const struct store_txn *t)
{
	return t->seen->fresh;
}

void
seen_end(struct store_txn *t)
{
	struct seen *s = t->seen;

	t->seen = NULL;
	t->scope = NULL;
	if (s == NULL)
		return;
	arena_release(&s->arena);
	table_release(&s->table);
	free(s);
}

void
store_snapshot_begin(struct store_txn *t, const char *network)
{
	seen_end(t);
	left_forget(t, network);
	t->seen = calloc(1, sizeof(*t->seen));
	if (t->seen == NULL)
		no_memory();
	t->seen->fresh = t->head.meta.commits == 0 && !t->changed;
	if (network != NULL) {
		(void)snprintf(
		    t->seen->scope, sizeof(t->seen->scope), "%s", network);
		t->scope = t->seen->scope;
	}
}
