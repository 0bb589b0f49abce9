/*
 * field_addr.c - lists of addresses, with or without blocks, and of prefixes.
 */
#include "base/addr_list.h"
#include "base/addr_parse.h"
#include "base/addr_text.h"
#include "field_list.h"

static_assert(ENTRY_TEXT >= PREFIX_TEXT, "it fits");

static bool
address_parse(void *entry, struct arena *arena, const struct span *s)
{
	char text[ADDR_TEXT];

	(void)arena;
	if (s->len >= sizeof(text))
		return false;
	memcpy(text, s->at, s->len);
	text[s->len] = '\0';
	return addr_parse(entry, text);
}

static const char *
address_name(const void *entry, char out[ENTRY_TEXT])
{
	return addr_text(entry, out);
}

static void
addresses_put(
    struct wire_out *out, const struct fact *f, const struct field *field)
{
	struct list l = list_of(f, field);

	wire_put_addr_list(out, 0, l.at, l.count);
}

/* A flag that such addresses have; no IPv4 as IPv6. */
static bool
is_addr_list(uint8_t flags, const struct addr *six, unsigned n, unsigned m)
{
	for (unsigned i = 0; i < n; i++)
		if (addr_is_v4(&six[i]))
			return false;
	return n + m <= FACT_LIST_MAX &&
	    (flags == 0 ? m == 0 || n > 0
			: flags == ADDR_LIST_V4_FIRST && m > 0);
}

/* Those of the family that stands first come first. */
static void
addresses_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	uint8_t flags = wire_get8(in);
	unsigned n = wire_get8(in), m = wire_get8(in);
	const uint8_t *six = wire_take(in, 16 * n);
	const uint8_t *four = wire_take(in, 4 * m);
	struct addr *a = arena_take(arena, (n + m) * sizeof(*a));
	struct addr *first = flags == 0 ? a : a + m;

	list_set(f, field, a, n + m);
	if (in->bad)
		return;
	memcpy(first, six, 16 * n);
	in->bad = !is_addr_list(flags, first, n, m);
	first = flags == 0 ? a + n : a;
	for (unsigned i = 0; i < m; i++)
		first[i] = addr_from_v4(four + 4 * i);
}

/* --- addresses with their blocks: a length each, in the same order */

static enum err
blocks_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	struct addr *list = arena_room(r->arena, value->count * sizeof(*list));
	uint8_t *lens = arena_room(r->arena, value->count);

	for (size_t i = 0; i < value->count; i++) {
		char *text = span_copy(r->arena, value->text[i]);

		if (!block_parse(&list[i], &lens[i], text))
			return complain(r->why, field->key,
			    "must hold IPv6 or IPv4 addresses, or each with the"
			    " length of its block (fdaa:0:18::102/120)",
			    text);
	}
	list_set(r->fact, field, list, (unsigned)value->count);
	r->fact->blocks = lens;
	return E_OK;
}

static void
blocks_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	char text[PREFIX_TEXT];

	(void)field;
	(void)fputs(p->json ? "[" : "", p->out);
	for (unsigned i = 0; i < f->address_count; i++) {
		const struct prefix block = { f->addresses[i], f->blocks[i] };

		if (i > 0)
			(void)fputc(p->json ? ',' : ' ', p->out);
		field_print_word(p,
		    block.len == 128 ? addr_text(&block.addr, text)
				     : prefix_text(&block, text));
	}
	(void)fputs(p->json ? "]" : "", p->out);
}

/* Those of one family. */
static void
lens_put(struct wire_out *out, const struct fact *f, bool four)
{
	for (unsigned i = 0; i < f->address_count; i++)
		if (addr_is_v4(&f->addresses[i]) == four)
			wire_put8(out, f->blocks[i]);
}

/* IPv6 first, as their addresses. */
static void
blocks_put(
    struct wire_out *out, const struct fact *f, const struct field *field)
{
	addresses_put(out, f, field);
	lens_put(out, f, false);
	lens_put(out, f, true);
}

static void
lens_get(struct wire_in *in, const struct fact *f, uint8_t *lens, bool four)
{
	for (unsigned i = 0; i < f->address_count; i++)
		if (addr_is_v4(&f->addresses[i]) == four) {
			lens[i] = wire_get8(in);
			in->bad =
			    in->bad || lens[i] > 128 || (four && lens[i] < 96);
		}
}

static void
blocks_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	uint8_t *lens;

	addresses_get(in, f, field, arena);
	if (in->bad)
		return;
	lens = arena_take(arena, f->address_count);
	f->blocks = lens;
	lens_get(in, f, lens, false);
	lens_get(in, f, lens, true);
}

/* The address 3 of each /48: what a peer's configuration says by habit. */
static unsigned
usual_resolvers(const struct fact *network, struct addr *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < network->prefix_count; i++) {
		const struct prefix *p = &network->prefixes[i];

		if (p->len != 48 || addr_is_v4(&p->addr))
			continue;
		out[n] = p->addr;
		out[n++].ip[15] = 3;
	}
	return n;
}

static enum err
resolvers_fill(struct fact_reading *r, const struct field *field, bool taken)
{
	struct fact *f = r->fact;
	struct addr *list;

	(void)taken;
	if (list_is_set(f, field))
		return E_OK;
	list = arena_room(r->arena, f->prefix_count * sizeof(*list));
	list_set(f, field, list, usual_resolvers(f, list));
	return E_OK;
}

static bool
resolvers_is_usual(const struct fact *f, const struct field *field)
{
	struct list l = list_of(f, field);
	struct addr usual[FACT_LIST_MAX];

	return usual_resolvers(f, usual) == l.count &&
	    memcmp(usual, l.at, l.count * l.size) == 0;
}

/* --- prefixes */

static bool
prefix_parse_span(void *entry, struct arena *arena, const struct span *s)
{
	return prefix_parse(entry, span_copy(arena, *s));
}

static const char *
prefix_name(const void *entry, char out[ENTRY_TEXT])
{
	return prefix_text(entry, out);
}

static void
prefix_put(struct wire_out *out, const void *entry)
{
	const struct prefix *p = entry;

	wire_put(out, p->addr.ip, 16);
	wire_put8(out, p->len);
}

static void
prefix_get(struct wire_in *in, void *entry, struct arena *arena)
{
	struct prefix *p = entry;
	const uint8_t *ip = wire_take(in, 16);

	(void)arena;
	if (ip != NULL)
		memcpy(p->addr.ip, ip, 16);
	p->len = wire_get8(in);
	in->bad = in->bad || p->len > 128;
}

static const struct field_entry address = {
	.size = sizeof(struct addr),
	.rule = "must hold IPv6 or IPv4 addresses",
	.twice = "must not have an address twice",
	.parse = address_parse,
	.name = address_name,
};

static enum err
pool_check(const void *entry, const struct field *field, struct complaint *why)
{
	const struct prefix *p = entry;
	char text[PREFIX_TEXT];

	return addr_is_v4(&p->addr) && p->len >= 96
	    ? E_OK
	    : complain(why, field->key, "must hold IPv4 prefixes",
		  prefix_text(p, text));
}

#define PREFIX                                                                 \
	.size = sizeof(struct prefix),                                         \
	.rule = "must hold prefixes (fdaa:0:18::/48), with no bit set behind"  \
		" their length",                                               \
	.twice = "must not have a prefix twice", .parse = prefix_parse_span,   \
	.name = prefix_name, .put = prefix_put, .get = prefix_get

static const struct field_entry prefix = { PREFIX };
static const struct field_entry pool = { PREFIX, .check = pool_check };

const struct field_type field_addresses = { FIELD_STRINGS, FIELD_LIST(address),
	.put = addresses_put, .get = addresses_get };
const struct field_type field_resolvers = { FIELD_STRINGS, FIELD_LIST(address),
	.fill = resolvers_fill, .is_usual = resolvers_is_usual,
	.put = addresses_put, .get = addresses_get };
const struct field_type field_prefixes = { FIELD_STRINGS, FIELD_LIST(prefix),
	.put = list_put, .get = list_get };
const struct field_type field_pool = { FIELD_STRINGS, FIELD_LIST(pool),
	.put = list_put, .get = list_get };
const struct field_type field_blocks = { FIELD_STRINGS, .entry = &address,
	.take = blocks_take, .check = list_check, .is_set = list_is_set,
	.print = blocks_print, .put = blocks_put, .get = blocks_get };
