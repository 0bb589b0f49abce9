/*
 * cache_shard.c - blocks, entries and who has to go.
 */
#include "cache_impl.h"

#include <assert.h>

/* A further block: where it goes on, then octets. */
struct tail {
	uint32_t next;
	uint8_t octets[BLOCK - 4];
};

#define TAIL_OCTETS sizeof(((struct tail *)0)->octets)

#define HEAD_OCTETS (BLOCK - offsetof(struct entry, octets))

static struct entry *
entry_at(const struct shard *s, uint32_t block)
{
	return (struct entry *)(void *)(s->blocks + (size_t)block * BLOCK);
}

static uint32_t
block_of(const struct shard *s, const struct entry *e)
{
	return (uint32_t)(((const uint8_t *)e - s->blocks) / BLOCK);
}

static struct tail *
tail_at(const struct shard *s, uint32_t block)
{
	return (struct tail *)(void *)(s->blocks + (size_t)block * BLOCK);
}

/* Where an entry's stream of octets is read or written next. */
struct stream {
	const struct shard *shard;
	uint8_t *at;
	size_t left;   /* in this block */
	uint32_t next; /* block */
};

static struct stream
stream_of(const struct shard *s, struct entry *e)
{
	return (struct stream){ s, e->octets, HEAD_OCTETS, e->next };
}

static size_t
stream_piece(struct stream *st, size_t want)
{
	if (st->left == 0) {
		struct tail *t = tail_at(st->shard, st->next);

		st->at = t->octets;
		st->left = TAIL_OCTETS;
		st->next = t->next;
	}
	return want < st->left ? want : st->left;
}

static void
stream_skip(struct stream *st, size_t n)
{
	st->at += n;
	st->left -= n;
}

static void
stream_get(struct stream *st, uint8_t *to, size_t len)
{
	while (len > 0) {
		size_t n = stream_piece(st, len);

		memcpy(to, st->at, n);
		stream_skip(st, n);
		to += n;
		len -= n;
	}
}

static void
stream_put(struct stream *st, const uint8_t *from, size_t len)
{
	while (len > 0) {
		size_t n = stream_piece(st, len);

		memcpy(st->at, from, n);
		stream_skip(st, n);
		from += n;
		len -= n;
	}
}

static bool
stream_is(struct stream *st, const uint8_t *what, size_t len)
{
	while (len > 0) {
		size_t n = stream_piece(st, len);

		if (memcmp(st->at, what, n) != 0)
			return false;
		stream_skip(st, n);
		what += n;
		len -= n;
	}
	return true;
}

static bool
entry_is_for(
    const struct shard *s, struct entry *e, const struct cache_key *key)
{
	struct stream st = stream_of(s, e);

	return e->hash == key->hash && e->scope == key->scope &&
	    e->qtype == key->qtype && e->edns_do == key->edns_do &&
	    e->cd == key->cd && e->name_len == key->name->len &&
	    stream_is(&st, key->name->wire, key->name->len);
}

static uint32_t *
bucket_of(struct shard *s, uint64_t hash)
{
	return &s->buckets[(uint32_t)hash & s->bucket_mask];
}

struct entry *
shard_find(struct shard *s, const struct cache_key *key)
{
	uint32_t block = *bucket_of(s, key->hash);

	assert(shard_is_locked(s));
	while (block != NO_BLOCK) {
		struct entry *e = entry_at(s, block);

		if (entry_is_for(s, e, key))
			return e;
		block = e->chain;
	}
	return NULL;
}

void
entry_used(struct shard *s, const struct entry *e)
{
	s->marks[block_of(s, e)] = MARK_USED;
}

void
shard_reset(struct shard *s)
{
	memset(s->marks, MARK_FREE, s->touched);
	memset(s->buckets, 0xff, (s->bucket_mask + 1) * sizeof(*s->buckets));
	s->touched = s->free_count = s->hand = s->entries = 0;
	s->free = NO_BLOCK;
}

static void
block_free(struct shard *s, uint32_t block)
{
	s->marks[block] = MARK_FREE;
	tail_at(s, block)->next = s->free;
	s->free = block;
	s->free_count++;
}

void
shard_remove(struct shard *s, struct entry *e)
{
	uint32_t *at = bucket_of(s, e->hash);
	uint32_t block = block_of(s, e), next = e->next;

	assert(shard_is_locked(s));
	while (*at != block)
		at = &entry_at(s, *at)->chain;
	*at = e->chain;
	block_free(s, block);
	while (next != NO_BLOCK) {
		block = next;
		next = tail_at(s, block)->next;
		block_free(s, block);
	}
	s->entries--;
}

static bool
entry_is_below(const struct shard *s, struct entry *e, const struct dname *name)
{
	uint8_t wire[DNS_NAME_MAX];
	struct stream st = stream_of(s, e);
	struct wire_in in = wire_in(wire, e->name_len);
	struct dname its;

	stream_get(&st, wire, e->name_len);
	return dname_get(&its, &in) && dname_is_below(&its, name);
}

void
shard_forget(struct shard *s, const struct dname *name)
{
	assert(shard_is_locked(s));
	for (uint32_t i = 0; i < s->touched; i++) {
		struct entry *e = entry_at(s, i);

		if ((s->marks[i] == MARK_COLD || s->marks[i] == MARK_USED) &&
		    entry_is_below(s, e, name))
			shard_remove(s, e);
	}
}

/* One step of the hand: who was used is spared once, unless too old. */
static void
hand_step(struct shard *s, int64_t now_ms)
{
	uint32_t block = s->hand;

	s->hand = block + 1 < s->count ? block + 1 : 0;
	switch ((enum mark)s->marks[block]) {
	case MARK_FREE:
	case MARK_TAIL:
		break;
	case MARK_USED:
		if (now_ms < entry_at(s, block)->expires_ms + STALE_MS) {
			s->marks[block] = MARK_COLD;
			break;
		}
		shard_remove(s, entry_at(s, block));
		break;
	case MARK_COLD:
		shard_remove(s, entry_at(s, block));
		break;
	}
}

static uint32_t
block_take(struct shard *s, enum mark mark)
{
	uint32_t block = s->free;

	if (block != NO_BLOCK) {
		s->free = tail_at(s, block)->next;
		s->free_count--;
	} else {
		block = s->touched++;
	}
	s->marks[block] = (uint8_t)mark;
	return block;
}

/* A chain of N blocks that is nobody's; the hand makes room for it. */
static uint32_t
entry_take(struct shard *s, size_t n, int64_t now_ms)
{
	uint32_t next = NO_BLOCK, block;

	while (s->count - s->touched + s->free_count < n)
		hand_step(s, now_ms);
	for (; n > 1; n--) {
		block = block_take(s, MARK_TAIL);
		tail_at(s, block)->next = next;
		next = block;
	}
	block = block_take(s, MARK_COLD);
	entry_at(s, block)->next = next;
	s->entries++;
	return block;
}

size_t
blocks_for(size_t octets)
{
	if (octets <= HEAD_OCTETS)
		return 1;
	return 1 + (octets - HEAD_OCTETS + TAIL_OCTETS - 1) / TAIL_OCTETS;
}

static void
entry_fill(struct shard *s, struct entry *e, const struct cache_key *key,
    int64_t now_ms, const struct answer *a)
{
	uint32_t next = e->next;
	struct stream st;

	*e = (struct entry){ .hash = key->hash,
		.scope = key->scope,
		.stored_ms = now_ms,
		.expires_ms = now_ms + a->ttl * INT64_C(1000),
		.next = next,
		.qtype = key->qtype,
		.len = (uint16_t)a->len,
		.name_len = key->name->len,
		.ede_len = a->ede_len,
		.rcode = a->rcode,
		.edns_do = key->edns_do,
		.cd = key->cd,
		.authentic = a->authentic,
		.leads = a->chain,
		.open = a->open };
	memcpy(e->count, a->count, sizeof(e->count));
	st = stream_of(s, e);
	stream_put(&st, key->name->wire, key->name->len);
	stream_put(&st, a->ede, a->ede_len);
	stream_put(&st, a->body, a->len);
}

void
entry_copy(const struct shard *s, struct entry *e,
    const struct cache_space *space, struct answer *a)
{
	uint8_t *body = e->len <= space->room_len ? space->room : space->spare;
	struct stream st = stream_of(s, e);

	assert(body != NULL && space->ede != NULL);
	*a = (struct answer){ .rcode = e->rcode,
		.authentic = e->authentic,
		.chain = e->leads,
		.open = e->open,
		.body = body,
		.len = e->len,
		.ede = space->ede,
		.ede_len = e->ede_len };
	memcpy(a->count, e->count, sizeof(a->count));
	for (size_t skip = e->name_len, n; skip > 0; skip -= n) {
		n = stream_piece(&st, skip);
		stream_skip(&st, n);
	}
	stream_get(&st, space->ede, e->ede_len);
	stream_get(&st, body, e->len);
}

void
shard_add(struct shard *s, const struct cache_key *key, int64_t now_ms,
    const struct answer *a, size_t blocks)
{
	uint32_t block = entry_take(s, blocks, now_ms);
	uint32_t *bucket = bucket_of(s, key->hash);
	struct entry *e = entry_at(s, block);

	assert(shard_find(s, key) == NULL && blocks <= s->count);
	entry_fill(s, e, key, now_ms, a);
	e->chain = *bucket;
	*bucket = block;
}
