/*
 * store_names.c - the list of a network's apps, changed in its own order.
 */
#include <stdlib.h>

#include "store_txn.h"

struct note {
	uint32_t network;
	size_t at; /* in the order of coming */
	const char *app;
	bool is;
};

struct names {
	struct arena arena;
	struct note *note;
	size_t count, room;
};

void
names_note(struct store_txn *t, uint32_t network, const char *app, bool is)
{
	struct names *n = t->names;

	if (n == NULL)
		t->names = n = calloc(1, sizeof(*n));
	if (n != NULL && n->count == n->room) {
		n->room = n->room == 0 ? 16 : n->room * 2;
		n->note = realloc(n->note, n->room * sizeof(*n->note));
	}
	if (n == NULL || n->note == NULL)
		abort(); /* as arena.h */
	n->note[n->count] = (struct note){ network, n->count,
		arena_copy(&n->arena, app, strlen(app)), is };
	n->count++;
}

static int
compare(const void *va, const void *vb)
{
	const struct note *a = va, *b = vb;
	int order;

	if (a->network != b->network)
		return a->network < b->network ? -1 : 1;
	order = strcmp(a->app, b->app);
	if (order != 0)
		return order;
	return a->at < b->at ? -1 : 1;
}

static void
write_note(struct store_txn *t, const struct note *note)
{
	struct pack_entry e = { .key = (const uint8_t *)note->app,
		.key_len = strlen(note->app) };
	struct store_key key;
	struct pack p = { t, &key };

	key_init(&key, note->network, 'l');
	if (note->is)
		pack_put(&p, &e, NULL);
	else
		pack_delete(&p, note->app, e.key_len);
}

/* The last word on each name. */
bool
names_write(struct store_txn *t)
{
	struct names *n = t->names;

	if (n == NULL)
		return false;
	t->names = NULL;
	qsort(n->note, n->count, sizeof(*n->note), compare);
	for (size_t i = 0; i < n->count && t->err == E_OK; i++)
		if (i + 1 == n->count ||
		    n->note[i].network != n->note[i + 1].network ||
		    strcmp(n->note[i].app, n->note[i + 1].app) != 0)
			write_note(t, &n->note[i]);
	arena_release(&n->arena);
	free(n->note);
	free(n);
	return true;
}

void
names_release(struct store_txn *t)
{
	if (t->names == NULL)
		return;
	arena_release(&t->names->arena);
	free(t->names->note);
	free(t->names);
}
