/*
 * recent.h - the keys asked for lately, and their values.
 *
 * A descent through a tree of a million keys touches ten cache lines that
 * nobody has touched lately: 0.8 µs, a third of what the kernel takes for
 * receiving and sending the packet.  What it found is copied to where
 * finding it again touches two or three, which can be asked for ahead of
 * time: 0.05 µs.  That a key is not there is remembered as well: clients
 * ask for such names again and again too.
 *
 * Nothing is kept that a commit could make untrue: a copy is good for the
 * transaction id that it was made in.
 */
#ifndef ZONES_STORE_READ_RECENT_H
#define ZONES_STORE_READ_RECENT_H

#include <lmdb.h>

#include "base/wire.h"
#include "zones/names/dname.h"
#include "zones/store/read/keys.h"

struct recent_bucket;

struct recent {
	struct recent_bucket *buckets; /* NULL: nothing is remembered */
	unsigned bits;                 /* 2^bits of them */
	uint8_t *copies;               /* behind them */
	uint32_t lines;                /* that copies have taken */
	bool full;                     /* there was no room for one more */
	uint32_t generation;           /* places of another are no more good */
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
	uint64_t place; /* recent_place() of the rest; 0: not asked yet */
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

/*
 * Zeros for a table, at the begin of a cache line; no memory until it is
 * used, and large pages then.  NULL where there is none.
 */
void *recent_map(size_t octets);

/* After each commit, and first of all; KEYS: how many the store has. */
void recent_forget(struct recent *, size_t keys);
/* While nobody has a value: where there is no more room, begins anew. */
void recent_make_room(struct recent *);
void recent_release(struct recent *);

/*
 * The value of KEY as of the cursor's transaction.  Moves the cursor or does
 * not.
 */
bool recent_get(struct recent *, MDB_cursor *, const struct recent_key *,
    struct wire_in *value);

/* Where KEY would be remembered; 0: nowhere. */
uint64_t recent_place(const struct recent *, const struct recent_key *);
/*
 * For many keys at once: asks memory for the place of each, then for what is
 * there, before the first is got.
 */
void recent_expect(const struct recent *, uint64_t place);
void recent_fetch(const struct recent *, uint64_t place);

#endif
