/*
 * pack.c - changing a pack, a page at a time.
 */
#include "pack.h"

#include "impl.h"

/* A head, PACK_FULL, and an entry. */
#define PAGE_MAX (PACK_HEAD_MAX + 16 * 1024)

static int
key_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order != 0)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

bool
pack_read(const struct pack *p, MDB_val *page)
{
	return txn_get(p->txn, p->prefix, page) == 0;
}

/* Is K a page of this pack? */
static bool
is_page(const struct pack *p, const MDB_val *k)
{
	return val_begins(k, p->prefix) &&
	    (k->mv_size == p->prefix->out.len ||
		((const uint8_t *)k->mv_data)[p->prefix->out.len] == 0);
}

static void
page_key(const struct pack *p, const void *entry_key, size_t len,
    struct store_key *out)
{
	key_copy(out, p->prefix->buf, p->prefix->out.len);
	key_end_part(out);
	key_bytes(out, entry_key, len);
}

/* Of a pack of many pages, which are all in LMDB: put_page() sees to it. */
static bool
search_page(const struct pack *p, const void *entry_key, size_t len,
    struct store_key *key, MDB_val *page)
{
	MDB_cursor *cursor = p->txn->cursor;
	MDB_val k;
	int rc;

	page_key(p, entry_key, len, key);
	k = key_val(key);
	rc = mdb_cursor_get(cursor, &k, page, MDB_SET_RANGE);
	if (rc == 0 && k.mv_size == key->out.len && val_begins(&k, key))
		return true;
	if (rc == 0 || rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(
		    cursor, &k, page, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	if (rc == 0 && !is_page(p, &k))
		rc = MDB_CORRUPTED; /* the first page is there */
	if (!txn_holds(p->txn, rc))
		return false;
	key_copy(key, k.mv_data, k.mv_size);
	return true;
}

/* The page that has, or would have, an entry; its key into KEY. */
static bool
find_page(const struct pack *p, const void *entry_key, size_t len,
    struct store_key *key, MDB_val *page)
{
	struct wire_in in;
	bool more;

	key_copy(key, p->prefix->buf, p->prefix->out.len);
	if (!pack_read(p, page))
		return false;
	in = val_in(page);
	(void)pack_head_of(&in, &more);
	return !more || search_page(p, entry_key, len, key, page);
}

static void
put_entry(struct wire_out *out, const struct pack_entry *e)
{
	wire_put16(out, (uint16_t)(1 + e->key_len + e->payload_len));
	wire_put_label(out, e->key, e->key_len);
	wire_put(out, e->payload, e->payload_len);
}

/*
 * The only page of a pack waits in the overlay.  Pages of many go to LMDB
 * at once, since they are searched by their order.
 */
static void
put_page(const struct pack *p, struct store_key *key,
    const struct wire_out *page, bool more)
{
	if (page->bad)
		(void)txn_holds(p->txn, MDB_BAD_VALSIZE);
	else if (more)
		txn_put_now(p->txn, key, page->buf, page->len);
	else
		txn_put(p->txn, key, page->buf, page->len);
}

static void
put_head(struct wire_out *out, struct wire_in head, bool more)
{
	wire_put32(out, (uint32_t)head.len | (more ? PACK_MORE : 0));
	wire_put(out, head.buf, head.len);
}

void
pack_write_head(const struct pack *p, struct wire_in head)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct wire_in in = wire_in("", 0);
	bool more = false;
	MDB_val page;

	if (pack_read(p, &page)) {
		in = val_in(&page);
		(void)pack_head_of(&in, &more);
	}
	put_head(&out, head, more);
	if (wire_left(&in) > 0)
		wire_put(&out, in.buf + in.pos, wire_left(&in));
	put_page(p, p->prefix, &out, more);
}

/* Where a page may be cut in two. */
struct cut {
	size_t at; /* 0: nowhere */
	struct pack_entry first;
};

/*
 * Copies the entries that are left in PAGE, with E in its place.  The cut
 * is behind what was there where E is the last, so that loading in order
 * packs close; else it is in the middle.
 */
static void
merge(struct wire_in *page, const struct pack_entry *e, struct wire_out *out,
    struct cut *cut)
{
	size_t start = out->len, middle = start + wire_left(page) / 2;
	struct pack_entry old;
	bool done = false;

	cut->at = 0;
	while (pack_next(page, &old)) {
		int order =
		    key_compare(e->key, e->key_len, old.key, old.key_len);

		if (!done && order <= 0) {
			put_entry(out, e);
			done = true;
		}
		if (order == 0)
			continue;
		if (cut->at == 0 && out->len > start && out->len >= middle) {
			cut->at = out->len;
			cut->first = old;
		}
		put_entry(out, &old);
	}
	if (!done) {
		cut->at = out->len > start ? out->len : 0;
		cut->first = *e;
		put_entry(out, e);
	}
}

/* Two pages of one: what CUT says and what is behind it stand alone. */
static void
put_halves(const struct pack *p, struct store_key *key, struct wire_out *page,
    const struct cut *cut)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out right = wire_out(buf, sizeof(buf));
	struct store_key right_key;

	page_key(p, cut->first.key, cut->first.key_len, &right_key);
	put_head(&right, wire_in(NULL, 0), false);
	wire_put(&right, page->buf + cut->at, page->len - cut->at);
	page->len = cut->at;
	put_page(p, key, page, true);
	put_page(p, &right_key, &right, true);
}

/* From now on the pack has later pages: its first page says so. */
static void
mark_more(struct wire_out *page)
{
	page->buf[0] |= PACK_MORE >> 24;
}

void
pack_put(const struct pack *p, const struct pack_entry *e,
    const struct wire_in *head)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct wire_in in = wire_in(NULL, 0), old_head = in;
	struct store_key key;
	struct cut cut;
	MDB_val page;
	bool first, more = false;

	if (find_page(p, e->key, e->key_len, &key, &page)) {
		in = val_in(&page);
		old_head = pack_head_of(&in, &more);
	}
	first = key.out.len == p->prefix->out.len;
	put_head(&out, first && head != NULL ? *head : old_head, more);
	merge(&in, e, &out, &cut);
	if (out.len > PACK_FULL + 4 + old_head.len && cut.at != 0) {
		if (first)
			mark_more(&out);
		put_halves(p, &key, &out, &cut);
	} else {
		put_page(p, &key, &out, more || !first);
	}
	if (!first && head != NULL)
		pack_write_head(p, *head);
}

void
pack_delete(const struct pack *p, const void *entry_key, size_t len)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct pack_entry old;
	struct store_key key;
	struct wire_in in, head;
	MDB_val page;
	bool first, more, left = false;

	if (!find_page(p, entry_key, len, &key, &page))
		return;
	first = key.out.len == p->prefix->out.len;
	in = val_in(&page);
	head = pack_head_of(&in, &more);
	put_head(&out, head, more);
	while (pack_next(&in, &old))
		if (key_compare(entry_key, len, old.key, old.key_len) != 0) {
			put_entry(&out, &old);
			left = true;
		}
	if (left || first)
		put_page(p, &key, &out, more || !first);
	else
		txn_delete_now(p->txn, &key);
}

void
pack_drop(const struct pack *p)
{
	struct store_key later;
	struct wire_in in;
	MDB_val page;
	bool more;

	if (!pack_read(p, &page))
		return;
	in = val_in(&page);
	(void)pack_head_of(&in, &more);
	if (more) {
		page_key(p, NULL, 0, &later);
		txn_delete_range(p->txn, &later);
	}
	txn_delete(p->txn, p->prefix);
}
