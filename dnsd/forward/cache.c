/*
 * cache.c - see cache.h.
 */
#include "dnsd/forward/cache.h"

#include <assert.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "cache_impl.h"

#define SHARDS_MAX  64
#define SHARD_LEAST (256 * 1024)

#define HOLD_MS 5000 /* RFC 9520, 3.2: no sooner asked again */

/* Prefetch: in the last tenth, of what was asked for at least thus often. */
#define PREFETCH_PART 10
#define PREFETCH_HITS 3
#define PREFETCH_WAIT 2000 /* ms until it may be asked again */

struct cache {
	struct shard shard[SHARDS_MAX];
	unsigned shards; /* 0: keeps nothing */
	struct siphash_key seed;
	void *memory;
	size_t memory_len;
};

/* Octets that a block costs: itself, its mark, its bucket (or two). */
#define BLOCK_COST (BLOCK + 1 + 2 * sizeof(uint32_t))

/* The greatest power of two that is at most N, which is not zero. */
static uint32_t
power_below(uint32_t n)
{
	while ((n & (n - 1)) != 0)
		n &= n - 1;
	return n;
}

static void
shards_place(struct cache *c, uint32_t blocks)
{
	uint32_t buckets = power_below(blocks) * 2;
	uint8_t *at = c->memory;

	for (unsigned i = 0; i < c->shards; i++, at += (size_t)blocks * BLOCK)
		c->shard[i].blocks = at;
	for (unsigned i = 0; i < c->shards; i++) {
		struct shard *s = &c->shard[i];

		s->buckets = (uint32_t *)(void *)at;
		at += buckets * sizeof(*s->buckets);
		s->bucket_mask = buckets - 1;
		s->count = blocks;
	}
	for (unsigned i = 0; i < c->shards; i++, at += blocks) {
		c->shard[i].marks = at;
		shard_reset(&c->shard[i]);
	}
}

static enum err
shards_open(struct cache *c, uint64_t bytes)
{
	uint64_t per_shard = bytes / c->shards / BLOCK_COST;
	uint32_t blocks =
	    per_shard < NO_BLOCK / 2 ? (uint32_t)per_shard : NO_BLOCK / 2;

	c->memory_len = (size_t)c->shards * blocks * BLOCK_COST;
	c->memory = mmap(NULL, c->memory_len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->memory == MAP_FAILED) {
		c->memory = NULL;
		return E_NOMEM;
	}
	shards_place(c, blocks);
	for (unsigned i = 0; i < c->shards; i++)
		(void)pthread_mutex_init(&c->shard[i].lock, NULL);
	return E_OK;
}

enum err
cache_open(struct cache **out, uint64_t bytes)
{
	struct cache *c;
	enum err err = E_OK;

	*out = NULL;
	c = aligned_alloc(_Alignof(struct cache), sizeof(*c));
	if (c == NULL)
		return E_NOMEM;
	memset(c, 0, sizeof(*c));
	c->shards = bytes / SHARD_LEAST < SHARDS_MAX
	    ? (unsigned)(bytes / SHARD_LEAST)
	    : SHARDS_MAX;
	if (c->shards == 0 && bytes > 0)
		c->shards = 1;
	if (getrandom(&c->seed, sizeof(c->seed), 0) != sizeof(c->seed))
		err = E_SYSTEM;
	else if (bytes / BLOCK_COST >= 8)
		err = shards_open(c, bytes);
	else
		c->shards = 0;
	if (err != E_OK)
		cache_close(c);
	else
		*out = c;
	return err;
}

void
cache_close(struct cache *c)
{
	if (c == NULL)
		return;
	if (c->memory != NULL) {
		for (unsigned i = 0; i < c->shards; i++)
			(void)pthread_mutex_destroy(&c->shard[i].lock);
		(void)munmap(c->memory, c->memory_len);
	}
	free(c);
}

void
cache_flush(struct cache *c, const struct dname *name)
{
	for (unsigned i = 0; i < c->shards; i++) {
		(void)pthread_mutex_lock(&c->shard[i].lock);
		if (name == NULL)
			shard_reset(&c->shard[i]);
		else
			shard_forget(&c->shard[i], name);
		(void)pthread_mutex_unlock(&c->shard[i].lock);
	}
}

const struct siphash_key *
cache_seed(const struct cache *c)
{
	return &c->seed;
}

struct cache_usage
cache_usage(struct cache *c)
{
	struct cache_usage usage = { .bytes_most = c->memory_len };

	for (unsigned i = 0; i < c->shards; i++) {
		struct shard *s = &c->shard[i];

		(void)pthread_mutex_lock(&s->lock);
		usage.entries += s->entries;
		usage.bytes += (uint64_t)(s->touched - s->free_count) * BLOCK;
		(void)pthread_mutex_unlock(&s->lock);
	}
	return usage;
}

void
cache_key_hash(struct cache_key *key, const struct siphash_key *seed)
{
	uint64_t more = key->scope ^ (uint64_t)key->qtype << 8 ^
	    (unsigned)(key->edns_do << 1) ^ (unsigned)key->cd;

	key->hash = siphash(seed, more, key->name->wire, key->name->len);
}

/* The upper bits choose the shard, the lower ones the bucket. */
static struct shard *
shard_of(struct cache *c, const struct cache_key *key)
{
	return &c->shard[(key->hash >> 32) * c->shards >> 32];
}

/* Found and not too old even for stale use; what is too old goes. */
static struct entry *
entry_find(struct shard *s, const struct cache_key *key, int64_t now_ms)
{
	struct entry *e = shard_find(s, key);
	int64_t until;

	if (e == NULL)
		return NULL;
	until = e->expires_ms + (e->rcode == RCODE_SERVFAIL ? 0 : STALE_MS);
	if (now_ms < until)
		return e;
	shard_remove(s, e);
	return NULL;
}

/* Once for each PREFETCH_WAIT, so that the workers do not all ask. */
static bool
wants_prefetch(struct entry *e, int64_t now_ms)
{
	int64_t left = e->expires_ms - now_ms;

	if (e->hits < UINT8_MAX)
		e->hits++;
	if (e->hits < PREFETCH_HITS || now_ms < e->again_ms ||
	    e->rcode == RCODE_SERVFAIL ||
	    left * PREFETCH_PART > e->expires_ms - e->stored_ms)
		return false;
	e->again_ms = now_ms + PREFETCH_WAIT;
	return true;
}

static enum cache_found
shard_get(struct shard *s, const struct cache_key *key, int64_t now_ms,
    const struct cache_space *space, struct cache_hit *hit, int64_t *age_ms)
{
	struct entry *e = entry_find(s, key, now_ms);

	if (e == NULL)
		return CACHE_NONE;
	entry_used(s, e);
	entry_copy(s, e, space, &hit->answer);
	*age_ms = now_ms - e->stored_ms;
	hit->prefetch = false;
	hit->failing = e->held && now_ms < e->again_ms;
	if (now_ms >= e->expires_ms)
		return CACHE_STALE;
	hit->prefetch = wants_prefetch(e, now_ms);
	return CACHE_FRESH;
}

enum cache_found
cache_get(struct cache *c, const struct cache_key *key, int64_t now_ms,
    const struct cache_space *space, struct cache_hit *hit)
{
	enum cache_found found;
	struct shard *s;
	int64_t age_ms;

	if (c->shards == 0)
		return CACHE_NONE;
	s = shard_of(c, key);
	(void)pthread_mutex_lock(&s->lock);
	found = shard_get(s, key, now_ms, space, hit, &age_ms);
	(void)pthread_mutex_unlock(&s->lock);
	if (found == CACHE_NONE)
		return found;
	if (found == CACHE_STALE)
		answer_age(hit->answer.body, hit->answer.len, hit->answer.count,
		    UINT32_MAX, CACHE_STALE_TTL);
	else if (age_ms >= 1000)
		answer_age(hit->answer.body, hit->answer.len, hit->answer.count,
		    (uint32_t)(age_ms / 1000), 0);
	return found;
}

static void
shard_put(struct shard *s, const struct cache_key *key, int64_t now_ms,
    const struct answer *a, size_t blocks)
{
	struct entry *old = entry_find(s, key, now_ms);

	if (old != NULL && a->rcode == RCODE_SERVFAIL &&
	    old->rcode != RCODE_SERVFAIL) {
		old->held = true;
		old->again_ms = now_ms + HOLD_MS;
		return;
	}
	if (old != NULL)
		shard_remove(s, old);
	shard_add(s, key, now_ms, a, blocks);
}

void
cache_put(struct cache *c, const struct cache_key *key, int64_t now_ms,
    const struct answer *a)
{
	size_t blocks =
	    blocks_for((size_t)key->name->len + a->ede_len + a->len);
	struct shard *s;

	assert(a->len <= DNS_TCP_MAX);
	/* One answer may not push out a large part of a shard. */
	if (c->shards == 0 || a->ttl == 0 || blocks > c->shard[0].count / 8)
		return;
	s = shard_of(c, key);
	(void)pthread_mutex_lock(&s->lock);
	shard_put(s, key, now_ms, a, blocks);
	(void)pthread_mutex_unlock(&s->lock);
}
