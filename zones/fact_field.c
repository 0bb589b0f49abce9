/*
 * fact_field.c - see fact_field.h.  To add a type: its three functions and
 * its row at the end.
 */
#include "fact_field.h"

#include <stdlib.h>
#include <string.h>

#include "zones/addr_text.h"
#include "zones/fact_json.h"
#include "zones/time_text.h"

/* The value as JSON, for a complaint. */
static enum err
complain_value(
    struct field_reading *r, const char *field, const char *rule, json_t *j)
{
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	(void)complain(r->why, field, rule, text == NULL ? "" : text);
	free(text);
	return E_INPUT;
}

static enum err
string_check(struct field_reading *r, const char *field, json_t *j)
{
	if (json_is_string(j))
		return E_OK;
	return complain_value(r, field, "must be a string", j);
}

static char *
string_copy(struct field_reading *r, json_t *j)
{
	return arena_copy(
	    r->arena, json_string_value(j), json_string_length(j));
}

static const char **
label_at(struct fact *f, const struct field *field)
{
	return (const char **)(void *)((char *)f + field->at);
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
	const char **label = label_at(r->fact, field);
	enum err err = string_check(r, field->key, j);
	char *text;

	if (err != E_OK)
		return err;
	text = string_copy(r, j);
	label_lower(text);
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
		return complain_value(r, field->key, "must be a number", j);
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
		return complain_value(
		    r, field->key, "must be a whole number from 0 to 86400", j);
	r->fact->ttl = (uint32_t)json_integer_value(j);
	return E_OK;
}

static bool
ttl_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->ttl != FACT_TTL_DEFAULT;
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
	enum err err = string_check(r, field->key, j);
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
	enum err err = string_check(r, field->key, j);
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

/* An array of at most MOST strings, so that no list is too long for us. */
static enum err
list_check(
    struct field_reading *r, const struct field *field, json_t *j, size_t most)
{
	char rule[64], count[24];
	enum err err = E_OK;

	if (!json_is_array(j))
		return complain_value(
		    r, field->key, "must be an array of strings", j);
	if (json_array_size(j) > most) {
		(void)snprintf(
		    rule, sizeof(rule), "must have at most %zu entries", most);
		(void)snprintf(count, sizeof(count), "%zu", json_array_size(j));
		return complain(r->why, field->key, rule, count);
	}
	for (size_t i = 0; i < json_array_size(j) && err == E_OK; i++)
		err = string_check(r, field->key, json_array_get(j, i));
	return err;
}

static enum err
addresses_read(struct field_reading *r, const struct field *field, json_t *j)
{
	enum err err = list_check(r, field, j, FACT_ADDRESSES_MAX);
	size_t count = json_array_size(j);
	struct addr *list;

	if (err != E_OK)
		return err;
	list = arena_take(r->arena, count * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(j, i));

		if (!addr_parse(&list[i], text))
			return complain(r->why, field->key,
			    "must hold IPv6 or IPv4 addresses", text);
	}
	r->fact->addresses = list;
	r->fact->address_count = (unsigned)count;
	return E_OK;
}

static bool
addresses_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->address_count > 0;
}

static void
addresses_print(FILE *out, const struct fact *f, const struct field *field)
{
	char text[ADDR_TEXT];

	(void)field;
	for (unsigned i = 0; i < f->address_count; i++)
		(void)fprintf(out, "%s\"%s\"", i == 0 ? "[" : ",",
		    addr_text(&f->addresses[i], text));
	(void)fputs("]", out);
}

static enum err
prefixes_read(struct field_reading *r, const struct field *field, json_t *j)
{
	enum err err = list_check(r, field, j, FACT_PREFIXES_MAX);
	size_t count = json_array_size(j);
	struct prefix *list;

	if (err != E_OK)
		return err;
	list = arena_take(r->arena, count * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(j, i));

		if (!prefix_parse(&list[i], text))
			return complain(r->why, field->key,
			    "must hold prefixes (fdaa:0:18::/48), with no bit"
			    " set behind their length",
			    text);
	}
	r->fact->prefixes = list;
	r->fact->prefix_count = (unsigned)count;
	return E_OK;
}

static bool
prefixes_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->prefix_count > 0;
}

static void
prefixes_print(FILE *out, const struct fact *f, const struct field *field)
{
	char text[PREFIX_TEXT];

	(void)field;
	for (unsigned i = 0; i < f->prefix_count; i++)
		(void)fprintf(out, "%s\"%s\"", i == 0 ? "[" : ",",
		    prefix_text(&f->prefixes[i], text));
	(void)fputs("]", out);
}

static enum err
pair_read(struct field_reading *r, struct fact_pair *pair, const char *key,
    json_t *value)
{
	enum err err = string_check(r, key, value);

	if (err != E_OK)
		return err;
	pair->key = arena_copy(r->arena, key, strlen(key));
	pair->value = string_copy(r, value);
	return E_OK;
}

static enum err
metadata_read(struct field_reading *r, const struct field *field, json_t *j)
{
	struct fact_pair *list;
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return complain_value(
		    r, field->key, "must be an object of strings", j);
	if (json_object_size(j) > FACT_METADATA_MAX)
		return complain(
		    r->why, field->key, "must have at most 64 keys", "");
	list = arena_take(r->arena, json_object_size(j) * sizeof(*list));
	r->fact->metadata = list;
	json_object_foreach(j, key, value)
	{
		if (pair_read(r, list++, key, value) != E_OK)
			return E_INPUT;
		r->fact->metadata_count++;
	}
	return E_OK;
}

static bool
metadata_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->metadata_count > 0;
}

static void
metadata_print(FILE *out, const struct fact *f, const struct field *field)
{
	(void)field;
	for (unsigned i = 0; i < f->metadata_count; i++) {
		(void)fputc(i == 0 ? '{' : ',', out);
		fact_json_print_text(out, f->metadata[i].key);
		(void)fputc(':', out);
		fact_json_print_text(out, f->metadata[i].value);
	}
	(void)fputc('}', out);
}

const struct field_type field_label = { label_read, label_given, label_print };
const struct field_type field_domain = { label_read, domain_given,
	label_print };
const struct field_type field_number = { number_read, number_given,
	number_print };
const struct field_type field_ttl = { ttl_read, ttl_given, ttl_print };
const struct field_type field_state = { state_read, state_given, state_print };
const struct field_type field_expires = { expires_read, expires_given,
	expires_print };
const struct field_type field_addresses = { addresses_read, addresses_given,
	addresses_print };
const struct field_type field_prefixes = { prefixes_read, prefixes_given,
	prefixes_print };
const struct field_type field_metadata = { metadata_read, metadata_given,
	metadata_print };
