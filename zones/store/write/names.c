/*
 * names.c - the lists of a network, in pages.
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

static bool
get_name(struct page_in *in, struct pack_entry *e)
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

static void
put_name(struct page_out *page, const struct pack_entry *e)
{
	if (page->out.len == 0)
		wire_put8(&page->out, 0); /* the first string's length */
	page->string = txt_strings_add(
	    &page->out, page->string, page->any, SEPARATOR, e->key, e->key_len);
	page->any = true;
}

/* A page of peers: u64 when the last of them ends; label, u64 each. */
static bool
get_peer(struct page_in *in, struct pack_entry *e)
{
	struct label name;

	if (in->page.pos == 0 && in->page.len > 0)
		(void)wire_get64(&in->page);
	if (wire_left(&in->page) == 0)
		return false;
	name = wire_get_label(&in->page);
	*e = (struct pack_entry){ .key = name.at,
		.key_len = name.len,
		.payload = wire_take(&in->page, 8),
		.payload_len = 8 };
	return !in->page.bad;
}

static void
put_peer(struct page_out *page, const struct pack_entry *e)
{
	static const uint8_t none[8];

	if (page->out.len == 0)
		wire_put(&page->out, none, sizeof(none));
	if (memcmp(page->out.buf, e->payload, 8) < 0)
		memcpy(page->out.buf, e->payload, 8);
	wire_put_label(&page->out, e->key, e->key_len);
	wire_put(&page->out, e->payload, 8);
}

/* A page of counts: u32 the sum of them; label, u16 each. */
static bool
get_count(struct page_in *in, struct pack_entry *e)
{
	struct label page;

	if (in->page.pos == 0 && in->page.len > 0)
		(void)wire_get32(&in->page);
	if (wire_left(&in->page) == 0)
		return false;
	page = wire_get_label(&in->page);
	*e = (struct pack_entry){ .key = page.at,
		.key_len = page.len,
		.payload = wire_take(&in->page, NAMES_COUNT),
		.payload_len = NAMES_COUNT };
	return !in->page.bad;
}

static void
put_count(struct page_out *page, const struct pack_entry *e)
{
	struct wire_in sum;

	if (page->out.len == 0)
		wire_put32(&page->out, 0);
	sum = wire_in(page->out.buf, 4);
	dns_put32(page->out.buf, wire_get32(&sum) + dns_get16(e->payload));
	wire_put_label(&page->out, e->key, e->key_len);
	wire_put(&page->out, e->payload, NAMES_COUNT);
}

void
names_page(struct store_key *key, const uint8_t *page, size_t len)
{
	key_copy(key, page, len);
	key->buf[KEY_START - 1] = KEY_COUNTS;
	if (memchr(page + KEY_START, 0, len - KEY_START) == NULL)
		key_end_part(key);
}

bool
names_end(struct store_key *key, const uint8_t *page, size_t len)
{
	enum key_kind kind = key_kind(page);

	key_copy(key, page, KEY_START);
	key->buf[KEY_START - 1] = KEY_ENDS;
	wire_put8(&key->out, (uint8_t)kind);
	key_bytes(key, page + KEY_START, len - KEY_START);
	return (kind == KEY_PEERS || kind == KEY_FILLED) && len > KEY_START;
}

static void
note_end(struct store_txn *t, const struct store_key *page, size_t n,
    const struct wire_out *out)
{
	struct store_key key;

	if (names_end(&key, page->buf, page->out.len))
		overlay_put(
		    &t->ends, &key, n == 0 ? NULL : out->buf, n == 0 ? 0 : 8);
}

/* Of a list in a network, or of one of each app. */
size_t
names_prefix(const uint8_t *key, size_t len)
{
	if (key_kind(key) == KEY_ENDS)
		return len > KEY_START ? KEY_START + 1 : len;
	if (key_kind(key) != KEY_COUNTS)
		return KEY_START;
	return KEY_START +
	    strnlen((const char *)key + KEY_START, len - KEY_START) + 1;
}

const struct paged_codec *
names_codec(enum key_kind kind)
{
	static const struct paged_codec apps = {
		/* the separator; and a string's length now and then */
		.overhead = 1,
		.full =
		    NAMES_PAGE - NAMES_PAGE / (TXT_STRING_MAX - DNS_LABEL_MAX),
		.get = get_name,
		.put = put_name,
	};
	static const struct paged_codec peers = {
		.overhead = 1, /* its length */
		.full = NAMES_PAGE - 8,
		.get = get_peer,
		.put = put_peer,
		.count = note_end,
	};
	static const struct paged_codec counts = {
		.overhead = 1,
		.full = NAMES_PAGE - 4,
		.get = get_count,
		.put = put_count,
	};

	return kind == KEY_NAMES ? &apps
	    : kind == KEY_COUNTS ? &counts
				 : &peers;
}

/* Sorted by network and name when they are written, the last word on each. */
void
names_note(struct store_txn *t, uint32_t network, const char *app, bool is)
{
	struct store_key key;

	key_parts(&key, network, KEY_NAMES, &app, 1);
	overlay_put(&t->names, &key, is ? "" : NULL, 0);
}

bool
names_peer(struct store_key *key, uint32_t network, const struct fact *f,
    uint8_t expires[8])
{
	struct wire_out out = wire_out(expires, 8);

	wire_put64(
	    &out, (uint64_t)(f->expires == 0 ? PEER_FOR_EVER : f->expires));
	key_parts(key, network, KEY_PEERS, &f->id, 1);
	return !peer_is_interactive(label_of(f->id));
}

void
names_note_peer(
    struct store_txn *t, uint32_t network, const struct fact *f, bool is)
{
	struct store_key key;
	uint8_t expires[8];

	if (names_peer(&key, network, f, expires))
		overlay_put(&t->names, &key, is ? expires : NULL, is ? 8 : 0);
}

/* Those of the list of the one at I; returns how many. */
static size_t
notes_of_list(
    const struct overlay *o, size_t i, size_t start, struct paged_note *note)
{
	const uint8_t *list = overlay_at(o, i)->in.key;
	size_t n = 0;

	for (; i + n < o->table.count; n++) {
		const struct overlay_entry *e = overlay_at(o, i + n);

		if (e->in.len < start || memcmp(e->in.key, list, start) != 0)
			break;
		note[n] = (struct paged_note){ { .key = e->in.key + start,
						   .key_len = e->in.len - start,
						   .payload = e->value,
						   .payload_len = e->len },
			e->value != NULL };
	}
	return n;
}

static void
write_lists(struct store_txn *t, struct overlay *o)
{
	struct store_key prefix;
	struct paged_note *note =
	    arena_take(&o->arena, (o->table.count + 1) * sizeof(*note));
	size_t n;

	overlay_sort(o);
	for (size_t i = 0; i < o->table.count; i += n) {
		const struct table_entry *e = &overlay_at(o, i)->in;
		size_t start = names_prefix(e->key, e->len);

		n = notes_of_list(o, i, start, note);
		key_copy(&prefix, e->key, start);
		paged_change(&(struct paged){ names_codec(key_kind(prefix.buf)),
				 t, &prefix },
		    note, n, NULL);
	}
	overlay_release(o);
}

void
names_write(struct store_txn *t)
{
	write_lists(t, &t->names);
	write_lists(t, &t->ends); /* of these */
}
