/*
 * field.h - the types that a fact's fields have in JSON, each with its
 * reader and its writer.  For fact_json.c, whose tables name them.
 */
#ifndef ZONES_FACTS_FIELD_H
#define ZONES_FACTS_FIELD_H

#include <jansson.h>
#include <stdio.h>

#include "zones/facts/plain.h"

struct field;

/* What a reader is given: where to write, and with whose memory. */
struct field_reading {
	struct fact *fact;
	struct arena *arena;
	struct complaint *why;
};

struct field_type {
	enum err (*read)(
	    struct field_reading *, const struct field *, json_t *);
	/* False where the fact has the default, which is not written. */
	bool (*given)(const struct fact *, const struct field *);
	void (*print)(FILE *, const struct fact *, const struct field *);
	/* NULL: a line that has such a field is not plain. */
	bool (*plain)(
	    struct field_reading *, const struct field *, struct wire_in *);
};

struct field {
	const char *key; /* NULL ends a table */
	const struct field_type *type;
	size_t at; /* of a label or number: its place in struct fact */
	enum { OPTIONAL, NEEDED, KEY } need;
};

static inline const char **
field_label_at(struct fact *f, const struct field *field)
{
	return (const char **)(void *)((char *)f + field->at);
}

/* The kind's fields (fact_json.c). */
const struct field *fact_fields(enum fact_kind);
/* What was not given gets its default; then all rules. */
enum err fact_finish(struct fact *, struct complaint *) MUST_CHECK;

/* E_INPUT, with the value as JSON in the complaint. */
enum err field_complain_value(
    struct field_reading *, const char *field, const char *rule, json_t *);
enum err field_string_check(
    struct field_reading *, const char *field, json_t *);
/* A string's text, in the reading's arena. */
char *field_string_copy(struct field_reading *, json_t *);

/* fact_plain.c */
bool plain_label(
    struct field_reading *, const struct field *, struct wire_in *);
bool plain_state(
    struct field_reading *, const struct field *, struct wire_in *);
bool plain_addresses(
    struct field_reading *, const struct field *, struct wire_in *);
bool plain_metadata(
    struct field_reading *, const struct field *, struct wire_in *);

extern const struct field_type field_label, field_domain, field_number,
    field_ttl, field_state, field_expires, field_addresses, field_prefixes,
    field_metadata;

#endif
