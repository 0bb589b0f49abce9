/*
 * cache_impl.h - one shard of the cache.
 *
 * A shard is an array of blocks of 128 octets.  An entry is a chain of
 * blocks: a header, then name, EDE options and records as one stream of
 * octets.  So there is no fragmentation, every octet is counted, and to
 * evict is to walk a hand over the array (second chance).
 *
 *	FREE -> COLD <-> USED	the first block of an entry
 *	FREE -> TAIL		its further blocks
 *
 * The caller holds the shard's lock throughout.
 */
#ifndef DNSD_FORWARD_CACHE_IMPL_H
#define DNSD_FORWARD_CACHE_IMPL_H

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "dnsd/forward/cache.h"

#define BLOCK    128
#define NO_BLOCK UINT32_MAX

/* RFC 8767, 5: how long a stale answer is of use; a day. */
#define STALE_MS (ANSWER_TTL_MAX * INT64_C(1000))

enum mark { MARK_FREE, MARK_TAIL, MARK_COLD, MARK_USED };

struct entry {
	uint64_t hash;
	uint64_t scope;
	int64_t stored_ms, expires_ms;
	int64_t again_ms; /* prefetch, or hold: not before */
	uint32_t next;    /* block of this entry */
	uint32_t chain;   /* next entry of this bucket */
	uint16_t qtype;
	uint16_t count[SECTIONS];
	uint16_t len; /* of the records */
	uint8_t name_len, ede_len;
	uint8_t rcode;
	uint8_t hits;
	bool edns_do, cd, authentic, leads, open, held;
	uint8_t octets[];
};

/* On cache lines of its own, so that neighbours do not slow each other. */
struct shard {
	pthread_mutex_t lock;
	uint8_t *blocks;
	uint8_t *marks;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t count;   /* blocks there are */
	uint32_t touched; /* blocks ever used: the others are free too */
	uint32_t free;    /* list through tail.next */
	uint32_t free_count;
	uint32_t hand;
	uint32_t entries;
} __attribute__((aligned(128)));

static inline bool
shard_is_locked(struct shard *s)
{
	return pthread_mutex_trylock(&s->lock) == EBUSY;
}

/* Blocks that an entry of so many octets takes. */
size_t blocks_for(size_t octets);

/* For an empty shard whose blocks, marks and buckets are set. */
void shard_reset(struct shard *);

/* What is at NAME or below it goes. */
void shard_forget(struct shard *, const struct dname *name);

/* KEY's entry, or NULL. */
struct entry *shard_find(struct shard *, const struct cache_key *);
void shard_remove(struct shard *, struct entry *);
/* There is none for KEY yet; the hand makes room. */
void shard_add(struct shard *, const struct cache_key *, int64_t now_ms,
    const struct answer *, size_t blocks);

void entry_used(struct shard *, const struct entry *);
void entry_copy(const struct shard *, struct entry *,
    const struct cache_space *, struct answer *out);

#endif
