/*
 * field_type.h - the types of fields: what JSON has for one, and what is
 * done with that.
 */
#ifndef ZONES_FACTS_FIELD_TYPE_H
#define ZONES_FACTS_FIELD_TYPE_H

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/wire.h"
#include "zones/facts/field.h"
#include "zones/facts/span.h"

/* What JSON has for a field, whoever read it. */
struct field_value {
	double number;
	size_t count;
	struct span text[2 * FACT_LIST_MAX]; /* of pairs: key, value, ... */
};

/* A fact that is being read; its kind is set. */
struct fact_reading {
	struct fact *fact;
	struct arena *arena;
	struct complaint *why;
	bool key_only;
	uint32_t seen; /* a bit for each row of the kind's */
};

struct field_printing {
	FILE *out;
	bool json; /* or else for people */
};

struct field_type {
	enum field_shape {
		FIELD_STRING,
		FIELD_NUMBER,
		FIELD_BOOLEAN, /* read as the number 0 or 1 */
		FIELD_STRINGS, /* an array of them */
		FIELD_PAIRS,   /* an object of them */
		FIELD_PORTS /* an object of ports, read as "53" or "53/udp" */
	} shape;

	/* A value of this shape, into the fact. */
	enum err (*take)(struct fact_reading *, const struct field *,
	    const struct field_value *);
	/*
	 * After all were taken: the default, and what needs other fields;
	 * NULL where that is zero.
	 */
	enum err (*fill)(
	    struct fact_reading *, const struct field *, bool taken);
	/* The rules of all that was taken; NULL: taking it held it to them. */
	enum err (*check)(
	    const struct fact *, const struct field *, struct complaint *);

	/* NULL: always. */
	bool (*is_set)(const struct fact *, const struct field *);
	/* One that is set has the default; NULL: never. */
	bool (*is_usual)(const struct fact *, const struct field *);
	void (*print)(const struct field_printing *, const struct fact *,
	    const struct field *);

	/* As the store keeps it; what is read back is put so again. */
	void (*put)(
	    struct wire_out *, const struct fact *, const struct field *);
	void (*get)(struct wire_in *, struct fact *, const struct field *,
	    struct arena *);

	size_t size;                     /* of a scalar (field_scalar.c) */
	const struct field_entry *entry; /* of a list (field_list.h) */
};

extern const struct field_type field_label, field_host, field_region,
    field_domain, field_public_key, field_endpoint, field_words, field_time,
    field_number, field_whole, field_addresses, field_blocks, field_resolvers,
    field_prefixes, field_pool, field_pairs, field_ports, field_hosts,
    field_flag, field_zone, field_owner, field_rrtype, field_values;

/* What both readers of JSON do.  The row of this name; NULL: none has it. */
const struct field *reading_find(const struct fact_reading *, struct span key);
bool reading_has(const struct fact_reading *, const struct field *);
enum err reading_take(struct fact_reading *, const struct field *,
    const struct field_value *) MUST_CHECK;
/* Is all there?  What was not given gets its default; then all rules. */
enum err reading_finish(struct fact_reading *) MUST_CHECK;

/* A member of a fact, by its place. */
static inline void
member_get(const struct fact *f, size_t at, void *value, size_t size)
{
	memcpy(value, (const char *)f + at, size);
}

static inline void
member_set(struct fact *f, size_t at, const void *value, size_t size)
{
	memcpy((char *)f + at, value, size);
}

static inline char *
span_copy(struct arena *arena, struct span s)
{
	return arena_copy(arena, s.at, s.len);
}

/* Of text that JSON has as it is. */
static inline void
field_print_word(const struct field_printing *p, const char *text)
{
	(void)fprintf(p->out, p->json ? "\"%s\"" : "%s", text);
}

#endif
