/*
 * store_recent.c - see store_recent.h.  A hash table that forgets.
 */
#include "store_recent.h"

#include <assert.h>
#include <sys/mman.h>

#define PLACES   4
#define BITS_MIN 6
#define BITS_MAX 20

/* One cache line.  In the map, a key's value stands right behind it. */
struct recent_bucket {
	const uint8_t *key[PLACES];
	uint16_t tag[PLACES];
	uint16_t key_len[PLACES]; /* 0: free */
	uint16_t value_len[PLACES];
	uint32_t generation;
	uint8_t turn; /* the place that is given up next */
};

static_assert(sizeof(struct recent_bucket) == 64, "one cache line");

/*
 * Eight octets at a time, since a key is thirty and more; what it spreads
 * badly is found the slow way.
 */
static uint64_t
hash_of(const MDB_val *key)
{
	const uint8_t *at = key->mv_data;
	size_t left = key->mv_size;
	uint64_t h = left, v;

	for (; left > 8; left -= 8, at += 8) {
		memcpy(&v, at, 8);
		h = (h ^ v) * 0x9fb21c651e98df25;
		h ^= h >> 29;
	}
	v = 0;
	memcpy(&v, at, left);
	h = (h ^ v) * 0x9fb21c651e98df25;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15;
	return (h ^ h >> 32) | 1; /* 0 is none */
}

static size_t
table_bytes(unsigned bits)
{
	return sizeof(struct recent_bucket) << bits;
}

/* A place for every second key: most keys are never asked for by name. */
static unsigned
bits_for(size_t keys)
{
	unsigned bits = BITS_MIN;

	while (bits < BITS_MAX && ((size_t)PLACES << bits) < keys / 2)
		bits++;
	return bits;
}

void
recent_release(struct recent *r)
{
	if (r->buckets != NULL)
		(void)munmap(r->buckets, table_bytes(r->bits));
	r->buckets = NULL;
}

/* Zeros, at the begin of a cache line, and no memory until it is used. */
static void
table_make(struct recent *r, unsigned bits)
{
	void *at = mmap(NULL, table_bytes(bits), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return;
	(void)madvise(at, table_bytes(bits), MADV_HUGEPAGE);
	r->buckets = at;
	r->bits = bits;
}

void
recent_forget(struct recent *r, size_t keys)
{
	unsigned bits = bits_for(keys);

	/* Grows when it must; shrinking is not worth a fresh start. */
	if (++r->generation == 0 || r->buckets == NULL || bits > r->bits) {
		recent_release(r);
		r->generation = 1;
		table_make(r, bits);
	}
}

static struct recent_bucket *
bucket_of(const struct recent *r, uint64_t hash)
{
	return &r->buckets[hash >> (64 - r->bits)];
}

static bool
find(const struct recent *r, const struct recent_bucket *b, uint16_t tag,
    const MDB_val *key, struct wire_in *value)
{
	if (b->generation != r->generation)
		return false;
	for (unsigned i = 0; i < PLACES; i++) {
		if (b->tag[i] != tag || b->key_len[i] != key->mv_size ||
		    memcmp(b->key[i], key->mv_data, key->mv_size) != 0)
			continue;
		*value = wire_in(b->key[i] + b->key_len[i], b->value_len[i]);
		return true;
	}
	return false;
}

static void
keep(const struct recent *r, struct recent_bucket *b, uint16_t tag,
    const MDB_val *key, const MDB_val *value)
{
	const uint8_t *at = key->mv_data;
	unsigned i;

	/* A value of several pages stands elsewhere. */
	if (value->mv_data != at + key->mv_size || value->mv_size > UINT16_MAX)
		return;
	if (b->generation != r->generation)
		*b = (struct recent_bucket){ .generation = r->generation };
	i = b->turn;
	b->turn = (uint8_t)((i + 1) % PLACES);
	b->key[i] = at;
	b->tag[i] = tag;
	b->key_len[i] = (uint16_t)key->mv_size;
	b->value_len[i] = (uint16_t)value->mv_size;
}

bool
recent_get(struct recent *r, MDB_cursor *cursor, const MDB_val *key,
    struct wire_in *value)
{
	struct recent_bucket *b;
	MDB_val k = *key, v;
	uint64_t hash;

	if (r->buckets == NULL) {
		if (mdb_cursor_get(cursor, &k, &v, MDB_SET) != 0)
			return false;
		*value = wire_in(v.mv_data, v.mv_size);
		return true;
	}
	hash = hash_of(key);
	b = bucket_of(r, hash);
	if (find(r, b, (uint16_t)hash, key, value))
		return true;
	/* SET_KEY, unlike SET, says where the key stands. */
	if (mdb_cursor_get(cursor, &k, &v, MDB_SET_KEY) != 0)
		return false;
	keep(r, b, (uint16_t)hash, &k, &v);
	*value = wire_in(v.mv_data, v.mv_size);
	return true;
}

uint64_t
recent_expect(const struct recent *r, const MDB_val *key)
{
	uint64_t hash;

	if (r->buckets == NULL)
		return 0;
	hash = hash_of(key);
	__builtin_prefetch(bucket_of(r, hash));
	return hash;
}

/* A key and a value of the usual size are three cache lines. */
void
recent_fetch(const struct recent *r, uint64_t place)
{
	const struct recent_bucket *b = bucket_of(r, place);

	for (unsigned i = 0; i < PLACES; i++) {
		if (b->tag[i] != (uint16_t)place)
			continue;
		for (unsigned line = 0; line < 4; line++)
			__builtin_prefetch(b->key[i] + 64 * line);
	}
}
