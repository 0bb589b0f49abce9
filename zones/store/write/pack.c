/*
 * pack.c - packs as lists in pages.
 */
#include "pack.h"

#include "impl.h"

static bool
get_entry(struct page_in *in, struct pack_entry *e)
{
	return pack_next(&in->page, e);
}

static void
put_entry(struct page_out *page, const struct pack_entry *e)
{
	wire_put16(&page->out, (uint16_t)(1 + e->key_len + e->payload_len));
	wire_put_label(&page->out, e->key, e->key_len);
	wire_put(&page->out, e->payload, e->payload_len);
}

/* Counted below KEY_COUNTS, when the list of that is written. */
static void
count_page(struct store_txn *t, const struct store_key *page, size_t n,
    const struct wire_out *out)
{
	uint8_t buf[NAMES_COUNT];
	struct wire_out count = wire_out(buf, sizeof(buf));
	struct store_key key;

	(void)out;
	names_page(&key, page->buf, page->out.len);
	wire_put16(&count, (uint16_t)n);
	overlay_put(&t->names, &key, n == 0 ? NULL : buf, n == 0 ? 0 : 2);
}

static const struct paged_codec codec = {
	.headed = true,
	.overhead = 3,
	.full = PACK_FULL,
	.get = get_entry,
	.put = put_entry,
	.count = count_page,
};

struct paged
pack_of(struct store_txn *t, struct store_key *prefix)
{
	return (struct paged){ &codec, t, prefix };
}

static bool
read_pack_head(const struct paged *p, struct wire_in *head, bool *more)
{
	struct store_key first;
	struct wire_in page;
	MDB_val v;

	key_copy(&first, p->prefix->buf, p->prefix->out.len);
	if (txn_get(p->txn, &first, &v) != 0)
		return false;
	page = val_in(&v);
	*head = pack_head_of(&page, more);
	return true;
}

bool
pack_read_head(const struct paged *p, struct wire_in *head)
{
	bool more;

	return read_pack_head(p, head, &more);
}

void
pack_drop(const struct paged *p)
{
	struct store_key later, counts;
	struct wire_in head;
	bool more;

	if (!read_pack_head(p, &head, &more))
		return;
	if (more) {
		names_write(p->txn); /* or their counts would come again */
		names_page(&counts, p->prefix->buf, p->prefix->out.len);
		txn_delete_range(p->txn, &counts);
		paged_later(p, &later);
		txn_delete_range(p->txn, &later);
	}
	txn_delete(p->txn, p->prefix);
}
