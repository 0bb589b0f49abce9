/*
 * field_list.c - types that hold more than one value: an array of strings in
 * JSON, or an object of them.
 *
 * What they differ in is what an entry is.  To add a list: its entry, its
 * row at the end.
 */
#include <stdio.h>

#include "base/addr_list.h"
#include "base/addr_text.h"
#include "field_type.h"
#include "zones/facts/json.h"
#include "zones/names/label.h"

#define KEY_MAX    63   /* octets of a pair's key */
#define VALUE_MAX  1024 /* and of its value */
#define ENTRY_TEXT 64   /* an entry's name, for a complaint */

static_assert(ENTRY_TEXT >= PREFIX_TEXT && ENTRY_TEXT > KEY_MAX, "it fits");

struct field_entry {
	size_t size;
	unsigned spans;    /* in JSON */
	const char *rule;  /* what it must be */
	const char *twice; /* what no two may be */
	bool (*parse)(void *entry, struct arena *, const struct span *);
	const char *(*name)(const void *entry, char out[ENTRY_TEXT]);
	/* NULL: that it can be parsed is all. */
	enum err (*check)(
	    const void *entry, const struct field *, struct complaint *);
	/* NULL: octet by octet. */
	bool (*is_same)(const void *entry, const void *other);
	/* NULL: its name. */
	void (*print)(const struct field_printing *, const void *entry);
	void (*put)(struct wire_out *, const void *entry);
	void (*get)(struct wire_in *, void *entry, struct arena *);
};

struct list {
	const void *at;
	unsigned count;
	size_t size; /* of an entry */
};

static struct list
list_of(const struct fact *f, const struct field *field)
{
	struct list l = { .size = field->type->entry->size };

	member_get(f, field->at, &l.at, sizeof(l.at));
	member_get(f, field->count, &l.count, sizeof(l.count));
	return l;
}

static const void *
entry_at(const struct list *l, unsigned i)
{
	return (const char *)l->at + i * l->size;
}

static void
list_set(
    struct fact *f, const struct field *field, const void *at, unsigned count)
{
	member_set(f, field->at, &at, sizeof(at));
	member_set(f, field->count, &count, sizeof(count));
}

static enum err
list_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	const struct field_entry *e = field->type->entry;
	size_t count = value->count / e->spans;
	char *list = arena_room(r->arena, count * e->size);

	for (size_t i = 0; i < count; i++) {
		const struct span *text = &value->text[i * e->spans];

		if (!e->parse(list + i * e->size, r->arena, text))
			return complain(r->why, field->key, e->rule,
			    span_copy(r->arena, *text));
	}
	list_set(r->fact, field, list, (unsigned)count);
	return E_OK;
}

static bool
is_same(const struct field_entry *e, const void *a, const void *b)
{
	return e->is_same == NULL ? memcmp(a, b, e->size) == 0
				  : e->is_same(a, b);
}

static enum err
count_check(const struct field *field, unsigned count, struct complaint *why)
{
	unsigned least = field->need == FIELD_NEEDED;
	char rule[80], value[16];

	if (count >= least && count <= FACT_LIST_MAX)
		return E_OK;
	(void)snprintf(rule, sizeof(rule), "must have %u to %d entries", least,
	    FACT_LIST_MAX);
	(void)snprintf(value, sizeof(value), "%u", count);
	return complain(why, field->key, rule, value);
}

static enum err
list_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const struct field_entry *e = field->type->entry;
	struct list l = list_of(f, field);
	enum err err = count_check(field, l.count, why);
	char name[ENTRY_TEXT];

	for (unsigned i = 0; i < l.count && err == E_OK; i++) {
		const void *entry = entry_at(&l, i);

		if (e->check != NULL)
			err = e->check(entry, field, why);
		for (unsigned j = 0; j < i && err == E_OK; j++)
			if (is_same(e, entry, entry_at(&l, j)))
				err = complain(why, field->key, e->twice,
				    e->name(entry, name));
	}
	return err;
}

static bool
list_is_set(const struct fact *f, const struct field *field)
{
	return list_of(f, field).count > 0;
}

static void
entry_print(const struct field_printing *p, const struct field_entry *e,
    const void *entry)
{
	char name[ENTRY_TEXT];

	if (e->print == NULL)
		field_print_word(p, e->name(entry, name));
	else
		e->print(p, entry);
}

static void
list_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	static const char open[] = {
		[FIELD_STRINGS] = '[', [FIELD_PAIRS] = '{'
	};
	static const char shut[] = {
		[FIELD_STRINGS] = ']', [FIELD_PAIRS] = '}'
	};
	struct list l = list_of(f, field);

	if (p->json)
		(void)fputc(open[field->type->shape], p->out);
	for (unsigned i = 0; i < l.count; i++) {
		if (i > 0)
			(void)fputc(p->json ? ',' : ' ', p->out);
		entry_print(p, field->type->entry, entry_at(&l, i));
	}
	if (p->json)
		(void)fputc(shut[field->type->shape], p->out);
}

static void
list_put(struct wire_out *out, const struct fact *f, const struct field *field)
{
	struct list l = list_of(f, field);

	wire_put8(out, (uint8_t)l.count);
	for (unsigned i = 0; i < l.count; i++)
		field->type->entry->put(out, entry_at(&l, i));
}

static void
list_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	const struct field_entry *e = field->type->entry;
	unsigned count = wire_get8(in);
	char *list = arena_take(arena, count * e->size);

	in->bad = in->bad || count > FACT_LIST_MAX;
	for (unsigned i = 0; i < count && !in->bad; i++)
		e->get(in, list + i * e->size, arena);
	list_set(f, field, list, count);
}

/* --- addresses */

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

/* --- pairs of strings */

static bool
pair_parse(void *entry, struct arena *arena, const struct span *s)
{
	struct fact_pair *pair = entry;

	pair->key = span_copy(arena, s[0]);
	pair->value = span_copy(arena, s[1]);
	return true;
}

static enum err
pair_check(const void *entry, const struct field *field, struct complaint *why)
{
	const struct fact_pair *pair = entry;

	if (pair->key[0] == '\0' || strlen(pair->key) > KEY_MAX)
		return complain(why, field->key,
		    "must have keys of 1 to 63 octets", pair->key);
	if (strlen(pair->value) > VALUE_MAX)
		return complain(why, pair->key, "must have at most 1024 octets",
		    pair->value);
	return E_OK;
}

static bool
pair_is_same(const void *entry, const void *other)
{
	const struct fact_pair *a = entry, *b = other;

	return strcmp(a->key, b->key) == 0;
}

static const char *
pair_name(const void *entry, char out[ENTRY_TEXT])
{
	const struct fact_pair *pair = entry;

	(void)out;
	return pair->key;
}

static void
pair_print(const struct field_printing *p, const void *entry)
{
	const struct fact_pair *pair = entry;

	fact_json_print_text(p->out, pair->key);
	(void)fputc(p->json ? ':' : '=', p->out);
	fact_json_print_text(p->out, pair->value);
}

static void
pair_put(struct wire_out *out, const void *entry)
{
	const struct fact_pair *pair = entry;
	size_t len = strlen(pair->value);

	wire_put_label(out, pair->key, strlen(pair->key));
	wire_put16(out, (uint16_t)len);
	wire_put(out, pair->value, len);
}

static void
pair_get(struct wire_in *in, void *entry, struct arena *arena)
{
	struct fact_pair *pair = entry;
	struct label key = wire_get_label(in);
	uint16_t len = wire_get16(in);
	const uint8_t *value = wire_take(in, len);

	if (in->bad || key.len == 0 || memchr(key.at, 0, key.len) != NULL ||
	    len > VALUE_MAX || memchr(value, 0, len) != NULL) {
		in->bad = true;
		return;
	}
	pair->key = arena_copy(arena, (const char *)key.at, key.len);
	pair->value = arena_copy(arena, (const char *)value, len);
}

static const struct field_entry address = {
	.size = sizeof(struct addr),
	.spans = 1,
	.rule = "must hold IPv6 or IPv4 addresses",
	.twice = "must not have an address twice",
	.parse = address_parse,
	.name = address_name,
};

static const struct field_entry prefix = {
	.size = sizeof(struct prefix),
	.spans = 1,
	.rule = "must hold prefixes (fdaa:0:18::/48), with no bit set behind"
		" their length",
	.twice = "must not have a prefix twice",
	.parse = prefix_parse_span,
	.name = prefix_name,
	.put = prefix_put,
	.get = prefix_get,
};

static const struct field_entry pair = {
	.size = sizeof(struct fact_pair),
	.spans = 2,
	.twice = "must not have a key twice",
	.parse = pair_parse,
	.name = pair_name,
	.check = pair_check,
	.is_same = pair_is_same,
	.print = pair_print,
	.put = pair_put,
	.get = pair_get,
};

#define LIST(of)                                                               \
	.take = list_take, .check = list_check, .is_set = list_is_set,         \
	.print = list_print, .entry = &(of)

const struct field_type field_addresses = { FIELD_STRINGS, LIST(address),
	.put = addresses_put, .get = addresses_get };
const struct field_type field_resolvers = { FIELD_STRINGS, LIST(address),
	.fill = resolvers_fill, .is_usual = resolvers_is_usual,
	.put = addresses_put, .get = addresses_get };
const struct field_type field_prefixes = { FIELD_STRINGS, LIST(prefix),
	.put = list_put, .get = list_get };
const struct field_type field_pairs = { FIELD_PAIRS, LIST(pair),
	.put = list_put, .get = list_get };
