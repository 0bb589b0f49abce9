/*
 * fact_field.c - see fact_field.h.  To add a type: its three functions and
 * its row at the end.
 */
#include "fact_field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "zones/addr_text.h"
#include "zones/time_text.h"

static enum err
type_check(const struct json *j, enum json_is is, const char *field,
    struct complaint *why)
{
	static const char *const rule[] = {
		[JSON_IS_NUMBER] = "must be a number",
		[JSON_IS_STRING] = "must be a string",
		[JSON_IS_ARRAY] = "must be an array of strings",
		[JSON_IS_OBJECT] = "must be an object of strings",
	};

	if (j->is == is)
		return E_OK;
	return complain(why, field, rule[is],
	    j->text != NULL ? j->text : json_is_str(j->is));
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
label_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	const char **label = label_at(r->fact, field);
	enum err err = type_check(j, JSON_IS_STRING, field->key, r->why);

	if (err != E_OK)
		return err;
	label_lower(j->text);
	if (*label != NULL && strcmp(*label, j->text) != 0)
		return complain(r->why, field->key,
		    "must agree with the key that holds the fact", j->text);
	*label = j->text;
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
	json_print(out, label_of(f, field));
}

static bool
domain_given(const struct fact *f, const struct field *field)
{
	(void)field;
	return f->domain != NULL && strcmp(f->domain, f->app) != 0;
}

static enum err
number_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = type_check(j, JSON_IS_NUMBER, field->key, r->why);

	if (err == E_OK)
		*(double *)(void *)((char *)r->fact + field->at) =
		    strtod(j->text, NULL);
	return err;
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
ttl_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = type_check(j, JSON_IS_NUMBER, field->key, r->why);
	double v;

	if (err != E_OK)
		return err;
	v = strtod(j->text, NULL);
	if (!(v >= 0 && v <= FACT_TTL_MAX) || v > floor(v))
		return complain(r->why, field->key,
		    "must be a whole number from 0 to 86400", j->text);
	r->fact->ttl = (uint32_t)v;
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
state_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = type_check(j, JSON_IS_STRING, field->key, r->why);

	if (err != E_OK)
		return err;
	r->fact->stopped = strcmp(j->text, "stopped") == 0;
	if (!r->fact->stopped && strcmp(j->text, "started") != 0)
		return complain(r->why, field->key,
		    "must be \"started\" or \"stopped\"", j->text);
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
expires_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = type_check(j, JSON_IS_STRING, field->key, r->why);
	int64_t at;

	if (err != E_OK)
		return err;
	if (!time_parse(&at, j->text))
		return complain(r->why, field->key,
		    "must be an RFC 3339 time (2026-03-01T12:00:00Z)", j->text);
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
list_check(struct field_reading *r, const struct field *field,
    const struct json *j, unsigned most)
{
	enum err err = type_check(j, JSON_IS_ARRAY, field->key, r->why);
	char rule[64], count[16];

	if (err != E_OK || j->count <= most)
		return err;
	(void)snprintf(
	    rule, sizeof(rule), "must have at most %u entries", most);
	(void)snprintf(count, sizeof(count), "%u", j->count);
	return complain(r->why, field->key, rule, count);
}

static enum err
addresses_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = list_check(r, field, j, FACT_ADDRESSES_MAX);
	struct addr *list;

	if (err != E_OK)
		return err;
	list = arena_take(r->arena, j->count * sizeof(*list));
	r->fact->addresses = list;
	for (j = j->first; j != NULL; j = j->next) {
		err = type_check(j, JSON_IS_STRING, field->key, r->why);
		if (err != E_OK)
			return err;
		if (!addr_parse(list++, j->text))
			return complain(r->why, field->key,
			    "must hold IPv6 or IPv4 addresses", j->text);
		r->fact->address_count++;
	}
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
prefixes_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = list_check(r, field, j, FACT_PREFIXES_MAX);
	struct prefix *list;

	if (err != E_OK)
		return err;
	list = arena_take(r->arena, j->count * sizeof(*list));
	r->fact->prefixes = list;
	for (j = j->first; j != NULL; j = j->next) {
		err = type_check(j, JSON_IS_STRING, field->key, r->why);
		if (err != E_OK)
			return err;
		if (!prefix_parse(list++, j->text))
			return complain(r->why, field->key,
			    "must hold prefixes (fdaa:0:18::/48), with no bit"
			    " set behind their length",
			    j->text);
		r->fact->prefix_count++;
	}
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
metadata_read(
    struct field_reading *r, const struct field *field, const struct json *j)
{
	enum err err = type_check(j, JSON_IS_OBJECT, field->key, r->why);
	struct fact_pair *list;

	if (err != E_OK)
		return err;
	if (j->count > FACT_METADATA_MAX)
		return complain(
		    r->why, field->key, "must have at most 64 keys", "more");
	list = arena_take(r->arena, j->count * sizeof(*list));
	r->fact->metadata = list;
	for (j = j->first; j != NULL; j = j->next) {
		err = type_check(j, JSON_IS_STRING, j->key, r->why);
		if (err != E_OK)
			return err;
		*list++ = (struct fact_pair){ j->key, j->text };
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
		json_print(out, f->metadata[i].key);
		(void)fputc(':', out);
		json_print(out, f->metadata[i].value);
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
