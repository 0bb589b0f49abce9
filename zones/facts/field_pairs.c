/*
 * field_pairs.c - lists of pairs of strings.
 */
#include "field_list.h"
#include "zones/facts/json.h"
#include "zones/names/label.h"

#define KEY_MAX   63   /* octets of a pair's key */
#define VALUE_MAX 1024 /* and of its value */

static bool
pair_parse(void *entry, struct arena *arena, const struct span *s)
{
	struct fact_pair *pair = entry;

	pair->key = span_copy(arena, s[0]);
	pair->value = span_copy(arena, s[1]);
	return true;
}

static enum err
pair_check(const void *entry, const struct field *field, struct complaint *why)
{
	const struct fact_pair *pair = entry;

	if (pair->key[0] == '\0' || strlen(pair->key) > KEY_MAX)
		return complain(why, field->key,
		    "must have keys of 1 to 63 octets", pair->key);
	if (strlen(pair->value) > VALUE_MAX)
		return complain(why, pair->key, "must have at most 1024 octets",
		    pair->value);
	return E_OK;
}

static bool
pair_is_same(const void *entry, const void *other)
{
	const struct fact_pair *a = entry, *b = other;

	return strcmp(a->key, b->key) == 0;
}

static const char *
pair_name(const void *entry, char out[ENTRY_TEXT])
{
	const struct fact_pair *pair = entry;

	(void)out;
	return pair->key;
}

static void
pair_print(const struct field_printing *p, const void *entry)
{
	const struct fact_pair *pair = entry;

	fact_json_print_text(p->out, pair->key);
	(void)fputc(p->json ? ':' : '=', p->out);
	fact_json_print_text(p->out, pair->value);
}

static void
pair_put(struct wire_out *out, const void *entry)
{
	const struct fact_pair *pair = entry;
	size_t len = strlen(pair->value);

	wire_put_label(out, pair->key, strlen(pair->key));
	wire_put16(out, (uint16_t)len);
	wire_put(out, pair->value, len);
}

static void
pair_get(struct wire_in *in, void *entry, struct arena *arena)
{
	struct fact_pair *pair = entry;
	struct label key = wire_get_label(in);
	uint16_t len = wire_get16(in);
	const uint8_t *value = wire_take(in, len);

	if (in->bad || key.len == 0 || memchr(key.at, 0, key.len) != NULL ||
	    len > VALUE_MAX || memchr(value, 0, len) != NULL) {
		in->bad = true;
		return;
	}
	pair->key = arena_copy(arena, (const char *)key.at, key.len);
	pair->value = arena_copy(arena, (const char *)value, len);
}

static const struct field_entry pair = {
	.size = sizeof(struct fact_pair),
	.twice = "must not have a key twice",
	.parse = pair_parse,
	.name = pair_name,
	.check = pair_check,
	.is_same = pair_is_same,
	.print = pair_print,
	.put = pair_put,
	.get = pair_get,
};

const struct field_type field_pairs = { FIELD_PAIRS, FIELD_LIST(pair),
	.put = list_put, .get = list_get };
