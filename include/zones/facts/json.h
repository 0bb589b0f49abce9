/*
 * json.h - facts as JSON, the form in which a control plane has them.
 *
 * Reading is strict: a key that the kind does not have, a value of another
 * type, a rule of check.h that is broken: each is a complaint that
 * names field, rule and value.  Labels are put in lower case; metadata
 * stays as it is.
 */
#ifndef ZONES_FACTS_JSON_H
#define ZONES_FACTS_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "zones/facts/field.h"

/*
 * Reads an object's members into F, whose kind is set, and key fields as
 * far as they are known from elsewhere: where the object has them too, they
 * must agree.  The member SKIP is not the fact's ("put"); it may be NULL.
 * The fact's memory is the arena's; the object stays the caller's.
 */
enum err fact_json_read(struct fact *f, struct arena *, json_t *object,
    const char *skip, struct complaint *) MUST_CHECK;

/* The same of a key alone; other fields are refused. */
enum err fact_json_read_key(struct fact *f, struct arena *, json_t *object,
    const char *skip, struct complaint *) MUST_CHECK;

/* As much of the key as the object has, of an object that was refused. */
void fact_json_find_key(struct fact *f, struct arena *, json_t *object);

/* {"put":"app",...}, without a newline; what has its default is left out. */
void fact_json_print(FILE *, const struct fact *);

/* {"age":N,"put":"app",...}, where it has addresses that another may claim. */
void fact_json_print_aged(FILE *, const struct fact *);

/* {"VERB":"app",...}: its kind and its key alone. */
void fact_json_print_key(FILE *, const char *verb, const struct fact *);

/* For people, a line: its title, then all that it has. */
void fact_print_line(FILE *, const struct fact *);
void fact_print_fields(FILE *, const struct fact *); /* without its end */
/* A field alone, nothing where F has none; false: it says what is usual. */
bool fact_print_field(FILE *, const struct fact *f, const struct field *);

/* TEXT, which is UTF-8, as JSON has it. */
static inline void
fact_json_print_text(FILE *out, const char *text)
{
	json_t *string = json_string(text);

	(void)json_dumpf(string, out, JSON_ENCODE_ANY);
	json_decref(string);
}

#endif
