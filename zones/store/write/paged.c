/*
 * paged.c - see paged.h.
 */
#include "paged.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "impl.h"

/* A head, what is full, and an entry. */
#define PAGE_MAX (PACK_HEAD_MAX + 16 * 1024)

void
paged_later(const struct paged *p, struct store_key *key)
{
	key_copy(key, p->prefix->buf, p->prefix->out.len);
	if (p->codec->headed)
		key_end_part(key);
}

static void
page_key(
    const struct paged *p, const struct pack_entry *e, struct store_key *key)
{
	paged_later(p, key);
	key_bytes(key, e->key, e->key_len);
}

static bool
is_first(const struct paged *p, const struct store_key *key)
{
	return key->out.len == p->prefix->out.len;
}

/* --- pages in their order, all in LMDB */

/* KEY becomes that of the page at the cursor; false where it is no page. */
static bool
take_page(
    const struct paged *p, int rc, const MDB_val *k, struct store_key *key)
{
	struct store_key later;

	if (rc == MDB_NOTFOUND || !txn_holds(p->txn, rc))
		return false;
	paged_later(p, &later);
	if (!key_is(p->prefix, k) && !val_begins(k, &later))
		return false;
	key_copy(key, k->mv_data, k->mv_size);
	return true;
}

/* The page that has, or would have, an entry. */
static bool
find_page(const struct paged *p, const struct pack_entry *e,
    struct store_key *key, MDB_val *page)
{
	struct store_key start;
	MDB_val k;

	page_key(p, e, &start);
	return take_page(
	    p, key_seek(p->txn->cursor, &start, &k, page), &k, key);
}

/* The page behind KEY. */
static bool
next_page(const struct paged *p, struct store_key *key, MDB_val *page)
{
	MDB_cursor *cursor = p->txn->cursor;
	MDB_val k = key_val(key);
	int rc = guard_get(cursor, &k, page, MDB_SET_RANGE);

	if (rc == 0 && key_is(key, &k))
		rc = guard_get(cursor, &k, page, MDB_NEXT);
	return take_page(p, rc, &k, key);
}

/*
 * The same of a pack's only page, wherever it is.  False: there is no list,
 * and KEY is its first page's; *more: there may be pages behind.
 */
static bool
find_any_page(const struct paged *p, const struct pack_entry *e,
    struct store_key *key, MDB_val *page, bool *more)
{
	struct wire_in in;

	*more = true;
	key_copy(key, p->prefix->buf, p->prefix->out.len);
	if (!p->codec->headed)
		return find_page(p, e, key, page);
	if (txn_get(p->txn, key, page) != 0)
		return false;
	in = val_in(page);
	(void)pack_head_of(&in, more);
	return !*more || find_page(p, e, key, page);
}

/* --- what a page is to hold */

static size_t
size_of(const struct paged *p, const struct pack_entry *e)
{
	return p->codec->overhead + e->key_len + e->payload_len;
}

static void
add_entry(const struct paged *p, const struct pack_entry *e, bool is_new)
{
	struct paged_room *r = &p->txn->paged;

	r->entry = array_grow(r->entry, r->count, &r->room, sizeof(*r->entry));
	r->entry[r->count++] = *e;
	r->octets += size_of(p, e);
	r->grows = is_new;
}

static int
compare_entries(const struct pack_entry *a, const struct pack_entry *b)
{
	return label_compare((struct label){ a->key, (uint8_t)a->key_len },
	    (struct label){ b->key, (uint8_t)b->key_len });
}

/* The entries of a page and, in their order, what COUNT notes say. */
static void
merge(const struct paged *p, struct page_in *in, const struct paged_note *note,
    size_t count)
{
	struct pack_entry old;
	bool more = p->codec->get(in, &old);

	while (more || count > 0) {
		int order = more ? -1 : 1;

		if (more && count > 0)
			order = compare_entries(&old, &note->entry);
		if (order < 0)
			add_entry(p, &old, false);
		else if (note->is)
			add_entry(p, &note->entry, order > 0);
		if (order <= 0)
			more = p->codec->get(in, &old);
		if (order >= 0) {
			note++;
			count--;
		}
	}
	(void)txn_holds(p->txn, in->page.bad ? MDB_CORRUPTED : 0);
}

/* How many of the notes are of entries before a page. */
static size_t
notes_before(const struct paged *p, const struct paged_note *note, size_t count,
    const struct store_key *page)
{
	size_t start = p->prefix->out.len + p->codec->headed, n = 0;
	const struct pack_entry first = { .key = page->buf + start,
		.key_len = page->out.len - start };

	while (n < count && compare_entries(&note[n].entry, &first) < 0)
		n++;
	return n;
}

/* A copy: writing moves what is in LMDB and in the overlay. */
static struct page_in
open_page(const struct paged *p, const MDB_val *page, struct wire_in *head)
{
	const char *copy =
	    arena_copy(&p->txn->paged.pages, page->mv_data, page->mv_size);
	struct page_in in = { .page = wire_in(copy, page->mv_size) };

	if (p->codec->headed)
		*head = pack_head(&in.page);
	return in;
}

/* --- and how it is written */

static void
put_paged_head(struct wire_out *out, struct wire_in head)
{
	wire_put32(out, (uint32_t)head.len);
	wire_put(out, head.buf, head.len);
}

static void
put_page(const struct paged *p, struct store_key *key,
    const struct wire_out *page, bool more)
{
	bool headed_first = p->codec->headed && is_first(p, key);

	if (headed_first && more)
		page->buf[0] |= PACK_MORE >> 24;
	if (page->bad)
		(void)txn_holds(p->txn, MDB_BAD_VALSIZE);
	else if (headed_first && !more)
		txn_put(p->txn, key, page->buf, page->len);
	else
		txn_put_now(p->txn, key, page->buf, page->len);
}

static void
drop_page(const struct paged *p, struct store_key *key)
{
	txn_delete_now(p->txn, key);
	if (p->codec->count != NULL)
		p->codec->count(p->txn, key, 0, NULL);
}

/*
 * As the page of this key, and if it is too much more behind it.  MORE: there
 * are more pages, or were; HAS_NEXT: one behind these.
 */
static void
put_pages(const struct paged *p, struct store_key *key, struct wire_in head,
    bool more, bool has_next)
{
	const struct paged_room *r = &p->txn->paged;
	size_t full = p->codec->full, i = 0, len;
	size_t enough = r->grows ? full : r->octets / (r->octets / full + 1);
	uint8_t buf[PAGE_MAX];

	do {
		struct page_out page = { .out = wire_out(buf, sizeof(buf)),
			.any = !is_first(p, key) };
		size_t from = i;

		if (p->codec->headed)
			put_paged_head(
			    &page.out, page.any ? wire_in(NULL, 0) : head);
		for (len = 0; i < r->count; i++) {
			size_t size = size_of(p, &r->entry[i]);

			if (len > 0 && (len >= enough || len + size > full))
				break;
			p->codec->put(&page, &r->entry[i]);
			len += size;
		}
		more = more || i < r->count;
		if (p->codec->count != NULL && more)
			p->codec->count(p->txn, key,
			    !is_first(p, key) || i < r->count || has_next
				? i - from
				: 0,
			    &page.out);
		put_page(p, key, &page.out, i < r->count || has_next);
		if (i < r->count)
			page_key(p, &r->entry[i], key);
	} while (i < r->count);
}

/* That of the first page alone, with its entries as they stand. */
static void
change_paged_head(const struct paged *p, struct wire_in head)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct wire_in in = wire_in("", 0);
	struct store_key key;
	bool more = false;
	MDB_val page;

	key_copy(&key, p->prefix->buf, p->prefix->out.len);
	if (txn_get(p->txn, &key, &page) == 0) {
		in = val_in(&page);
		(void)pack_head_of(&in, &more);
	}
	put_paged_head(&out, head);
	wire_put(&out, in.buf + in.pos, wire_left(&in));
	put_page(p, &key, &out, more);
}

/*
 * Writes the page of the first note's entry, and what it takes in; returns how
 * many notes were for it.  *head: NULL when it is written.
 */
static size_t
change_page(const struct paged *p, const struct paged_note *note, size_t count,
    const struct wire_in **head)
{
	struct paged_room *r = &p->txn->paged;
	struct wire_in first_head = wire_in(NULL, 0), none;
	struct page_in in = { .page = wire_in(NULL, 0) };
	struct store_key key, next;
	size_t used = 0, of;
	MDB_val page;
	bool more, had_more;

	r->count = r->octets = 0;
	arena_reset(&r->pages);
	if (find_any_page(p, &note->entry, &key, &page, &more))
		in = open_page(p, &page, &first_head);
	else
		more = false;
	had_more = more;
	key_copy(&next, key.buf, key.out.len);
	for (;;) {
		more = more && next_page(p, &next, &page);
		of = more ? notes_before(p, note + used, count - used, &next)
			  : count - used;
		merge(p, &in, note + used, of);
		used += of;
		if (!more || r->octets >= p->codec->full / 4 ||
		    p->txn->err != E_OK)
			break;
		in = open_page(p, &page, &none);
		drop_page(p, &next);
	}
	r->grows = r->grows && !more;
	if (is_first(p, &key) && *head != NULL) {
		first_head = **head;
		*head = NULL;
	}
	if (r->count > 0 || (p->codec->headed && is_first(p, &key)))
		put_pages(p, &key, first_head, had_more, more);
	else
		drop_page(p, &key);
	return used;
}

void
paged_change(const struct paged *p, const struct paged_note *note, size_t count,
    const struct wire_in *head)
{
	for (size_t i = 1; i < count; i++)
		assert(compare_entries(&note[i - 1].entry, &note[i].entry) < 0);
	while (count > 0 && p->txn->err == E_OK) {
		size_t used = change_page(p, note, count, &head);

		note += used;
		count -= used;
	}
	if (head != NULL)
		change_paged_head(p, *head);
}

void
paged_room_release(struct paged_room *r)
{
	arena_release(&r->pages);
	free(r->entry);
	memset(r, 0, sizeof(*r));
}
