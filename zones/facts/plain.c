/*
 * plain.c - see plain.h.
 */
#include "zones/facts/plain.h"

#include "field_type.h"

struct span
plain_string(struct wire_in *in)
{
	const uint8_t *start, *at, *end = in->buf + in->len;

	if (!plain_take(in, '"'))
		return (struct span){ "", 0 };
	start = at = in->buf + in->pos;
	while (
	    at < end && *at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\')
		at++;
	in->pos += (size_t)(at - start);
	in->bad = wire_get8(in) != '"' || in->bad;
	return (struct span){ (const char *)start, (size_t)(at - start) };
}

double
plain_number(struct wire_in *in)
{
	double v = 0;
	size_t digits = 0;

	plain_skip_blanks(in);
	for (; wire_left(in) > 0; digits++) {
		uint8_t c = in->buf[in->pos];

		if (c < '0' || c > '9' || (digits > 0 && !(v > 0)))
			break;
		v = v * 10 + (c - '0');
		in->pos++;
	}
	in->bad = in->bad || digits == 0 || digits > 15;
	return v;
}

/* A member of an object: a string, or the digits of a port. */
static struct span
plain_member(struct wire_in *in, enum field_shape shape)
{
	struct span s;

	if (shape == FIELD_PAIRS)
		return plain_string(in);
	plain_skip_blanks(in);
	s.at = (const char *)in->buf + in->pos;
	(void)plain_number(in);
	s.len = (size_t)((const char *)in->buf + in->pos - s.at);
	return s;
}

/* As many as a fact may have; an empty list is not plain. */
static void
plain_list(
    struct wire_in *in, enum field_shape shape, struct field_value *value)
{
	bool is_array = shape == FIELD_STRINGS;
	unsigned count = 0;

	(void)plain_take(in, is_array ? '[' : '{');
	do {
		in->bad = in->bad || ++count > FACT_LIST_MAX;
		if (in->bad)
			return;
		value->text[value->count++] = plain_string(in);
		if (!is_array && plain_take(in, ':'))
			value->text[value->count++] = plain_member(in, shape);
	} while (plain_more(in, is_array ? ']' : '}'));
}

static bool
plain_value_read(
    struct wire_in *in, enum field_shape shape, struct field_value *value)
{
	value->count = 0;
	switch (shape) {
	case FIELD_STRING:
		value->text[value->count++] = plain_string(in);
		break;
	case FIELD_NUMBER:
		value->number = plain_number(in);
		break;
	case FIELD_BOOLEAN: /* rare */
		return false;
	case FIELD_STRINGS:
	case FIELD_PAIRS:
	case FIELD_PORTS:
		plain_list(in, shape, value);
		break;
	}
	return !in->bad;
}

static bool
plain_member_read(struct fact_reading *r, struct wire_in *in)
{
	struct span key = plain_string(in);
	const struct field *field = reading_find(r, key);
	struct field_value value;

	return field != NULL && !reading_has(r, field) &&
	    (field->need == FIELD_KEY || !r->key_only) && plain_take(in, ':') &&
	    plain_value_read(in, field->type->shape, &value) &&
	    reading_take(r, field, &value) == E_OK;
}

bool
fact_plain_read(
    struct fact *f, struct arena *arena, struct wire_in *in, bool key_only)
{
	struct complaint why;
	struct fact_reading r = {
		.fact = f, .arena = arena, .why = &why, .key_only = key_only
	};

	while (plain_more(in, '}'))
		if (!plain_member_read(&r, in))
			return false;
	return !in->bad && wire_left(in) == 0 && reading_finish(&r) == E_OK;
}
