/*
 * store_pack.c - changing a pack, a page at a time.
 */
#include "store_pack.h"

/*
 * PACK_FULL, an entry, and a head, which is an app's regions: room for
 * more than a thousand.  A larger one fails the transaction.
 */
#define PAGE_MAX (64 * 1024)

static int
key_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order != 0)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

int
pack_read(const struct pack *p, MDB_val *page)
{
	MDB_val k = key_val(p->prefix);

	return mdb_cursor_get(p->cursor, &k, page, MDB_SET);
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
	out->out = wire_out(out->buf, sizeof(out->buf));
	key_bytes(out, p->prefix->buf, p->prefix->out.len);
	key_end_part(out);
	key_bytes(out, entry_key, len);
}

/* The page that has, or would have, an entry; its key into KEY. */
static int
find_page(const struct pack *p, const void *entry_key, size_t len,
    struct store_key *key, MDB_val *page)
{
	MDB_val k;
	int rc;

	page_key(p, entry_key, len, key);
	k = key_val(key);
	rc = mdb_cursor_get(p->cursor, &k, page, MDB_SET_RANGE);
	if (rc == 0 && k.mv_size == key->out.len && val_begins(&k, key))
		return 0;
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	rc = mdb_cursor_get(
	    p->cursor, &k, page, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	if (rc != 0)
		return rc;
	if (!is_page(p, &k))
		return MDB_NOTFOUND;
	key->out = wire_out(key->buf, sizeof(key->buf));
	key_bytes(key, k.mv_data, k.mv_size);
	return 0;
}

static void
put_entry(struct wire_out *out, const struct pack_entry *e)
{
	wire_put16(out, (uint16_t)(1 + e->key_len + e->payload_len));
	wire_put_label(out, e->key, e->key_len);
	wire_put(out, e->payload, e->payload_len);
}

static int
put_page(
    const struct pack *p, struct store_key *key, const struct wire_out *page)
{
	MDB_val k = key_val(key);
	MDB_val v = { .mv_data = page->buf, .mv_size = page->len };

	if (page->bad)
		return MDB_BAD_VALSIZE;
	return mdb_put(p->txn, mdb_cursor_dbi(p->cursor), &k, &v, 0);
}

static void
put_head(struct wire_out *out, struct wire_in head)
{
	wire_put32(out, (uint32_t)head.len);
	wire_put(out, head.buf, head.len);
}

int
pack_write_head(const struct pack *p, struct wire_in head)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	MDB_val page;
	int rc = pack_read(p, &page);

	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	put_head(&out, head);
	if (rc == 0) {
		struct wire_in in = val_in(&page);

		(void)pack_head(&in);
		wire_put(&out, in.buf + in.pos, wire_left(&in));
	}
	return put_page(p, p->prefix, &out);
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
static int
put_halves(const struct pack *p, struct store_key *key, struct wire_out *page,
    const struct cut *cut)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out right = wire_out(buf, sizeof(buf));
	struct store_key right_key;
	int rc;

	page_key(p, cut->first.key, cut->first.key_len, &right_key);
	put_head(&right, wire_in(NULL, 0));
	wire_put(&right, page->buf + cut->at, page->len - cut->at);
	page->len = cut->at;
	rc = put_page(p, key, page);
	return rc != 0 ? rc : put_page(p, &right_key, &right);
}

int
pack_put(const struct pack *p, const struct pack_entry *e,
    const struct wire_in *head, bool *grew)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct wire_in in = wire_in(NULL, 0), old_head = in;
	struct store_key key;
	struct cut cut;
	MDB_val page;
	bool first;
	int rc = find_page(p, e->key, e->key_len, &key, &page);

	*grew = false;
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	if (rc == 0) {
		in = val_in(&page);
		old_head = pack_head(&in);
	} else {
		key = *p->prefix;
		key.out.buf = key.buf;
	}
	first = key.out.len == p->prefix->out.len;
	put_head(&out, first && head != NULL ? *head : old_head);
	merge(&in, e, &out, &cut);
	*grew = out.len - (4 + old_head.len) > PACK_FULL && cut.at != 0;
	rc = *grew ? put_halves(p, &key, &out, &cut) : put_page(p, &key, &out);
	if (rc == 0 && !first && head != NULL)
		rc = pack_write_head(p, *head);
	return rc;
}

int
pack_delete(const struct pack *p, const void *entry_key, size_t len)
{
	uint8_t buf[PAGE_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct pack_entry old;
	struct store_key key;
	struct wire_in in;
	MDB_val page, k;
	bool left = false;
	int rc = find_page(p, entry_key, len, &key, &page);

	if (rc != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	in = val_in(&page);
	put_head(&out, pack_head(&in));
	while (pack_next(&in, &old))
		if (key_compare(entry_key, len, old.key, old.key_len) != 0) {
			put_entry(&out, &old);
			left = true;
		}
	if (left || key.out.len == p->prefix->out.len)
		return put_page(p, &key, &out);
	k = key_val(&key);
	return mdb_del(p->txn, mdb_cursor_dbi(p->cursor), &k, NULL);
}

int
pack_drop(const struct pack *p)
{
	MDB_val k = key_val(p->prefix), v;
	int rc = mdb_cursor_get(p->cursor, &k, &v, MDB_SET_RANGE);

	while (rc == 0 && is_page(p, &k)) {
		if ((rc = mdb_cursor_del(p->cursor, 0)) != 0)
			return rc;
		rc = mdb_cursor_get(p->cursor, &k, &v, MDB_NEXT);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}
