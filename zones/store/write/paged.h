/*
 * paged.h - sorted lists in values that fit a page of LMDB, changed.
 *
 *	key of the first page:  prefix
 *	key of a later page:    prefix, key of an entry that all entries of this
 *	                        page are at or behind
 *
 * A change rewrites one page.  One that is too long is cut in equal parts; but
 * where its last entry is new and there is no page behind, that one opens the
 * next, so that loading in order packs close.  One that is less than a quarter
 * full takes in the next.  No page is empty, save the first one of a pack.
 */
#ifndef ZONES_STORE_WRITE_PAGED_H
#define ZONES_STORE_WRITE_PAGED_H

#include "base/arena.h"
#include "zones/store/read/pack.h"

struct store_txn;

/* A page that is read, and one that is written. */
struct page_in {
	struct wire_in page, string;
};

struct page_out {
	struct wire_out out;
	size_t string; /* where the last one begins */
	bool any;      /* entries before, in this page or others */
};

/* How the entries of a page are written. */
struct paged_codec {
	/*
	 * A pack: pages begin with a head, and the first one says whether
	 * there are others; a zero octet stands behind the prefix in their
	 * keys.  Its only page waits in the overlay, as most are.
	 */
	bool headed;
	size_t overhead; /* octets that an entry takes besides its own */
	size_t full;     /* octets of entries */
	/* False at the end; page.bad: it is no such page. */
	bool (*get)(struct page_in *, struct pack_entry *);
	void (*put)(struct page_out *, const struct pack_entry *);
	/* So many are in the page of the key from now on, and they are PAGE;
	 * 0: it is gone, or the only one. */
	void (*count)(struct store_txn *, const struct store_key *, size_t,
	    const struct wire_out *page);
};

struct paged {
	const struct paged_codec *codec;
	struct store_txn *txn;
	const struct store_key *prefix;
};

/* An entry comes, in the place of one with its key, or goes. */
struct paged_note {
	struct pack_entry entry;
	bool is;
};

/*
 * Notes in the order of their keys, no two with the same.  HEAD is that of the
 * first page from now on; NULL: as it was.
 */
void paged_change(const struct paged *, const struct paged_note *, size_t count,
    const struct wire_in *head);
/* What the keys of later pages begin with. */
void paged_later(const struct paged *, struct store_key *);

/* What a page is to hold: the room that a transaction has for it. */
struct paged_room {
	struct pack_entry *entry;
	size_t count, room, octets;
	bool grows;         /* the last entry is new */
	struct arena pages; /* that the entries are in */
};

void paged_room_release(struct paged_room *);

#endif
