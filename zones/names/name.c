/*
 * name.c - the grammar of names, as tables.
 */
#include "zones/names/name.h"

#include <assert.h>

#include "base/letters.h"

/*
 * What may stand in a place: a text, whose length is in the table as every
 * question is held against it, or a word that stands for many.
 */
enum word { WORD_LITERAL, WORD_APP, WORD_ARG, WORD_VALUE, WORD_TOP };

struct part {
	enum word word;
	uint8_t len;
	char text[11];
};

/* clang-format off */
#define LIT(text) { WORD_LITERAL, sizeof(text) - 1, text }
#define APP { WORD_APP, 0, "" }
#define ARG { WORD_ARG, 0, "" }
#define VALUE { WORD_VALUE, 0, "" }
#define TOP { WORD_TOP, 0, "" }
#define NO_MORE { NAME_UNKNOWN, { APP } }
/* clang-format on */

#define RULE_PARTS 5

struct rule {
	enum name_kind kind; /* NAME_UNKNOWN: no more rules */
	struct part part[RULE_PARTS];
};

/*
 * What stands left of `internal`, leftmost label first, as a person writes
 * it; a table for each number of labels.  The first fit wins, so literals
 * stand before the words they could be taken for.  A new form: its kind in
 * name.h, a row here, and one in zones/query/form.c.
 */
static const struct rule rules_of_1[] = {
	{ NAME_APPS, { LIT("_apps") } },
	{ NAME_PEERS, { LIT("_peer") } },
	{ NAME_INSTANCES, { LIT("_instances") } },
	{ NAME_API, { LIT("_api") } },
	{ NAME_APP, { APP } },
	NO_MORE,
};

static const struct rule rules_of_2[] = {
	{ NAME_ALL_INSTANCES, { LIT("all"), LIT("_instances") } },
	{ NAME_PEER, { ARG, LIT("_peer") } },
	{ NAME_APP, { LIT("global"), APP } },
	{ NAME_VMS, { LIT("vms"), APP } },
	{ NAME_REGIONS, { LIT("regions"), APP } },
	{ NAME_BELOW_APP, { LIT("vm"), APP } },
	{ NAME_BELOW_APP, { LIT("of"), APP } },
	{ NAME_BELOW_APP, { LIT("process"), APP } },
	{ NAME_BELOW_APP, { LIT("_metadata"), APP } },
	{ NAME_REGION, { ARG, APP } },
	NO_MORE,
};

static const struct rule rules_of_3[] = {
	{ NAME_BELOW_APP, { LIT("nearest"), LIT("of"), APP } },
	{ NAME_BELOW_APP, { LIT("kv"), LIT("_metadata"), APP } },
	{ NAME_ALL_VMS, { LIT("all"), LIT("vms"), APP } },
	{ NAME_ALL_REGIONS, { LIT("all"), LIT("regions"), APP } },
	{ NAME_INSTANCE, { ARG, LIT("vm"), APP } },
	{ NAME_GROUP, { ARG, LIT("process"), APP } },
	NO_MORE,
};

static const struct rule rules_of_4[] = {
	{ NAME_NEAREST, { TOP, LIT("nearest"), LIT("of"), APP } },
	{ NAME_METADATA_KEY, { ARG, LIT("kv"), LIT("_metadata"), APP } },
	NO_MORE,
};

static const struct rule rules_of_5[] = {
	{ NAME_METADATA, { VALUE, ARG, LIT("kv"), LIT("_metadata"), APP } },
	NO_MORE,
};

static const struct rule *const rules[RULE_PARTS + 1] = { NULL, rules_of_1,
	rules_of_2, rules_of_3, rules_of_4, rules_of_5 };

static inline bool
label_is(struct label l, const char *text)
{
	size_t len = strlen(text);

	return l.len == len && memcmp(l.at, text, len) == 0;
}

/* Without a sign or a leading zero; what does not fit is "all". */
static bool
read_number(const uint8_t *at, unsigned len, uint32_t *n)
{
	*n = 0;
	for (unsigned i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*n = *n > UINT32_MAX / 10 - 10 ? *n : *n * 10 + (at[i] - '0');
	}
	return len > 0 && (at[0] != '0' || len == 1);
}

/* N of topN, or 0. */
static uint32_t
top_of(struct label l)
{
	uint32_t n;

	return l.len > 3 && memcmp(l.at, "top", 3) == 0 &&
		read_number(l.at + 3, l.len - 3U, &n)
	    ? n
	    : 0;
}

static inline bool
part_fits(struct name *name, const struct part *part, struct label l)
{
	switch (part->word) {
	case WORD_LITERAL:
		return l.len == part->len &&
		    memcmp(l.at, part->text, l.len) == 0;
	case WORD_APP:
		name->app = l;
		return l.at[0] != '_';
	case WORD_ARG:
		name->arg = l;
		return true;
	case WORD_VALUE:
		name->value = l;
		return true;
	case WORD_TOP:
		name->top = top_of(l);
		return name->top != 0;
	}
	return false;
}

/* From the left: there stands what differs between names. */
static inline bool
rule_fits(struct name *name, const struct rule *r, const struct dname *d,
    unsigned first, unsigned parts)
{
	for (unsigned i = 0; i < parts; i++)
		if (!part_fits(name, &r->part[i], dname_label(d, first + i)))
			return false;
	return true;
}

/* Sorts out nearly all literals that are another. */
static inline bool
may_begin(const struct part *part, struct label first)
{
	return part->len == 0 ||
	    (part->len == first.len && part->text[0] == first.at[0]);
}

static inline enum name_kind
read_internal(struct name *name, const struct dname *d)
{
	unsigned skip = name->skip, parts = d->labels - 1U - skip;
	struct label first = dname_label(d, skip);
	const struct rule *r;

	if (parts == 0)
		return skip == 0 ? NAME_ZONE : NAME_UNKNOWN;
	if (parts > RULE_PARTS)
		return NAME_UNKNOWN;
	r = rules[parts];
	while (!may_begin(&r->part[0], first) ||
	    (r->kind != NAME_UNKNOWN && !rule_fits(name, r, d, skip, parts)))
		r++;
	return r->kind;
}

/* RFC 2782. */
static bool
read_protocol(struct name *name, struct label l)
{
	name->udp = label_is(l, "_udp");
	return name->udp || label_is(l, "_tcp");
}

/* Takes _PORT._PROTO. or _PROTO. off the name's begin. */
static void
read_srv(struct name *name, const struct dname *d)
{
	struct label first = dname_label(d, 0);

	if (d->labels > 2 && first.len > 1 &&
	    read_protocol(name, dname_label(d, 1))) {
		name->service =
		    (struct label){ first.at + 1, (uint8_t)(first.len - 1) };
		name->skip = 2;
	} else if (read_protocol(name, first)) {
		name->service = (struct label){ NULL, 0 };
		name->skip = 1;
	}
}

/* What has a set of instances behind it, or one. */
static bool
has_services(enum name_kind kind)
{
	return (kind >= NAME_APP && kind <= NAME_METADATA) || kind == NAME_APN;
}

static enum name_kind
read_flycast(struct name *name, const struct dname *d)
{
	if (d->labels == 1)
		return NAME_ZONE;
	name->app = dname_label(d, 0);
	return d->labels == 2 ? NAME_FLYCAST : NAME_UNKNOWN;
}

/* RFC 3596, 2.5: nibbles, the last one of the address leftmost. */
static int
nibble_of(struct label l)
{
	uint8_t c = l.at[0];

	if (l.len == 1 && c >= '0' && c <= '9')
		return c - '0';
	return l.len == 1 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 1035, 3.5: octets in decimal. */
static int
octet_of(struct label l)
{
	uint32_t n;

	return read_number(l.at, l.len, &n) && n < 256 ? (int)n : -1;
}

/*
 * The address bits that a reverse name gives, from the right.  Labels that
 * are no part of an address end it: the name is below what was read.
 */
static void
read_reverse(struct name *name, const struct dname *d, bool v6)
{
	unsigned step = v6 ? 4 : 8, bits = v6 ? 0 : 96;
	int left = d->labels - 3;

	memset(&name->reverse, 0, sizeof(name->reverse));
	if (!v6)
		name->reverse.addr = addr_from_v4("\0\0\0");
	for (; left >= 0 && bits < 128; left--, bits += step) {
		struct label l = dname_label(d, (unsigned)left);
		int v = v6 ? nibble_of(l) : octet_of(l);

		if (v < 0)
			break;
		name->reverse.addr.ip[bits / 8] |=
		    (uint8_t)(v << (8 - step - bits % 8));
	}
	name->reverse.len = (uint8_t)bits;
	name->reverse_extra = left >= 0;
}

static enum name_kind
read_arpa(struct name *name, const struct dname *d)
{
	struct label second;

	if (d->labels < 3)
		return NAME_OTHER;
	second = dname_label(d, d->labels - 2U);
	if (!label_is(second, "ip6") && !label_is(second, "in-addr"))
		return NAME_OTHER;
	read_reverse(name, d, second.len == 3);
	return NAME_REVERSE;
}

static inline enum name_kind
read_kind(struct name *name, const struct dname *d, special_set ordinary)
{
	struct label last;

	if (d->labels == 0)
		return NAME_OTHER;
	name->apex = 1;
	last = dname_label(d, d->labels - 1U);
	if (d->wire[1] == '_')
		read_srv(name, d);
	if (label_is(last, "internal"))
		return read_internal(name, d);
	if (label_is(last, "apn"))
		return d->labels == 1 + name->skip
		    ? (name->skip == 0 ? NAME_ZONE : NAME_UNKNOWN)
		    : NAME_APN;
	if (label_is(last, "flycast"))
		return read_flycast(name, d);
	if (special_read(name, d, ordinary)) {
		if (name->kind == NAME_LOOPBACK)
			(void)read_arpa(name, d); /* the address */
		return name->kind;
	}
	return label_is(last, "arpa") ? read_arpa(name, d) : NAME_OTHER;
}

/*
 * No fact has a zero octet, and the parts of the store's keys end with one:
 * a label that holds it would stand for two.
 */
void
name_read(struct name *name, const struct dname *d, special_set ordinary)
{
	assert(letters_are_lower(d->wire, d->len));
	name->skip = 0;
	name->kind = read_kind(name, d, ordinary);
	if (name->skip > 0 && name->kind > NAME_ZONE &&
	    !has_services(name->kind))
		name->kind = NAME_UNKNOWN;
	if (name->kind > NAME_ZONE && name->kind < NAME_REVERSE && d->has_zero)
		name->kind = NAME_UNKNOWN;
}

bool
name_is_label(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= '0' && text[i] <= '9') && text[i] != '-' &&
		    text[i] != '_')
			return false;
	return len > 0 && len <= DNS_LABEL_MAX;
}

bool
name_is_qualifier(const char *label)
{
	static const char *const more[] = { "all", "nearest", "kv", "top0",
		"_tcp", "_udp" };

	if (top_of(label_of(label)) != 0)
		return true;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (strcmp(label, more[i]) == 0)
			return true;
	/* What may stand where a region stands, and is a literal. */
	for (const struct rule *r = rules_of_2; r->kind != NAME_UNKNOWN; r++)
		if (r->part[1].word == WORD_APP &&
		    r->part[0].word == WORD_LITERAL &&
		    strcmp(label, r->part[0].text) == 0)
			return true;
	return false;
}
