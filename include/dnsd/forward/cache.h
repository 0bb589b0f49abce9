/*
 * cache.h - answers of upstreams, shared by the workers.
 *
 * All its memory is reserved when it is opened and touched as it fills.
 * Any thread may call at any time, and holds the lock of one shard, of up to
 * 64, for as long as it takes to copy an answer.
 *
 * An answer is fresh for its TTL.  For a day after that it is stale: of use
 * only where no upstream answers (RFC 8767).  A failure never takes the
 * place of such an answer.  What has not been used is the first to go when
 * room is short.
 */
#ifndef DNSD_FORWARD_CACHE_H
#define DNSD_FORWARD_CACHE_H

#include "base/err.h"
#include "base/siphash.h"
#include "dnsd/forward/answer.h"
#include "zones/names/dname.h"

struct cache;

struct cache_key {
	uint64_t hash;  /* of all below */
	uint64_t scope; /* whose upstreams were asked */
	uint16_t qtype;
	bool edns_do, cd;
	const struct dname *name;
};

/* Sets the hash; SEED is the process's. */
void cache_key_hash(struct cache_key *, const struct siphash_key *seed);

enum cache_found { CACHE_FRESH, CACHE_STALE, CACHE_NONE };

/* Where a found answer's records go: at ROOM where they fit, else SPARE. */
struct cache_space {
	uint8_t *room;
	size_t room_len;
	uint8_t *spare; /* for any */
	uint8_t *ede;   /* ANSWER_EDE_MAX octets */
};

struct cache_hit {
	struct answer answer;
	bool prefetch; /* popular, and soon to expire: ask again now */
	bool failing;  /* stale, and asking again has failed just now */
};

#define CACHE_STALE_TTL 30 /* seconds; RFC 8767, 4 */

/* BYTES 0 is a cache that keeps nothing. */
enum err cache_open(struct cache **, uint64_t bytes) MUST_CHECK;
void cache_close(struct cache *); /* NULL is fine */
/* Forgets what is at NAME or below it, or (NULL) everything. */
void cache_flush(struct cache *, const struct dname *name);

const struct siphash_key *cache_seed(const struct cache *);

/* TTLs are counted down to NOW_MS, which never goes back; stale: 30. */
enum cache_found cache_get(struct cache *, const struct cache_key *,
    int64_t now_ms, const struct cache_space *, struct cache_hit *);

/*
 * Keeps a copy; nothing where the answer may not be kept.  A SERVFAIL where
 * an answer is kept changes nothing but that it is failing for 5 seconds.
 */
void cache_put(struct cache *, const struct cache_key *, int64_t now_ms,
    const struct answer *);

struct cache_usage {
	uint64_t entries, bytes, bytes_most;
};

struct cache_usage cache_usage(struct cache *);

#endif
