/*
 * fact_field.h - the types that a fact's fields have in JSON, each with its
 * reader and its writer.  For fact_json.c, whose tables name them.
 */
#ifndef ZONES_FACT_FIELD_H
#define ZONES_FACT_FIELD_H

#include <jansson.h>
#include <stdio.h>

#include "zones/arena.h"
#include "zones/fact.h"

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
};

struct field {
	const char *key; /* NULL ends a table */
	const struct field_type *type;
	size_t at; /* of a label or number: its place in struct fact */
	enum { OPTIONAL, NEEDED, KEY } need;
};

/* E_INPUT, with the value as JSON in the complaint. */
enum err field_complain_value(
    struct field_reading *, const char *field, const char *rule, json_t *);
enum err field_string_check(
    struct field_reading *, const char *field, json_t *);
/* A string's text, in the reading's arena. */
char *field_string_copy(struct field_reading *, json_t *);

extern const struct field_type field_label, field_domain, field_number,
    field_ttl, field_state, field_expires, field_addresses, field_prefixes,
    field_metadata;

#endif
