/*
 * store_overlay.c - see store_overlay.h.
 */
#include "store_overlay.h"

#include <stdlib.h>

struct overlay_entry *
overlay_find(const struct overlay *o, const void *key, size_t len)
{
	return table_find(&o->table, key, len);
}

static struct overlay_entry *
add(struct overlay *o, const struct store_key *key)
{
	size_t size = sizeof(struct overlay_entry) + key->out.len;
	struct overlay_entry *e = arena_take(&o->arena, size);
	uint8_t *bytes = (uint8_t *)(e + 1);

	memcpy(bytes, key->buf, key->out.len);
	e->in = (struct table_entry){ bytes, key->out.len };
	table_add(&o->table, &e->in);
	o->bytes += size;
	return e;
}

void
overlay_put(struct overlay *o, const struct store_key *key, const void *value,
    size_t len)
{
	struct overlay_entry *e = overlay_find(o, key->buf, key->out.len);

	if (e == NULL)
		e = add(o, key);
	if (value == NULL) {
		e->value = NULL;
		e->room = 0;
		return;
	}
	if (e->value == NULL || len > e->room) {
		/* Lists and packs grow: some room saves the next copy. */
		e->room = (uint32_t)(len + len / 2);
		e->value = arena_take(&o->arena, e->room + 1);
		o->bytes += e->room;
	}
	memcpy(e->value, value, len);
	e->len = (uint32_t)len;
}

/*
 * The first octets as numbers: with these, few comparisons touch the keys,
 * which are all over the memory.
 */
#define WORDS 3

struct ordered {
	uint64_t word[WORDS];
	const struct overlay_entry *entry;
};

static struct ordered
ordered_of(const struct overlay_entry *e)
{
	uint8_t bytes[8 * WORDS] = { 0 };
	struct wire_in in = wire_in(bytes, sizeof(bytes));
	struct ordered o = { .entry = e };

	memcpy(bytes, e->in.key,
	    e->in.len < sizeof(bytes) ? e->in.len : sizeof(bytes));
	for (unsigned i = 0; i < WORDS; i++)
		o.word[i] = wire_get64(&in);
	return o;
}

static int
compare(const void *va, const void *vb)
{
	const struct ordered *a = va, *b = vb;
	const struct table_entry *x, *y;
	int order;

	for (unsigned i = 0; i < WORDS; i++)
		if (a->word[i] != b->word[i])
			return a->word[i] < b->word[i] ? -1 : 1;
	x = &a->entry->in;
	y = &b->entry->in;
	order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);
	if (order != 0 || x->len == y->len)
		return order;
	return x->len < y->len ? -1 : 1;
}

static struct ordered *
sort(const struct overlay *o)
{
	const struct table *t = &o->table;
	struct ordered *all = malloc((t->count + 1) * sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		abort(); /* as arena.h */
	for (size_t i = 0; i < t->slots; i++)
		if (t->slot[i].entry != NULL)
			all[n++] = ordered_of(
			    (const struct overlay_entry *)t->slot[i].entry);
	qsort(all, n, sizeof(*all), compare);
	return all;
}

static int
write_entry(MDB_cursor *cursor, const struct overlay_entry *e, unsigned flags)
{
	MDB_val k = { .mv_size = e->in.len }, v = { .mv_size = e->len };
	const void *key = e->in.key;
	int rc;

	/* LMDB copies from it; its type is shared with reading. */
	memcpy(&k.mv_data, &key, sizeof(k.mv_data));
	v.mv_data = e->value;
	if (e->value != NULL)
		return mdb_cursor_put(cursor, &k, &v, flags);
	rc = mdb_cursor_get(cursor, &k, &v, MDB_SET);
	if (rc == MDB_NOTFOUND)
		return 0;
	return rc != 0 ? rc : mdb_cursor_del(cursor, 0);
}

static bool
is_empty(MDB_txn *txn, MDB_dbi dbi)
{
	MDB_stat stat;

	return mdb_stat(txn, dbi, &stat) == 0 && stat.ms_entries == 0;
}

/* Entries that memory is asked for before they are written. */
#define AHEAD 8

int
overlay_flush(struct overlay *o, MDB_txn *txn, MDB_dbi dbi)
{
	/* Into an empty store each page is filled before the next. */
	unsigned flags = is_empty(txn, dbi) ? MDB_APPEND : 0;
	struct ordered *all;
	MDB_cursor *cursor;
	int rc;

	if (o->table.count == 0)
		return 0;
	if ((rc = mdb_cursor_open(txn, dbi, &cursor)) != 0)
		return rc;
	all = sort(o);
	for (size_t i = 0; i < o->table.count && rc == 0; i++) {
		if (i + AHEAD < o->table.count)
			__builtin_prefetch(all[i + AHEAD].entry);
		rc = write_entry(cursor, all[i].entry, flags);
	}
	mdb_cursor_close(cursor);
	free(all);
	overlay_release(o);
	return rc;
}

void
overlay_release(struct overlay *o)
{
	arena_release(&o->arena);
	table_release(&o->table);
	o->bytes = 0;
}
