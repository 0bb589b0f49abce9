/*
 * cache.c - see cache.h.
 *
 * A shard is a ring of entries and a table of where each is.  What is new
 * goes to the ring's head.  For its room the oldest at the tail go, but for
 * those that were used since they were written: they are moved to the head,
 * once (second chance).  What is replaced or forgotten is only unlinked; its
 * octets are free when the tail comes by.
 */
#include "dnsd/forward/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#define SHARDS_MAX  64
#define SHARD_LEAST (256 * 1024)

#define BUCKET_OCTETS 128 /* of the ring, for each bucket */
#define ALIGNMENT     8   /* of entries; also where the first one is */
#define NO_PLACE      0
#define STAY_MOST     64 /* moved for one that is new: others wait */

/* RFC 8767, 5: how long a stale answer is of use; a day. */
#define STALE_MS (ANSWER_TTL_MAX * INT64_C(1000))
#define HOLD_MS  5000 /* RFC 9520, 3.2: no sooner asked again */

/* Prefetch: in the last tenth, of what was asked for at least thus often. */
#define PREFETCH_PART 10
#define PREFETCH_HITS 3
#define PREFETCH_WAIT 2000 /* ms until it may be asked again */

struct entry {
	uint64_t hash, scope;
	int64_t stored_ms, expires_ms;
	int64_t again_ms; /* prefetch, or hold: not before */
	uint32_t size;    /* octets of the ring */
	uint32_t chain;   /* place of the next one of this bucket */
	uint16_t qtype;
	uint16_t count[SECTIONS];
	uint16_t len; /* of the records */
	uint8_t name_len, ede_len, rcode, hits;
	bool edns_do, cd, authentic, leads, open, held, used;
	bool gone;        /* from its bucket */
	uint8_t octets[]; /* name, EDE options, records */
};

/* On cache lines of its own, so that neighbours do not slow each other. */
struct shard {
	pthread_mutex_t lock;
	uint8_t *ring;
	uint32_t *buckets;
	uint32_t size, bucket_mask;
	/* Entries are from tail to head; if END is set, to it, then to head. */
	uint32_t tail, head, end;
	uint32_t entries;
	uint32_t bytes; /* of those that are not gone */
} __attribute__((aligned(128)));

struct cache {
	struct shard shard[SHARDS_MAX];
	unsigned shards; /* 0: keeps nothing */
	struct siphash_key seed;
	void *memory;
	size_t memory_len;
};

/* --- a shard, whose lock is held */

static struct entry *
entry_at(const struct shard *s, uint32_t place)
{
	return (struct entry *)(void *)(s->ring + place);
}

static uint32_t *
cache_bucket(const struct shard *s, uint64_t hash)
{
	return &s->buckets[(uint32_t)hash & s->bucket_mask];
}

static bool
entry_is_for(const struct entry *e, const struct cache_key *key)
{
	return e->hash == key->hash && e->scope == key->scope &&
	    e->qtype == key->qtype && e->edns_do == key->edns_do &&
	    e->cd == key->cd && e->name_len == key->name->len &&
	    memcmp(e->octets, key->name->wire, e->name_len) == 0;
}

/* Where the place of KEY's entry is written. */
static uint32_t *
link_find(const struct shard *s, const struct cache_key *key)
{
	uint32_t *link = cache_bucket(s, key->hash);

	while (*link != NO_PLACE && !entry_is_for(entry_at(s, *link), key))
		link = &entry_at(s, *link)->chain;
	return link;
}

static void
link_remove(struct shard *s, uint32_t *link)
{
	struct entry *e = entry_at(s, *link);

	*link = e->chain;
	e->gone = true;
	s->entries--;
	s->bytes -= e->size;
}

static void
shard_reset(struct shard *s)
{
	memset(s->buckets, 0, (s->bucket_mask + 1) * sizeof(*s->buckets));
	s->tail = s->head = ALIGNMENT;
	s->end = s->entries = s->bytes = 0;
}

/* What is at NAME or below it goes. */
static void
shard_forget(struct shard *s, const struct dname *name)
{
	for (uint32_t i = 0; i <= s->bucket_mask; i++)
		for (uint32_t *link = &s->buckets[i]; *link != NO_PLACE;) {
			struct entry *e = entry_at(s, *link);
			struct wire_in in = wire_in(e->octets, e->name_len);
			struct dname its;

			if (dname_get(&its, &in) && dname_is_below(&its, name))
				link_remove(s, link);
			else
				link = &e->chain;
		}
}

/* The oldest goes, or to the head; that is behind it in the ring. */
static void
tail_step(struct shard *s, int64_t now_ms, bool may_stay)
{
	struct entry *e = entry_at(s, s->tail);
	uint32_t *link = cache_bucket(s, e->hash);
	uint32_t size = e->size;

	while (!e->gone && *link != s->tail)
		link = &entry_at(s, *link)->chain;
	if (!e->gone && e->used && may_stay &&
	    now_ms < e->expires_ms + STALE_MS) {
		e->used = false;
		*link = s->head;
		memmove(entry_at(s, s->head), e, size);
		s->head += size;
	} else if (!e->gone) {
		link_remove(s, link);
	}
	s->tail += size;
	if (s->tail == s->end) {
		s->tail = ALIGNMENT;
		s->end = 0;
	}
}

/* SIZE octets at the head. */
static struct entry *
entry_take(struct shard *s, uint32_t size, int64_t now_ms)
{
	unsigned stay = STAY_MOST;
	struct entry *e;

	while ((s->end != 0 ? s->tail : s->size) - s->head < size) {
		if (s->end == 0) {
			s->end = s->head;
			s->head = ALIGNMENT;
		}
		tail_step(s, now_ms, stay > 0);
		stay -= stay > 0;
	}
	e = entry_at(s, s->head);
	s->head += size;
	s->entries++;
	s->bytes += size;
	return e;
}

static size_t
entry_size(const struct cache_key *key, const struct answer *a)
{
	size_t octets = offsetof(struct entry, octets) + key->name->len +
	    a->ede_len + a->len;

	return (octets + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void
shard_add(struct shard *s, const struct cache_key *key, int64_t now_ms,
    const struct answer *a)
{
	uint32_t size = (uint32_t)entry_size(key, a);
	struct entry *e = entry_take(s, size, now_ms);
	uint32_t *bucket = cache_bucket(s, key->hash);
	struct wire_out out;

	*e = (struct entry){ .hash = key->hash,
		.scope = key->scope,
		.stored_ms = now_ms,
		.expires_ms = now_ms + a->ttl * INT64_C(1000),
		.size = size,
		.chain = *bucket,
		.qtype = key->qtype,
		.count = { a->count[0], a->count[1], a->count[2] },
		.len = (uint16_t)a->len,
		.name_len = key->name->len,
		.ede_len = a->ede_len,
		.rcode = a->rcode,
		.edns_do = key->edns_do,
		.cd = key->cd,
		.authentic = a->authentic,
		.leads = a->chain,
		.open = a->open };
	*bucket = (uint32_t)((const uint8_t *)e - s->ring);
	out = wire_out(e->octets, size - offsetof(struct entry, octets));
	wire_put(&out, key->name->wire, key->name->len);
	wire_put(&out, a->ede, a->ede_len);
	wire_put(&out, a->body, a->len);
	assert(!out.bad);
}

static void
hit_fill(
    const struct entry *e, const struct cache_space *space, struct answer *a)
{
	const uint8_t *ede = e->octets + e->name_len;

	*a = (struct answer){ .rcode = e->rcode,
		.authentic = e->authentic,
		.chain = e->leads,
		.open = e->open,
		.count = { e->count[0], e->count[1], e->count[2] },
		.body = e->len <= space->room_len ? space->room : space->spare,
		.len = e->len,
		.ede = memcpy(space->ede, ede, e->ede_len),
		.ede_len = e->ede_len };
	memcpy(a->body, ede + e->ede_len, e->len);
}

/* Found and not too old even for stale use; what is too old goes. */
static struct entry *
entry_find(struct shard *s, uint32_t *link, int64_t now_ms)
{
	struct entry *e = *link == NO_PLACE ? NULL : entry_at(s, *link);

	if (e != NULL &&
	    now_ms >=
		e->expires_ms + (e->rcode == RCODE_SERVFAIL ? 0 : STALE_MS)) {
		link_remove(s, link);
		return NULL;
	}
	return e;
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
	struct entry *e = entry_find(s, link_find(s, key), now_ms);

	if (e == NULL)
		return CACHE_NONE;
	e->used = true;
	hit_fill(e, space, &hit->answer);
	*age_ms = now_ms - e->stored_ms;
	hit->prefetch = false;
	hit->failing = e->held && now_ms < e->again_ms;
	if (now_ms >= e->expires_ms)
		return CACHE_STALE;
	hit->prefetch = wants_prefetch(e, now_ms);
	return CACHE_FRESH;
}

static void
shard_put(struct shard *s, const struct cache_key *key, int64_t now_ms,
    const struct answer *a)
{
	uint32_t *link = link_find(s, key);
	struct entry *old = entry_find(s, link, now_ms);

	if (old != NULL && a->rcode == RCODE_SERVFAIL &&
	    old->rcode != RCODE_SERVFAIL) {
		old->held = true;
		old->again_ms = now_ms + HOLD_MS;
		return;
	}
	if (old != NULL)
		link_remove(s, link);
	shard_add(s, key, now_ms, a);
}

/* --- all of them */

static enum err
shards_open(struct cache *c, uint64_t bytes)
{
	uint64_t most =
	    bytes / c->shards < UINT32_MAX ? bytes / c->shards : UINT32_MAX;
	uint32_t size = (uint32_t)most / ALIGNMENT * ALIGNMENT;
	uint32_t buckets = 2;
	uint8_t *at;

	while (buckets * 2 <= size / BUCKET_OCTETS)
		buckets *= 2;
	c->memory_len = (size_t)c->shards * size;
	at = mmap(NULL, c->memory_len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return E_NOMEM;
	c->memory = at;
	for (unsigned i = 0; i < c->shards; i++, at += size) {
		struct shard *s = &c->shard[i];

		s->buckets = (uint32_t *)(void *)at;
		s->bucket_mask = buckets - 1;
		s->ring = at + buckets * sizeof(*s->buckets);
		s->size = size - buckets * (uint32_t)sizeof(*s->buckets);
		s->tail = s->head = ALIGNMENT; /* all else is zero */
		(void)pthread_mutex_init(&s->lock, NULL);
	}
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
	if (bytes >= SHARDS_MAX * SHARD_LEAST)
		c->shards = SHARDS_MAX;
	else if (bytes >= SHARD_LEAST)
		c->shards = (unsigned)(bytes / SHARD_LEAST);
	else if (bytes >= 8 * BUCKET_OCTETS)
		c->shards = 1;
	if (getrandom(&c->seed, sizeof(c->seed), 0) != sizeof(c->seed))
		err = E_SYSTEM;
	else if (c->shards > 0)
		err = shards_open(c, bytes);
	if (err != E_OK)
		cache_close(c);
	else
		*out = c;
	return err;
}

void
cache_close(struct cache *c)
{
	if (c != NULL && c->memory != NULL)
		(void)munmap(c->memory, c->memory_len);
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
		usage.bytes += s->bytes;
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

enum cache_found
cache_get(struct cache *c, const struct cache_key *key, int64_t now_ms,
    const struct cache_space *space, struct cache_hit *hit)
{
	const struct answer *a = &hit->answer;
	enum cache_found found;
	struct shard *s;
	int64_t age_ms;

	if (c->shards == 0)
		return CACHE_NONE;
	s = shard_of(c, key);
	(void)pthread_mutex_lock(&s->lock);
	found = shard_get(s, key, now_ms, space, hit, &age_ms);
	(void)pthread_mutex_unlock(&s->lock);
	if (found == CACHE_STALE)
		answer_age(
		    a->body, a->len, a->count, UINT32_MAX, CACHE_STALE_TTL);
	else if (found == CACHE_FRESH && age_ms >= 1000)
		answer_age(
		    a->body, a->len, a->count, (uint32_t)(age_ms / 1000), 0);
	return found;
}

void
cache_put(struct cache *c, const struct cache_key *key, int64_t now_ms,
    const struct answer *a)
{
	struct shard *s;

	assert(a->len <= DNS_TCP_MAX);
	/* One answer may not push out a large part of a shard. */
	if (c->shards == 0 || a->ttl == 0 ||
	    entry_size(key, a) > c->shard[0].size / 8)
		return;
	s = shard_of(c, key);
	(void)pthread_mutex_lock(&s->lock);
	shard_put(s, key, now_ms, a);
	(void)pthread_mutex_unlock(&s->lock);
}
