/*
 * names.c - the list of a network's apps, changed in its own order.
 */
#include "names.h"

#include <stdlib.h>

#include "base/array.h"
#include "impl.h"

/*
 * With less, a page takes in the one behind it; if that is too much, the
 * halves are far from either bound.
 */
#define PAGE_LEAST (NAMES_FULL / 4)

struct note {
	uint32_t network;
	size_t at; /* in the order of coming */
	const char *app;
	bool is;
};

struct names {
	struct arena arena; /* of the notes */
	struct note *note;
	size_t count, room;

	struct name_list list; /* what a page will hold */
	struct arena pages;    /* that its names are in */
};

void
names_note(struct store_txn *t, uint32_t network, const char *app, bool is)
{
	struct names *n = t->names;

	if (n == NULL)
		t->names = n = calloc(1, sizeof(*n));
	if (n == NULL)
		no_memory();
	n->note = array_grow(n->note, n->count, &n->room, sizeof(*n->note));
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

/* Takes the names of a page and, in their order, what COUNT notes say. */
static void
merge(struct name_list *list, struct names_in *in, const struct note *note,
    size_t count)
{
	struct label old;
	bool more = names_next(in, &old);

	while (more || count > 0) {
		struct label new = { 0 };
		int order = more ? -1 : 1;

		if (count > 0)
			new = label_of(note->app);
		if (count > 0 && more)
			order = label_compare(old, new);
		if (order < 0)
			name_list_add(list, old, false);
		else if (note->is)
			name_list_add(list, new, true);
		if (order <= 0)
			more = names_next(in, &old);
		if (order >= 0) {
			note++;
			count--;
		}
	}
}

/* --- pages in their order */

static bool
is_page(const MDB_val *k, uint32_t network)
{
	struct store_key first;

	names_key(&first, network, (struct label){ 0 });
	return val_begins(k, &first);
}

static bool
is_key(const MDB_val *k, const struct store_key *key)
{
	return k->mv_size == key->out.len && val_begins(k, key);
}

/* The page that has, or would have, a name; its key into KEY. */
static void
find_page(struct store_txn *t, uint32_t network, struct label name,
    struct store_key *key, MDB_val *page)
{
	MDB_val k;
	int rc;

	names_key(key, network, name);
	k = key_val(key);
	rc = mdb_cursor_get(t->cursor, &k, page, MDB_SET_RANGE);
	if (rc == 0 && is_key(&k, key))
		return;
	if (rc == 0 || rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(t->cursor, &k, page,
		    rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	if (rc == 0 && is_page(&k, network)) {
		key_copy(key, k.mv_data, k.mv_size);
		return;
	}
	names_key(key, network, (struct label){ 0 });
	*page = (MDB_val){ 0 };
	(void)txn_holds(t, rc == MDB_NOTFOUND ? 0 : rc);
}

/* The page behind KEY, whose key KEY becomes; false: there is none. */
static bool
next_page(
    struct store_txn *t, uint32_t network, struct store_key *key, MDB_val *page)
{
	MDB_val k = key_val(key);
	int rc = mdb_cursor_get(t->cursor, &k, page, MDB_SET_RANGE);

	if (rc == 0 && is_key(&k, key))
		rc = mdb_cursor_get(t->cursor, &k, page, MDB_NEXT);
	if (rc == MDB_NOTFOUND || !txn_holds(t, rc) || !is_page(&k, network))
		return false;
	key_copy(key, k.mv_data, k.mv_size);
	return true;
}

/* How many of the notes are of names before a page. */
static size_t
notes_before(const struct note *note, size_t count, const struct store_key *key)
{
	struct label first = { key->buf + KEY_START,
		(uint8_t)(key->out.len - KEY_START) };
	size_t n = 0;

	while (n < count && label_compare(label_of(note[n].app), first) < 0)
		n++;
	return n;
}

static struct names_in
page_copy(struct names *n, const MDB_val *page)
{
	const char *copy = arena_copy(&n->pages, page->mv_data, page->mv_size);

	return (struct names_in){ .page = wire_in(copy, page->mv_size) };
}

/*
 * Writes the page of the first note's name, and what it takes in; returns
 * how many notes were for it.
 */
static size_t
change_page(struct store_txn *t, const struct note *note, size_t count)
{
	struct names *n = t->names;
	struct name_list *list = &n->list;
	uint32_t network = note->network;
	struct store_key key, next;
	bool more, takes_in = false;
	size_t used = 0;
	MDB_val page;

	list->count = list->octets = 0;
	arena_reset(&n->pages);
	find_page(t, network, label_of(note->app), &key, &page);
	key_copy(&next, key.buf, key.out.len);
	do {
		struct names_in in = page_copy(n, &page);
		size_t of = count - used;

		if (takes_in)
			txn_delete_now(t, &next);
		more = next_page(t, network, &next, &page);
		if (more)
			of = notes_before(note + used, of, &next);
		merge(list, &in, note + used, of);
		used += of;
		takes_in = true;
		(void)txn_holds(t, in.page.bad ? MDB_CORRUPTED : 0);
	} while (more && list->octets < PAGE_LEAST && t->err == E_OK);
	list->grows = list->grows && !more;
	if (list->count > 0)
		name_list_put(list, t, &key, network);
	else
		txn_delete_now(t, &key);
	return used;
}

/* The last word on each name of a network. */
static size_t
last_words(struct note *note, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || strcmp(note[i].app, note[i + 1].app) != 0)
			note[n++] = note[i];
	return n;
}

static void
change_network(struct store_txn *t, struct note *note, size_t count)
{
	count = last_words(note, count);
	while (count > 0 && t->err == E_OK) {
		size_t used = change_page(t, note, count);

		note += used;
		count -= used;
	}
}

void
names_write(struct store_txn *t)
{
	struct names *n = t->names;
	size_t of;

	if (n == NULL)
		return;
	qsort(n->note, n->count, sizeof(*n->note), compare);
	for (size_t i = 0; i < n->count; i += of) {
		of = 1;
		while (i + of < n->count &&
		    n->note[i + of].network == n->note[i].network)
			of++;
		change_network(t, n->note + i, of);
	}
	names_release(t);
}

void
names_release(struct store_txn *t)
{
	struct names *n = t->names;

	if (n == NULL)
		return;
	t->names = NULL;
	arena_release(&n->arena);
	arena_release(&n->pages);
	free(n->note);
	free(n->list.name);
	free(n);
}
