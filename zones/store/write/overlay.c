/*
 * overlay.c - see overlay.h.
 */
#include "overlay.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "zones/store/read/pages.h"

/*
 * The key's first octets as numbers: with these, few comparisons touch the
 * keys, which are all over the memory.
 */
#define WORDS 3

struct sorted {
	uint64_t word[WORDS];
	struct overlay_entry *entry;
};

static struct sorted
sorted_of(struct overlay_entry *e)
{
	uint8_t bytes[8 * WORDS] = { 0 };
	struct wire_in in = wire_in(bytes, sizeof(bytes));
	struct sorted s = { .entry = e };

	memcpy(bytes, e->in.key,
	    e->in.len < sizeof(bytes) ? e->in.len : sizeof(bytes));
	for (unsigned i = 0; i < WORDS; i++)
		s.word[i] = wire_get64(&in);
	return s;
}

struct overlay_entry *
overlay_find(const struct overlay *o, const void *key, size_t len)
{
	return table_find(&o->table, key, len);
}

static void
append(struct overlay *o, struct overlay_entry *e)
{
	o->all = array_grow(o->all, o->table.count, &o->room, sizeof(*o->all));
	o->all[o->table.count] = sorted_of(e);
	table_add(&o->table, &e->in);
}

/* The value's room stands behind the key: it is enough for most. */
static struct overlay_entry *
add_to_overlay(struct overlay *o, const struct store_key *key, size_t len)
{
	size_t size = sizeof(struct overlay_entry) + key->out.len + len;
	struct overlay_entry *e = arena_room(&o->arena, size);
	uint8_t *bytes = (uint8_t *)(e + 1);

	memcpy(bytes, key->buf, key->out.len);
	*e = (struct overlay_entry){ .in = { bytes, key->out.len },
		.room = (uint32_t)len };
	append(o, e);
	o->bytes += size + sizeof(*o->all);
	return e;
}

static uint8_t *
room(struct overlay *o, struct overlay_entry *e, size_t len)
{
	if (len <= e->room)
		return e->value != NULL ? e->value
					: (uint8_t *)(e + 1) + e->in.len;
	/* What grew once will again: lists and packs. */
	e->room = (uint32_t)(len + len / 2);
	o->bytes += e->room;
	return arena_room(&o->arena, e->room);
}

void
overlay_put(struct overlay *o, const struct store_key *key, const void *value,
    size_t len)
{
	struct overlay_entry *e = overlay_find(o, key->buf, key->out.len);

	if (e == NULL)
		e = add_to_overlay(o, key, value == NULL ? 0 : len);
	if (value == NULL) {
		e->value = NULL;
		e->room = 0;
		return;
	}
	e->value = room(o, e, len);
	memcpy(e->value, value, len);
	e->len = (uint32_t)len;
}

static inline bool
is_before(const struct sorted *a, const struct sorted *b)
{
	const struct table_entry *x = &a->entry->in, *y = &b->entry->in;
	int order;

	for (unsigned i = 0; i < WORDS; i++)
		if (a->word[i] != b->word[i])
			return a->word[i] < b->word[i];
	order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);
	return order != 0 ? order < 0 : x->len < y->len;
}

/*
 * By merging, with ROOM for half of it.  With the comparison inside, a load
 * of a million keys takes a tenth less than with qsort().
 */
static void
sort(struct sorted *all, struct sorted *room, size_t count)
{
	size_t left = count / 2, i = 0, j = left;

	if (count < 2)
		return;
	sort(all, room, left);
	sort(all + left, room, count - left);
	memcpy(room, all, left * sizeof(*all));
	for (size_t k = 0; i < left; k++)
		all[k] = j == count || is_before(&room[i], &all[j]) ? room[i++]
								    : all[j++];
}

void
overlay_sort(struct overlay *o)
{
	size_t count = o->table.count;
	struct sorted *room = malloc((count / 2 + 1) * sizeof(*room));

	if (room == NULL)
		no_memory();
	sort(o->all, room, count);
	free(room);
}

const struct overlay_entry *
overlay_at(const struct overlay *o, size_t i)
{
	assert(i < o->table.count);
	return o->all[i].entry;
}

static uint64_t
pair(const MDB_val *k, const MDB_val *v)
{
	return pages_pair(k->mv_data, k->mv_size, v->mv_data, v->mv_size);
}

static int
take_out(MDB_cursor *cursor, MDB_val *k, uint64_t *sum)
{
	MDB_val v;
	int rc = guard_get(cursor, k, &v, MDB_SET);

	if (rc != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	*sum -= pair(k, &v);
	return mdb_cursor_del(cursor, 0);
}

/* LMDB hands out what is there already, and stands at it then. */
int
overlay_write(
    MDB_cursor *cursor, MDB_val *k, MDB_val *v, bool new, uint64_t *sum)
{
	MDB_val was = *v;
	int rc;

	if (v->mv_data == NULL)
		return take_out(cursor, k, sum);
	*sum += pair(k, v);
	rc =
	    mdb_cursor_put(cursor, k, &was, new ? MDB_APPEND : MDB_NOOVERWRITE);
	if (rc != MDB_KEYEXIST || new)
		return rc;
	if (was.mv_size > VALUE_MOST)
		return MDB_CORRUPTED;
	*sum -= pair(k, &was);
	return mdb_cursor_put(cursor, k, v, MDB_CURRENT);
}

static int
write_entry(
    MDB_cursor *cursor, const struct overlay_entry *e, bool new, uint64_t *sum)
{
	MDB_val k = { .mv_size = e->in.len }, v = { e->len, e->value };
	const void *key = e->in.key;

	/* LMDB copies from it; its type is shared with reading. */
	memcpy(&k.mv_data, &key, sizeof(k.mv_data));
	return overlay_write(cursor, &k, &v, new, sum);
}

static bool
is_empty(MDB_txn *txn, MDB_dbi dbi)
{
	MDB_stat stat;

	return mdb_stat(txn, dbi, &stat) == 0 && stat.ms_entries == 0;
}

/* Entries that memory is asked for before they are written. */
#define AHEAD 8

/* Key and value mostly stand behind it. */
static void
entry_prefetch(const struct overlay_entry *e)
{
	__builtin_prefetch(e);
	__builtin_prefetch((const char *)e + 64);
	__builtin_prefetch((const char *)e + 128);
}

static int
write_all(struct overlay *o, MDB_cursor *cursor, bool new, uint64_t *sum)
{
	int rc = 0;

	overlay_sort(o);
	for (size_t i = 0; i < o->table.count && rc == 0; i++) {
		if (i + AHEAD < o->table.count)
			entry_prefetch(o->all[i + AHEAD].entry);
		rc = write_entry(cursor, o->all[i].entry, new, sum);
	}
	return rc;
}

int
overlay_flush(struct overlay *o, MDB_txn *txn, MDB_dbi dbi, uint64_t *sum)
{
	/* Into an empty store each page is filled before the next. */
	bool new = is_empty(txn, dbi);
	MDB_cursor *cursor;
	int rc;

	if (o->table.count == 0)
		return 0;
	if ((rc = mdb_cursor_open(txn, dbi, &cursor)) != 0)
		return rc;
	rc = write_all(o, cursor, new, sum);
	mdb_cursor_close(cursor);
	overlay_release(o);
	return rc;
}

void
overlay_release(struct overlay *o)
{
	arena_release(&o->arena);
	table_release(&o->table);
	free(o->all);
	o->all = NULL;
	o->room = o->bytes = 0;
}
