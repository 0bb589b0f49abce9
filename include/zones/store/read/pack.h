/*
 * pack.h - packs: sorted lists in values that fit a page of LMDB.
 *
 *	key of the first page:  prefix
 *	key of a later page:    prefix, 0, key of an entry that all entries
 *	                        of this page are at or behind
 *	page:   u32 head length and, in its top bit, whether there are
 *	        later pages, head, entries in the order of their keys
 *	entry:  u16 length of the rest, u8 key length, key, payload
 *
 * The first page is there as long as the pack is, even without entries; its
 * head belongs to the pack's user.  A change rewrites one page; a page that
 * grows beyond PACK_FULL is cut in two.  One look-up thus yields all of a
 * small pack, and a large one is read a page at a time.
 */
#ifndef ZONES_STORE_READ_PACK_H
#define ZONES_STORE_READ_PACK_H

#include "zones/store/read/env.h"

/* Two nodes must fit a page of 4096, or LMDB gives each its own pages. */
#define PACK_FULL 1500
/* Of a head; a larger one fails the transaction. */
#define PACK_HEAD_MAX (120 * 1024)

struct pack_entry {
	const uint8_t *key, *payload;
	size_t key_len, payload_len;
};

#define PACK_MORE 0x80000000U

/* Moves to the first entry; *more: the pack has later pages. */
static inline struct wire_in
pack_head_of(struct wire_in *page, bool *more)
{
	uint32_t start = wire_get32(page);
	uint32_t len = start & ~PACK_MORE;
	const uint8_t *head = wire_take(page, len);

	*more = (start & PACK_MORE) != 0;
	return wire_in(head, head == NULL ? 0 : len);
}

static inline struct wire_in
pack_head(struct wire_in *page)
{
	bool more;

	return pack_head_of(page, &more);
}

/* What an answer spends its time on: one check of the bounds an entry. */
static inline bool
pack_next(struct wire_in *page, struct pack_entry *e)
{
	const uint8_t *at;
	size_t left = wire_left(page), len;

	if (left < 3) {
		page->bad |= left > 0;
		return false;
	}
	at = page->buf + page->pos;
	len = 2U + dns_get16(at);
	e->key_len = at[2];
	if (len > left || len < 3 + e->key_len) {
		page->bad = true;
		return false;
	}
	page->pos += len;
	e->key = at + 3;
	e->payload = e->key + e->key_len;
	e->payload_len = len - 3 - e->key_len;
	return true;
}

#endif
