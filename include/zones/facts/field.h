/*
 * field.h - the fields that each kind of fact has: one table.
 *
 * By it facts are read from JSON and written, held to their rules, stored,
 * listed and documented.  To add a field: its member in struct fact, its row
 * in field.c, and its type where none fits (zones/facts/field_type.h).
 */
#ifndef ZONES_FACTS_FIELD_H
#define ZONES_FACTS_FIELD_H

#include <stddef.h>
#include <string.h>

#include "zones/facts/fact.h"

enum field_need { FIELD_OPTIONAL, FIELD_NEEDED, FIELD_KEY };

struct field {
	const char *key; /* in JSON; NULL ends the rows of a kind */
	const struct field_type *type;
	enum field_need need;
	size_t at;    /* its place in struct fact */
	size_t count; /* of a list: the place of its length */

	/* What its type asks for. */
	double least, most;       /* inclusive */
	double usual;             /* the default: a number, or a word's */
	size_t like;              /* the text that is a text's default */
	const char *const *words; /* NULL ends */

	bool bare;        /* listed without its key */
	const char *text; /* for the document: what the rest does not say */
};

/* The kind's rows, its key first. */
const struct field *fact_fields(enum fact_kind);

/* A field of F that is a text; it is borrowed as all of a fact is. */
static inline void
fact_set_text(struct fact *f, const struct field *field, const char *text)
{
	memcpy((char *)f + field->at, &text, sizeof(text));
}

/* Facts of the kind belong to a network, or are one. */
static inline bool
fact_kind_has_network(enum fact_kind kind)
{
	return fact_fields(kind)->at == offsetof(struct fact, network);
}

#endif
