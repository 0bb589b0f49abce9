/*
 * plain.c - see fact_plain.h.
 */
#include "zones/facts/plain.h"

#include "base/addr_text.h"
#include "base/letters.h"
#include "field.h"
#include "zones/facts/check.h"

struct plain
plain_string(struct wire_in *in)
{
	const uint8_t *start, *at, *end = in->buf + in->len;

	if (!plain_take(in, '"'))
		return (struct plain){ "", 0 };
	start = at = in->buf + in->pos;
	while (
	    at < end && *at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\')
		at++;
	in->pos += (size_t)(at - start);
	in->bad = wire_get8(in) != '"' || in->bad;
	return (struct plain){ (const char *)start, (size_t)(at - start) };
}

bool
plain_is(struct plain s, const char *word)
{
	return strncmp(s.at, word, s.len) == 0 && word[s.len] == '\0';
}

bool
plain_label(struct field_reading *r, const struct field *f, struct wire_in *in)
{
	struct plain s = plain_string(in);
	char *text = arena_copy(r->arena, s.at, s.len);

	text_lower(text);
	*field_label_at(r->fact, f) = text;
	return !in->bad;
}

bool
plain_state(struct field_reading *r, const struct field *f, struct wire_in *in)
{
	struct plain s = plain_string(in);

	(void)f;
	r->fact->stopped = plain_is(s, "stopped");
	return !in->bad && (r->fact->stopped || plain_is(s, "started"));
}

static bool
address_read(struct addr *a, struct plain s)
{
	char text[ADDR_TEXT];

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return addr_parse(a, text);
}

bool
plain_addresses(
    struct field_reading *r, const struct field *f, struct wire_in *in)
{
	struct addr list[FACT_ADDRESSES_MAX], *copy;
	unsigned n = 0;

	(void)f;
	(void)plain_take(in, '[');
	do {
		if (n == FACT_ADDRESSES_MAX ||
		    !address_read(&list[n++], plain_string(in)))
			return false;
	} while (plain_more(in, ']'));
	copy = arena_take(r->arena, n * sizeof(*copy));
	memcpy(copy, list, n * sizeof(*copy));
	r->fact->addresses = copy;
	r->fact->address_count = n;
	return !in->bad;
}

bool
plain_metadata(
    struct field_reading *r, const struct field *f, struct wire_in *in)
{
	struct fact_pair list[FACT_METADATA_MAX], *copy;
	unsigned n = 0;

	(void)f;
	(void)plain_take(in, '{');
	do {
		struct plain key = plain_string(in), value;

		if (n == FACT_METADATA_MAX || !plain_take(in, ':'))
			return false;
		value = plain_string(in);
		list[n].key = arena_copy(r->arena, key.at, key.len);
		list[n].value = arena_copy(r->arena, value.at, value.len);
		n++;
	} while (plain_more(in, '}'));
	copy = arena_take(r->arena, n * sizeof(*copy));
	memcpy(copy, list, n * sizeof(*copy));
	r->fact->metadata = copy;
	r->fact->metadata_count = n;
	return !in->bad;
}

/* Each field once: SEEN has a bit for each row of the kind's table. */
static bool
member_read(struct field_reading *r, const struct field *fields,
    struct wire_in *in, bool key_only, unsigned *seen)
{
	struct plain key = plain_string(in);
	const struct field *f = fields;
	unsigned bit;

	while (f->key != NULL && !plain_is(key, f->key))
		f++;
	bit = 1U << (f - fields);
	if (f->key == NULL || f->type->plain == NULL || (*seen & bit) != 0 ||
	    (key_only && f->need != KEY) || !plain_take(in, ':'))
		return false;
	*seen |= bit;
	return f->type->plain(r, f, in);
}

static bool
has_needed(const struct field *fields, unsigned seen)
{
	for (unsigned i = 0; fields[i].key != NULL; i++)
		if (fields[i].need == NEEDED && (seen & 1U << i) == 0)
			return false;
	return true;
}

bool
fact_plain_read(
    struct fact *f, struct arena *arena, struct wire_in *in, bool key_only)
{
	const struct field *fields = fact_fields(f->kind);
	struct complaint why;
	struct field_reading r = { f, arena, &why };
	unsigned seen = 0;

	while (plain_more(in, '}'))
		if (!member_read(&r, fields, in, key_only, &seen))
			return false;
	if (in->bad || wire_left(in) > 0)
		return false;
	if (key_only)
		return fact_check_key(f, &why) == E_OK;
	return has_needed(fields, seen) && fact_finish(f, &why) == E_OK;
}
