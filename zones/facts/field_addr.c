/*
 * field_addr.c - lists of addresses, and of prefixes.
 */
#include "base/addr_list.h"
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

static void
resolvers_fill(struct fact_reading *r, const struct field *field, bool taken)
{
	struct fact *f = r->fact;
	struct addr *list;

	(void)taken;
	if (list_is_set(f, field))
		return;
	list = arena_room(r->arena, f->prefix_count * sizeof(*list));
	list_set(f, field, list, usual_resolvers(f, list));
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

static const struct field_entry prefix = {
	.size = sizeof(struct prefix),
	.rule = "must hold prefixes (fdaa:0:18::/48), with no bit set behind"
		" their length",
	.twice = "must not have a prefix twice",
	.parse = prefix_parse_span,
	.name = prefix_name,
	.put = prefix_put,
	.get = prefix_get,
};

const struct field_type field_addresses = { FIELD_STRINGS, FIELD_LIST(address),
	.put = addresses_put, .get = addresses_get };
const struct field_type field_resolvers = { FIELD_STRINGS, FIELD_LIST(address),
	.fill = resolvers_fill, .is_usual = resolvers_is_usual,
	.put = addresses_put, .get = addresses_get };
const struct field_type field_prefixes = { FIELD_STRINGS, FIELD_LIST(prefix),
	.put = list_put, .get = list_get };
