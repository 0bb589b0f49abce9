/*
 * names.c - the list of a network's apps: a list in pages of strings.
 */
#include "names.h"

#include "base/txt_strings.h"
#include "impl.h"

#define SEPARATOR ','

static bool
next_string(struct page_in *in)
{
	size_t len = wire_get8(&in->page);
	const uint8_t *at = wire_take(&in->page, len);

	if (at == NULL || len == 0)
		return false;
	in->string = wire_in(at, len);
	if (at[0] == SEPARATOR)
		(void)wire_take(&in->string, 1);
	return true;
}

bool
names_get(struct page_in *in, struct pack_entry *e)
{
	const uint8_t *at, *end;
	size_t left;

	if (wire_left(&in->string) > 0)
		(void)wire_take(&in->string, 1); /* the separator */
	else if (wire_left(&in->page) == 0)
		return false;
	else if (!next_string(in))
		in->page.bad = true;
	left = wire_left(&in->string);
	if (left == 0 || in->page.bad) {
		in->page.bad = true;
		return false;
	}
	at = in->string.buf + in->string.pos;
	end = memchr(at, SEPARATOR, left);
	*e = (struct pack_entry){ .key = at,
		.key_len = end == NULL ? left : (size_t)(end - at) };
	(void)wire_take(&in->string, e->key_len);
	in->page.bad = e->key_len == 0 || e->key_len > DNS_LABEL_MAX;
	return !in->page.bad;
}

void
names_put(struct page_out *page, const struct pack_entry *e)
{
	if (page->out.len == 0)
		wire_put8(&page->out, 0); /* the first string's length */
	page->string = txt_strings_add(
	    &page->out, page->string, page->any, SEPARATOR, e->key, e->key_len);
	page->any = true;
}

static const struct paged_codec codec = {
	.overhead = 1, /* the separator; and a string's length now and then */
	.full = NAMES_PAGE - NAMES_PAGE / (TXT_STRING_MAX - DNS_LABEL_MAX),
	.get = names_get,
	.put = names_put,
};

/* Sorted by network and name when they are written, the last word on each. */
void
names_note(struct store_txn *t, uint32_t network, const char *app, bool is)
{
	struct store_key key;

	key_parts(&key, network, KEY_NAMES, &app, 1);
	overlay_put(&t->names, &key, is ? "" : NULL, 0);
}

/* Those of the network of the one at I; returns how many. */
static size_t
notes_of_network(const struct overlay *o, size_t i, struct paged_note *note)
{
	const uint8_t *list = overlay_at(o, i)->in.key;
	size_t n = 0;

	for (; i + n < o->table.count; n++) {
		const struct overlay_entry *e = overlay_at(o, i + n);

		if (memcmp(e->in.key, list, KEY_START) != 0)
			break;
		note[n] =
		    (struct paged_note){ { .key = e->in.key + KEY_START,
					     .key_len = e->in.len - KEY_START },
			    e->value != NULL };
	}
	return n;
}

void
names_write(struct store_txn *t)
{
	struct overlay *o = &t->names;
	struct store_key prefix;
	const struct paged list = { &codec, t, &prefix };
	struct paged_note *note =
	    arena_take(&o->arena, (o->table.count + 1) * sizeof(*note));
	size_t n;

	overlay_sort(o);
	for (size_t i = 0; i < o->table.count; i += n) {
		n = notes_of_network(o, i, note);
		key_copy(&prefix, overlay_at(o, i)->in.key, KEY_START);
		paged_change(&list, note, n, NULL);
	}
	overlay_release(o);
}
