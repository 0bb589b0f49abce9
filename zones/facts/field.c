/*
 * field.c - types with one value.  To add a type: its functions and its
 * row at the end.
 */
#include "field.h"

#include <stdlib.h>
#include <string.h>

#include "base/letters.h"
#include "base/time_text.h"

enum err
field_complain_value(
    struct field_reading *r, const char *field, const char *rule, json_t *j)
{
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	(void)complain(r->why, field, rule, text == NULL ? "" : text);
	free(text);
	return E_INPUT;
}

enum err
field_string_check(struct field_reading *r, const char *field, json_t *j)
{
	if (json_is_string(j))
		return E_OK;
	return field_complain_value(r, field, "must be a string", j);
}

char *
field_string_copy(struct field_reading *r, json_t *j)
{
	return arena_copy(
	    r->arena, json_string_value(j), json_string_length(j));
}

static const char *
label_of(const struct fact *f, const struct field *field)
{
	return *(
	    const char *const *)(const void *)((const char *)f + field->at);
}

static double
number_of(const struct fact *f, const struct field *field)
{
	return *(const double *)(const void *)((const char *)f + field->at);
}

static enum err
label_read(struct field_reading *r, const struct field *field, json_t *j)
{
	const char **label = field_label_at(r->fact, field);
	enum err err = field_string_check(r, field->key, j);
	char *text;

	if (err != E_OK)
		return err;
	text = field_string_copy(r, j);
	text_lower(text);
	if (*label != NULL && strcmp(*label, text) != 0)
		return complain(r->why, field->key,
		    "must agree with the key that holds the fact", text);
	*label = text;
	return E_OK;
}

static bool
label_given(const struct fact *f, const struct field *field)
{
	return label_of(f, field) != NULL;
}

static void
label_print(FILE *out, const struct fact *f, const struct field *field)
{
	(void)fprintf(out, "\"%s\"", label_of(f, field));
}

static bool
domain_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->domain != NULL && strcmp(f->domain, f->app) != 0;
}

static enum err
number_read(struct field_reading *r, const struct field *field, json_t *j)
{
	if (!json_is_number(j))
		return field_complain_value(
		    r, field->key, "must be a number", j);
	*(double *)(void *)((char *)r->fact + field->at) = json_number_value(j);
	return E_OK;
}

static bool
number_given(const struct fact *f, const struct field *field)
{
	(void)f;
	(void)field;
	return true;
}

/* The shortest text that means the same number; 17 digits always do. */
static void
number_print(FILE *out, const struct fact *f, const struct field *field)
{
	double v = number_of(f, field), again;
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, v);
		again = strtod(text, NULL);
		if (again >= v && again <= v)
			break;
	}
	(void)fputs(text, out);
}

static enum err
ttl_read(struct field_reading *r, const struct field *field, json_t *j)
{
	if (!json_is_integer(j) || json_integer_value(j) < 0 ||
	    json_integer_value(j) > FACT_TTL_MAX)
		return field_complain_value(
		    r, field->key, "must be a whole number from 0 to 86400", j);
	r->fact->ttl = (uint32_t)json_integer_value(j);
	return E_OK;
}

static bool
ttl_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->ttl != NAME_TTL_DEFAULT;
}

static void
ttl_print(FILE *out, const struct fact *f, const struct field *field)
{
	(void)field;
	(void)fprintf(out, "%u", f->ttl);
}

static enum err
state_read(struct field_reading *r, const struct field *field, json_t *j)
{
	enum err err = field_string_check(r, field->key, j);
	const char *text = json_string_value(j);

	if (err != E_OK)
		return err;
	r->fact->stopped = strcmp(text, "stopped") == 0;
	if (!r->fact->stopped && strcmp(text, "started") != 0)
		return complain(r->why, field->key,
		    "must be \"started\" or \"stopped\"", text);
	return E_OK;
}

static bool
state_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->stopped;
}

static void
state_print(FILE *out, const struct fact *f, const struct field *field)
{
	(void)f;
	(void)field;
	(void)fputs("\"stopped\"", out);
}

static enum err
expires_read(struct field_reading *r, const struct field *field, json_t *j)
{
	enum err err = field_string_check(r, field->key, j);
	int64_t at;

	if (err != E_OK)
		return err;
	if (!time_parse(&at, json_string_value(j)))
		return complain(r->why, field->key,
		    "must be an RFC 3339 time (2026-03-01T12:00:00Z)",
		    json_string_value(j));
	/* Zero is never; what was over by 1970 is over. */
	r->fact->expires = at < 1 ? 1 : at;
	return E_OK;
}

static bool
expires_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->expires != 0;
}

static void
expires_print(FILE *out, const struct fact *f, const struct field *field)
{
	char text[TIME_TEXT];

	(void)field;
	(void)fprintf(out, "\"%s\"", time_text(f->expires, text));
}

const struct field_type field_label = { label_read, label_given, label_print,
	plain_label };
const struct field_type field_domain = { label_read, domain_given, label_print,
	plain_label };
const struct field_type field_number = { number_read, number_given,
	number_print, NULL };
const struct field_type field_ttl = { ttl_read, ttl_given, ttl_print, NULL };
const struct field_type field_state = { state_read, state_given, state_print,
	plain_state };
const struct field_type field_expires = { expires_read, expires_given,
	expires_print, NULL };
