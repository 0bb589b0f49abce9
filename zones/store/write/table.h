/*
 * table.h - a hash table of keys, for what one transaction remembers.
 *
 * Open, with the hash beside each pointer: nearly every look at an entry
 * that is another's is saved, and growing looks at none.
 */
#ifndef ZONES_STORE_WRITE_TABLE_H
#define ZONES_STORE_WRITE_TABLE_H

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"

/* The first member of what is in a table. */
struct table_entry {
	const uint8_t *key;
	size_t len;
};

struct table_slot {
	uint64_t hash;
	struct table_entry *entry; /* NULL: free */
};

/* Embedded; all zero is empty.  The entries are their owner's. */
struct table {
	struct table_slot *slot;
	size_t slots, count; /* slots is a power of two */
};

/* Where it is or belongs. */
static inline struct table_slot *
table_probe(const struct table *t, uint64_t hash, const void *key, size_t len)
{
	size_t i = hash & (t->slots - 1);

	while (t->slot[i].entry != NULL &&
	    (t->slot[i].hash != hash || t->slot[i].entry->len != len ||
		memcmp(t->slot[i].entry->key, key, len) != 0))
		i = (i + 1) & (t->slots - 1);
	return &t->slot[i];
}

static inline void *
table_find(const struct table *t, const void *key, size_t len)
{
	if (t->count == 0)
		return NULL;
	return table_probe(t, hash_bytes(key, len), key, len)->entry;
}

static inline void
table_grow(struct table *t)
{
	struct table bigger = { .slots = t->slots == 0 ? 64 : t->slots * 2,
		.count = t->count };

	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		abort(); /* as arena.h */
	for (size_t i = 0; i < t->slots; i++) {
		size_t at = t->slot[i].hash & (bigger.slots - 1);

		if (t->slot[i].entry == NULL)
			continue;
		while (bigger.slot[at].entry != NULL)
			at = (at + 1) & (bigger.slots - 1);
		bigger.slot[at] = t->slot[i];
	}
	free(t->slot);
	*t = bigger;
}

/* One that is not there. */
static inline void
table_add(struct table *t, struct table_entry *e)
{
	uint64_t hash = hash_bytes(e->key, e->len);

	assert(table_find(t, e->key, e->len) == NULL);
	if (t->count * 4 >= t->slots * 3)
		table_grow(t);
	*table_probe(t, hash, e->key, e->len) = (struct table_slot){ hash, e };
	t->count++;
}

static inline void
table_release(struct table *t)
{
	free(t->slot);
	memset(t, 0, sizeof(*t));
}

#endif
