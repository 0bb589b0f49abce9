/*
 * names_page.c - a page of the list of apps: read, and written anew.
 */
#include <stdlib.h>

#include "base/array.h"
#include "impl.h"
#include "names.h"

static bool
next_string(struct names_in *in)
{
	size_t len = wire_get8(&in->page);
	const uint8_t *at = wire_take(&in->page, len);

	if (at == NULL || len == 0)
		return false;
	in->string = wire_in(at, len);
	if (at[0] == NAMES_SEPARATOR)
		(void)wire_take(&in->string, 1);
	return true;
}

bool
names_next(struct names_in *in, struct label *name)
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
	end = memchr(at, NAMES_SEPARATOR, left);
	*name = (struct label){ at,
		(uint8_t)(end == NULL ? left : (size_t)(end - at)) };
	(void)wire_take(&in->string, name->len);
	in->page.bad = name->len == 0 || name->len > DNS_LABEL_MAX;
	return !in->page.bad;
}

void
name_list_add(struct name_list *l, struct label name, bool is_new)
{
	l->name = array_grow(l->name, l->count, &l->room, sizeof(*l->name));
	l->name[l->count++] = name;
	l->octets += 1U + name.len;
	l->grows = is_new;
}

void
names_key(struct store_key *key, uint32_t network, struct label name)
{
	key_init(key, network, KEY_NAMES);
	key_bytes(key, name.at, name.len);
}

/*
 * Loading in order fills pages; else all are filled alike, so that the next
 * names find room.
 */
static size_t
room_of_each(const struct name_list *l)
{
	size_t some = NAMES_FULL - 2 * (1 + DNS_LABEL_MAX);

	return l->grows
	    ? NAMES_FULL
	    : NAMES_FULL - some + l->octets / (l->octets / some + 1);
}

void
name_list_put(const struct name_list *l, struct store_txn *t,
    struct store_key *key, uint32_t network)
{
	size_t room = room_of_each(l), i = 0;
	uint8_t buf[NAMES_FULL];

	while (i < l->count) {
		struct wire_out out = wire_out(buf, sizeof(buf));
		bool any = key->out.len > KEY_START;
		size_t last = names_start(&out);

		for (; i < l->count && out.len + 2U + l->name[i].len <= room;
		     i++, any = true)
			last = names_add(&out, last, any, l->name[i]);
		txn_put_now(t, key, buf, out.len);
		if (i < l->count)
			names_key(key, network, l->name[i]);
	}
}
