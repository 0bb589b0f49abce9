/*
 * recent.h - the keys asked for lately, and their values.
 *
 * A descent through a tree of a million keys touches ten cache lines that
 * nobody has touched lately: 0.8 µs, a third of what the kernel takes for a
 * packet.  What it found is copied to where finding it again touches two or
 * three, which can be asked for ahead of time: 0.05 µs.  That a key is not
 * there is remembered as well.  A copy is good for the transaction id that it
 * was made in.
 */
#ifndef ZONES_STORE_READ_RECENT_H
#define ZONES_STORE_READ_RECENT_H

#include "zones/store/read/keys.h"

/* Of buckets and copies; those of a small store are few of them. */
#define RECENT_OCTETS ((size_t)80 << 20)

struct recent {
	struct recent_bucket *buckets;
	uint8_t *copies;
	unsigned shift;       /* of a hash, which leaves a bucket's number */
	uint32_t lines, most; /* that copies have taken, of how many */
	bool full;            /* there was no room for one more */
	uint64_t generation;  /* places of another are no more good */
};

/*
 * A key in its parts: u32 network, u8 kind, first, and where second.at is
 * not NULL a zero octet and second.  They are put together only where the
 * tree is asked: octets that were just written by ones cannot be read by
 * eights before they are in the cache, which costs more than the rest.
 */
struct recent_key {
	uint32_t network;
	enum key_kind kind;
	struct label first, second;
	uint64_t place; /* as lookup_place_app() says; 0: not asked yet */
};

/*
 * Memory is wanted.  Without the first line, gcc 12 takes a function that
 * does nothing else for one without an effect, and leaves out its calls.
 */
static inline void
recent_prefetch(const void *at)
{
	__asm__ volatile("");
	__builtin_prefetch(at);
}

/* AT: RECENT_OCTETS zeros from the begin of a cache line on; borrowed. */
void recent_start(struct recent *, void *at);
/* After each commit; KEYS: how many the store has. */
void recent_forget(struct recent *, size_t keys);
/* While nobody has a value: where there is no more room, begins anew. */
void recent_make_room(struct recent *);

/* The value of KEY as of the cursor's transaction; it may move the cursor. */
bool recent_get(struct recent *, MDB_cursor *, const struct recent_key *,
    struct wire_in *value);

#endif
