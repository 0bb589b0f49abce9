/*
 * json.c - see json.h.
 */
#include "zones/facts/json.h"

#include <stdlib.h>

#include "field_type.h"

/* With the value as JSON. */
static enum err
complain_value(
    struct fact_reading *r, const char *field, const char *rule, json_t *j)
{
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	(void)complain(r->why, field, rule, text == NULL ? "" : text);
	free(text);
	return E_INPUT;
}

static enum err
string_read(struct fact_reading *r, const char *field, json_t *j,
    struct field_value *value)
{
	if (!json_is_string(j))
		return complain_value(r, field, "must be a string", j);
	value->text[value->count++] =
	    (struct span){ json_string_value(j), json_string_length(j) };
	return E_OK;
}

/* So that no list is too long for us. */
static enum err
count_check(struct fact_reading *r, const char *field, size_t count)
{
	char rule[64], text[24];

	if (count <= FACT_LIST_MAX)
		return E_OK;
	(void)snprintf(
	    rule, sizeof(rule), "must have at most %d entries", FACT_LIST_MAX);
	(void)snprintf(text, sizeof(text), "%zu", count);
	return complain(r->why, field, rule, text);
}

static enum err
strings_read(struct fact_reading *r, const char *field, json_t *j,
    struct field_value *value)
{
	enum err err;

	if (!json_is_array(j))
		return complain_value(
		    r, field, "must be an array of strings", j);
	err = count_check(r, field, json_array_size(j));
	for (size_t i = 0; i < json_array_size(j) && err == E_OK; i++)
		err = string_read(r, field, json_array_get(j, i), value);
	return err;
}

typedef enum err member_value(
    struct fact_reading *, const char *key, json_t *, struct field_value *);

static enum err
pairs_read(struct fact_reading *r, const char *field, json_t *j,
    member_value *read, struct field_value *value)
{
	const char *key;
	json_t *member;
	enum err err;

	if (!json_is_object(j))
		return complain_value(r, field, "must be an object", j);
	err = count_check(r, field, json_object_size(j));
	if (err != E_OK)
		return err;
	json_object_foreach(j, key, member)
	{
		value->text[value->count++] = span_of(key);
		if (read(r, key, member, value) != E_OK)
			return E_INPUT;
	}
	return E_OK;
}

static bool
is_port(json_t *j)
{
	return json_is_integer(j) && json_integer_value(j) > 0 &&
	    json_integer_value(j) <= UINT16_MAX;
}

/* A number, or {"port":N,"protocol":"udp"}; as text. */
static enum err
named_port_read(struct fact_reading *r, const char *key, json_t *j,
    struct field_value *value)
{
	json_t *port = json_is_object(j) ? json_object_get(j, "port") : j;
	json_t *protocol = json_object_get(j, "protocol");
	const char *name =
	    protocol == NULL ? "tcp" : json_string_value(protocol);
	char text[16];

	if (!is_port(port) || name == NULL ||
	    (strcmp(name, "tcp") != 0 && strcmp(name, "udp") != 0) ||
	    json_object_size(j) > 1U + (protocol != NULL))
		return complain_value(r, key,
		    "must be a port from 1 to 65535, or an object of \"port\" "
		    "and \"protocol\", \"tcp\" or \"udp\"",
		    j);
	(void)snprintf(text, sizeof(text), "%d%s",
	    (int)json_integer_value(port), name[0] == 'u' ? "/udp" : "");
	value->text[value->count++] = span_of(arena_text(r->arena, text));
	return E_OK;
}

static enum err
value_read(struct fact_reading *r, const struct field *field, json_t *j,
    struct field_value *value)
{
	value->count = 0;
	switch (field->type->shape) {
	case FIELD_STRING:
		return string_read(r, field->key, j, value);
	case FIELD_NUMBER:
		value->number = json_number_value(j);
		return json_is_number(j)
		    ? E_OK
		    : complain_value(r, field->key, "must be a number", j);
	case FIELD_BOOLEAN:
		value->number = json_is_true(j);
		return json_is_boolean(j)
		    ? E_OK
		    : complain_value(r, field->key, "must be true or false", j);
	case FIELD_STRINGS:
		return strings_read(r, field->key, j, value);
	case FIELD_PAIRS:
		return pairs_read(r, field->key, j, string_read, value);
	case FIELD_PORTS:
		return pairs_read(r, field->key, j, named_port_read, value);
	}
	return E_INPUT;
}

static enum err
member_read(struct fact_reading *r, const char *key, json_t *j)
{
	const struct field *field = reading_find(r, span_of(key));
	struct field_value value;
	enum err err;

	if (strstr(key, "private") != NULL)
		return complain(r->why, key,
		    "must not be told: a private key is its owner's alone", "");
	if (field == NULL)
		return complain(r->why, key, "is not known here", "");
	if (r->key_only && field->need != FIELD_KEY)
		return complain(r->why, key, "does not belong to a key", "");
	err = value_read(r, field, j, &value);
	return err == E_OK ? reading_take(r, field, &value) : err;
}

static enum err
fact_object_read(struct fact_reading *r, json_t *object, const char *skip)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (skip != NULL && strcmp(key, skip) == 0)
			continue;
		if (member_read(r, key, value) != E_OK)
			return E_INPUT;
	}
	return reading_finish(r);
}

enum err
fact_json_read(struct fact *f, struct arena *arena, json_t *object,
    const char *skip, struct complaint *why)
{
	struct fact_reading r = { .fact = f, .arena = arena, .why = why };

	return fact_object_read(&r, object, skip);
}

void
fact_json_find_key(struct fact *f, struct arena *arena, json_t *object)
{
	struct complaint none;
	struct fact_reading r = { .fact = f, .arena = arena, .why = &none };
	const char *key;
	json_t *member;

	json_object_foreach(object, key, member)
	{
		const struct field *field = reading_find(&r, span_of(key));
		struct field_value value;
		enum err err = E_INPUT;

		if (field != NULL && field->need == FIELD_KEY)
			err = value_read(&r, field, member, &value);
		if (err == E_OK)
			err = reading_take(&r, field, &value);
		(void)err; /* has been complained of */
	}
}

enum err
fact_json_read_key(struct fact *f, struct arena *arena, json_t *object,
    const char *skip, struct complaint *why)
{
	struct fact_reading r = {
		.fact = f, .arena = arena, .why = why, .key_only = true
	};

	return fact_object_read(&r, object, skip);
}
