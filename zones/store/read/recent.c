/*
 * recent.c - see recent.h.  A hash table that forgets.
 */
#include "zones/store/read/recent.h"

#include <arpa/inet.h>
#include <assert.h>

#include "zones/store/read/env.h"

#define PLACES   8
#define BITS_MIN 9
#define BITS_MAX 18

#define LINE 64 /* octets of a cache line */
/* For copies: lines a place, and in all. */
#define PLACE_LINES 2
#define LINES_MAX   ((size_t)1024 * 1024)
/* Larger ones cost more to answer with than to find. */
#define VALUE_MAX 2048

/* One line.  Its places point to copies. */
struct recent_bucket {
	uint16_t tag[PLACES];
	uint32_t at[PLACES]; /* counted in lines; 0: nothing */
	uint64_t generation;
	uint8_t turn; /* the place that is given up next */
} __attribute__((aligned(LINE)));

static_assert(sizeof(struct recent_bucket) == LINE, "one cache line");
static_assert(RECENT_OCTETS == (LINES_MAX + (1 << BITS_MAX)) * LINE,
    "buckets, then copies");

/* A key and its value, from the begin of a line on. */
struct recent_copy {
	uint16_t key_len, value_len;
	uint8_t octets[];
};

#define ABSENT UINT16_MAX /* as the length of a value */

static uint64_t
hash_lane(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9fb21c651e98df25;
	return h ^ h >> 29;
}

/*
 * Eight octets at a time, the last eight once more with what is before
 * them.  What this spreads badly is found the slow way.
 */
static inline uint64_t
label_hash(uint64_t h, struct label l)
{
	const uint8_t *at = l.at;
	unsigned left = l.len;

	if (left < 8) {
		for (unsigned i = 0; i < left; i++)
			h = h * 31 + at[i];
		return hash_lane(h, left);
	}
	for (; left > 8; left -= 8, at += 8)
		h = hash_lane(h, octets_8(at));
	return hash_lane(h + l.len, octets_8(l.at + l.len - 8));
}

static uint64_t
key_hash(const struct recent_key *key)
{
	uint64_t h = (uint64_t)key->network << 8 | (uint8_t)key->kind;

	h = label_hash(h * 0x9e3779b97f4a7c15, key->first);
	if (key->second.at != NULL)
		h = label_hash(h, key->second);
	h *= 0x9e3779b97f4a7c15;
	return (h ^ h >> 32) | 1; /* 0 is none */
}

static uint16_t
key_length(const struct recent_key *key)
{
	unsigned second = key->second.at == NULL ? 0 : 1U + key->second.len;

	return (uint16_t)(KEY_START + key->first.len + second);
}

static void
key_write(const struct recent_key *key, struct wire_out *out)
{
	wire_put32(out, key->network);
	wire_put8(out, (uint8_t)key->kind);
	wire_put(out, key->first.at, key->first.len);
	if (key->second.at != NULL) {
		wire_put8(out, 0);
		wire_put(out, key->second.at, key->second.len);
	}
}

static inline bool
is_label_at(const struct label *l, const uint8_t *at)
{
	return label_same(*l, (struct label){ at, l->len });
}

/* Octets of the right length are this key's. */
static inline bool
is_key_at(const struct recent_key *key, const uint8_t *at)
{
	uint32_t network = htonl(key->network);

	if (memcmp(at, &network, 4) != 0 || at[4] != (uint8_t)key->kind ||
	    !is_label_at(&key->first, at + KEY_START))
		return false;
	at += KEY_START + key->first.len;
	return key->second.at == NULL ||
	    (at[0] == 0 && is_label_at(&key->second, at + 1));
}

/* The first line is no copy: it is what an empty place points to. */
static void
table_clear(struct recent *r)
{
	r->generation++;
	r->lines = 1;
	r->full = false;
}

/* A place for each key; names that are not there take as many as are left. */
void
recent_forget(struct recent *r, size_t keys)
{
	unsigned bits = BITS_MIN;
	size_t most;

	while (bits < BITS_MAX && ((size_t)PLACES << bits) < keys)
		bits++;
	most = (size_t)PLACE_LINES * PLACES << bits;
	r->shift = 64 - bits;
	r->most = (uint32_t)(most < LINES_MAX ? most : LINES_MAX);
	table_clear(r);
}

void
recent_start(struct recent *r, void *at)
{
	r->buckets = at;
	r->copies = (uint8_t *)(r->buckets + ((size_t)1 << BITS_MAX));
	recent_forget(r, 0);
}

void
recent_make_room(struct recent *r)
{
	if (r->full)
		table_clear(r);
}

static struct recent_bucket *
recent_bucket_of(const struct recent *r, uint64_t hash)
{
	return &r->buckets[hash >> r->shift];
}

static struct recent_copy *
copy_at(const struct recent *r, uint32_t line)
{
	return (struct recent_copy *)(r->copies + (size_t)line * LINE);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "the first of four tags is the lowest part of their number");

/* The top bits of those of four tags that are TAG. */
static inline uint64_t
same_tags(const uint16_t tags[4], uint16_t tag)
{
	const uint64_t low = UINT64_C(0x7fff7fff7fff7fff);
	uint64_t v;

	memcpy(&v, tags, sizeof(v));
	v ^= tag * UINT64_C(0x0001000100010001);
	return ~(((v & low) + low) | v | low);
}

/*
 * The places with a tag, a bit each; place_next() takes one out.  Where a
 * loop over the tags will end no processor foresees: 0.015 µs.
 */
static inline uint64_t
places_of(const struct recent_bucket *b, uint16_t tag)
{
	return same_tags(b->tag, tag) >> 15 | same_tags(b->tag + 4, tag) >> 14;
}

static inline unsigned
place_next(uint64_t *places)
{
	unsigned bit = (unsigned)__builtin_ctzll(*places);

	*places &= *places - 1;
	return bit / 16 + bit % 2 * 4;
}

static const struct recent_copy *
copy_find(const struct recent *r, const struct recent_bucket *b, uint16_t tag,
    const struct recent_key *key)
{
	uint16_t len = key_length(key);
	uint64_t places = places_of(b, tag);

	if (b->generation != r->generation)
		return NULL;
	while (places != 0) {
		const struct recent_copy *c =
		    copy_at(r, b->at[place_next(&places)]);

		if (c->key_len == len && is_key_at(key, c->octets))
			return c;
	}
	return NULL;
}

/* VALUE: NULL where the key is absent. */
static void
copy_keep(struct recent *r, struct recent_bucket *b, uint16_t tag,
    const MDB_val *key, const MDB_val *value)
{
	size_t value_len = value == NULL ? 0 : value->mv_size;
	struct recent_copy *c = copy_at(r, r->lines);
	size_t lines =
	    (sizeof(*c) + key->mv_size + value_len + LINE - 1) / LINE;

	if (value_len > VALUE_MAX)
		return;
	if (lines > r->most - r->lines) {
		r->full = true;
		return;
	}
	c->key_len = (uint16_t)key->mv_size;
	c->value_len = value == NULL ? ABSENT : (uint16_t)value_len;
	memcpy(c->octets, key->mv_data, key->mv_size);
	if (value_len > 0)
		memcpy(c->octets + key->mv_size, value->mv_data, value_len);
	if (b->generation != r->generation)
		*b = (struct recent_bucket){ .generation = r->generation };
	b->tag[b->turn] = tag;
	b->at[b->turn] = r->lines;
	b->turn = (uint8_t)((b->turn + 1) % PLACES);
	r->lines += (uint32_t)lines;
}

/* The tree is asked; what it says is remembered in B. */
static bool
tree_ask(struct recent *r, MDB_cursor *cursor, const struct recent_key *key,
    struct recent_bucket *b, uint16_t tag, struct wire_in *value)
{
	uint8_t buf[KEY_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	MDB_val k, v;
	int rc;

	key_write(key, &out);
	if (out.bad)
		return false;
	k = (MDB_val){ .mv_data = buf, .mv_size = out.len };
	rc = guard_get(cursor, &k, &v, MDB_SET);
	if (rc == 0 || rc == MDB_NOTFOUND)
		copy_keep(r, b, tag, &k, rc == 0 ? &v : NULL);
	if (rc == 0)
		*value = wire_in(v.mv_data, v.mv_size);
	return rc == 0;
}

bool
recent_get(struct recent *r, MDB_cursor *cursor, const struct recent_key *key,
    struct wire_in *value)
{
	uint64_t place = key->place == 0 ? key_hash(key) : key->place;
	struct recent_bucket *b = recent_bucket_of(r, place);
	const struct recent_copy *c = copy_find(r, b, (uint16_t)place, key);

	if (c == NULL)
		return tree_ask(r, cursor, key, b, (uint16_t)place, value);
	wire_in_start(value, c->octets + c->key_len, c->value_len);
	return c->value_len != ABSENT;
}

uint64_t
lookup_place_app(uint32_t network, struct label name)
{
	const struct recent_key key = {
		.network = network, .kind = KEY_INSTANCES, .first = name
	};

	return key_hash(&key);
}

uint64_t
lookup_place_instance(uint32_t network, struct label app, struct label id)
{
	const struct recent_key key = { .network = network,
		.kind = KEY_INSTANCE,
		.first = app,
		.second = id };

	return key_hash(&key);
}

void
lookup_expect(const struct snapshot *s, uint64_t place)
{
	if (place != LOOKUP_NO_PLACE)
		recent_prefetch(recent_bucket_of(&s->recent, place));
}

/* An app of three instances takes four lines. */
void
lookup_fetch(const struct snapshot *s, uint64_t place)
{
	const struct recent_bucket *b;
	uint64_t places;

	if (place == LOOKUP_NO_PLACE)
		return; /* without a store, S is NULL */
	b = recent_bucket_of(&s->recent, place);
	places = places_of(b, (uint16_t)place);
	while (places != 0) {
		const char *at = (const char *)copy_at(
		    &s->recent, b->at[place_next(&places)]);

		for (unsigned line = 0; line < 5; line++)
			recent_prefetch(at + LINE * line);
	}
}
