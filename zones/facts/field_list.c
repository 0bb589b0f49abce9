/*
 * field_list.c - the types of fields that hold more than one value.
 */
#include <string.h>

#include "base/addr_text.h"
#include "field.h"
#include "zones/facts/json.h"

/* An array of at most MOST strings, so that no list is too long for us. */
static enum err
list_check(
    struct field_reading *r, const struct field *field, json_t *j, size_t most)
{
	char rule[64], count[24];
	enum err err = E_OK;

	if (!json_is_array(j))
		return field_complain_value(
		    r, field->key, "must be an array of strings", j);
	if (json_array_size(j) > most) {
		(void)snprintf(
		    rule, sizeof(rule), "must have at most %zu entries", most);
		(void)snprintf(count, sizeof(count), "%zu", json_array_size(j));
		return complain(r->why, field->key, rule, count);
	}
	for (size_t i = 0; i < json_array_size(j) && err == E_OK; i++)
		err = field_string_check(r, field->key, json_array_get(j, i));
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
	enum err err = field_string_check(r, key, value);

	if (err != E_OK)
		return err;
	pair->key = arena_copy(r->arena, key, strlen(key));
	pair->value = field_string_copy(r, value);
	return E_OK;
}

static enum err
metadata_read(struct field_reading *r, const struct field *field, json_t *j)
{
	struct fact_pair *list;
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return field_complain_value(
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

const struct field_type field_addresses = { addresses_read, addresses_given,
	addresses_print, plain_addresses };
const struct field_type field_prefixes = { prefixes_read, prefixes_given,
	prefixes_print, NULL };
const struct field_type field_metadata = { metadata_read, metadata_given,
	metadata_print, plain_metadata };
