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

static const struct paged_codec codec = {
	.headed = true,
	.overhead = 3,
	.full = PACK_FULL,
	.get = get_entry,
	.put = put_entry,
};

struct paged
pack_of(struct store_txn *t, struct store_key *prefix)
{
	return (struct paged){ &codec, t, prefix };
}

static bool
read_head(const struct paged *p, struct wire_in *head, bool *more)
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

	return read_head(p, head, &more);
}

void
pack_drop(const struct paged *p)
{
	struct store_key later;
	struct wire_in head;
	bool more;

	if (!read_head(p, &head, &more))
		return;
	paged_later(p, &later);
	if (more)
		txn_delete_range(p->txn, &later);
	txn_delete(p->txn, p->prefix);
}
