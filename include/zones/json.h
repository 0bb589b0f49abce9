/*
 * json.h - one JSON text (RFC 8259) as a tree in an arena, and strings back.
 *
 * By hand because a feed is read at the speed of its JSON: jansson needs
 * 2.3 microseconds for a line of 120 octets, which is more than storing it
 * costs; this needs a sixth of that.  fuzz_json holds it to jansson's
 * verdict on every text.
 *
 * Stricter than the RFC where C strings and people would suffer: no \u0000,
 * and no nesting beyond JSON_DEPTH.  Keys may come twice here: the reader
 * of an object, who knows its keys, refuses that.
 */
#ifndef ZONES_JSON_H
#define ZONES_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "zones/arena.h"

#define JSON_DEPTH 16

enum json_is {
	JSON_IS_NULL,
	JSON_IS_FALSE,
	JSON_IS_TRUE,
	JSON_IS_NUMBER,
	JSON_IS_STRING,
	JSON_IS_ARRAY,
	JSON_IS_OBJECT,
	JSON_IS_COUNT_
};

/* One value.  Everything it points to is the arena's. */
struct json {
	enum json_is is;
	unsigned count;     /* of an array or object */
	char *key;          /* of a member of an object, else NULL */
	char *text;         /* a string, or a number as it was written */
	size_t len;         /* of text */
	struct json *first; /* of an array or object */
	struct json *next;  /* in the same array or object */
};

/*
 * E_INPUT, with *WRONG a phrase such as "must be valid UTF-8", where the
 * octets are no JSON text or more than one.
 */
enum err json_read(struct json **out, struct arena *, const char *text,
    size_t len, const char **wrong) MUST_CHECK;

/* The first member of that key, or NULL; also where J is no object. */
struct json *json_member(const struct json *j, const char *key);

/* The text of a member that is a string, or NULL. */
const char *json_member_text(const struct json *j, const char *key);

/* "a string", "an array", ...: for complaints. */
const char *json_is_str(enum json_is);

/* TEXT, which is UTF-8, with its quotes. */
void json_print(FILE *, const char *text);

#endif
