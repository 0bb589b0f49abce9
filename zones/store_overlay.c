/*
 * store_overlay.c - see store_overlay.h.
 */
#include "store_overlay.h"

#include <stdlib.h>

#include "base/hash.h"

static struct overlay_entry **
find_slot(const struct overlay *o, const void *key, size_t len)
{
	size_t i = hash_bytes(key, len) & (o->slots - 1);

	while (o->slot[i] != NULL &&
	    (o->slot[i]->key_len != len ||
		memcmp(o->slot[i]->key, key, len) != 0))
		i = (i + 1) & (o->slots - 1);
	return &o->slot[i];
}

struct overlay_entry *
overlay_find(const struct overlay *o, const void *key, size_t len)
{
	return o->count == 0 ? NULL : *find_slot(o, key, len);
}

static void
grow(struct overlay *o)
{
	struct overlay bigger = *o;

	bigger.slots = o->slots == 0 ? 64 : o->slots * 2;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		abort(); /* as arena.h */
	for (size_t i = 0; i < o->slots; i++)
		if (o->slot[i] != NULL)
			*find_slot(&bigger, o->slot[i]->key,
			    o->slot[i]->key_len) = o->slot[i];
	free(o->slot);
	*o = bigger;
}

static struct overlay_entry *
add(struct overlay *o, const struct store_key *key)
{
	struct overlay_entry *e;

	if (o->count * 2 >= o->slots)
		grow(o);
	e = arena_take(&o->arena, sizeof(*e) + key->out.len);
	e->key_len = (uint16_t)key->out.len;
	memcpy(e->key, key->buf, key->out.len);
	*find_slot(o, e->key, e->key_len) = e;
	o->count++;
	o->bytes += sizeof(*e) + key->out.len;
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
		e->value_room = 0;
		return;
	}
	if (e->value == NULL || len > e->value_room) {
		/* Lists and packs grow: some room saves the next copy. */
		e->value_room = (uint32_t)(len + len / 2);
		e->value = arena_take(&o->arena, e->value_room + 1);
		o->bytes += e->value_room;
	}
	memcpy(e->value, value, len);
	e->value_len = (uint32_t)len;
}

/* The first octets as numbers, so that most comparisons are one. */
struct ordered {
	uint64_t first, second;
	const struct overlay_entry *entry;
};

static uint64_t
octets_at(const struct overlay_entry *e, size_t at)
{
	uint8_t bytes[8] = { 0 };
	struct wire_in in = wire_in(bytes, sizeof(bytes));

	if (e->key_len > at)
		memcpy(bytes, e->key + at,
		    e->key_len - at < 8 ? e->key_len - at : 8U);
	return wire_get64(&in);
}

static int
compare(const void *va, const void *vb)
{
	const struct ordered *a = va, *b = vb;
	size_t len;
	int order;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	len = a->entry->key_len < b->entry->key_len ? a->entry->key_len
						    : b->entry->key_len;
	order = memcmp(a->entry->key, b->entry->key, len);
	return order != 0 ? order : a->entry->key_len - b->entry->key_len;
}

static struct ordered *
sort(const struct overlay *o)
{
	struct ordered *all = malloc((o->count + 1) * sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		abort(); /* as arena.h */
	for (size_t i = 0; i < o->slots; i++)
		if (o->slot[i] != NULL)
			all[n++] = (struct ordered){ octets_at(o->slot[i], 0),
				octets_at(o->slot[i], 8), o->slot[i] };
	qsort(all, n, sizeof(*all), compare);
	return all;
}

static int
write_entry(MDB_cursor *cursor, const struct overlay_entry *e, unsigned flags)
{
	MDB_val k = { .mv_size = e->key_len }, v = { .mv_size = e->value_len };
	const void *key = e->key;
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

int
overlay_flush(struct overlay *o, MDB_txn *txn, MDB_dbi dbi)
{
	/* Into an empty store each page is filled before the next. */
	unsigned flags = is_empty(txn, dbi) ? MDB_APPEND : 0;
	struct ordered *all;
	MDB_cursor *cursor;
	int rc;

	if (o->count == 0)
		return 0;
	if ((rc = mdb_cursor_open(txn, dbi, &cursor)) != 0)
		return rc;
	all = sort(o);
	for (size_t i = 0; i < o->count && rc == 0; i++)
		rc = write_entry(cursor, all[i].entry, flags);
	mdb_cursor_close(cursor);
	free(all);
	memset(o->slot, 0, o->slots * sizeof(*o->slot));
	arena_reset(&o->arena);
	o->count = o->bytes = 0;
	return rc;
}

void
overlay_release(struct overlay *o)
{
	arena_release(&o->arena);
	free(o->slot);
	memset(o, 0, sizeof(*o));
}
