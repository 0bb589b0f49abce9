/*
 * field_scalar.c - types that have one value of a fixed size: numbers,
 * moments, one of some words.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "field_type.h"
#include "zones/facts/time_text.h"

/* The member's octets as a number; those of a double as IEEE 754 has them. */
static uint64_t
scalar_of(const struct fact *f, const struct field *field)
{
	uint64_t eight;
	uint32_t four;
	uint8_t one;

	switch (field->type->size) {
	case sizeof(one):
		member_get(f, field->at, &one, sizeof(one));
		return one;
	case sizeof(four):
		member_get(f, field->at, &four, sizeof(four));
		return four;
	default:
		member_get(f, field->at, &eight, sizeof(eight));
		return eight;
	}
}

static void
scalar_set(struct fact *f, const struct field *field, uint64_t eight)
{
	uint32_t four = (uint32_t)eight;
	uint8_t one = (uint8_t)eight;

	switch (field->type->size) {
	case sizeof(one):
		member_set(f, field->at, &one, sizeof(one));
		break;
	case sizeof(four):
		member_set(f, field->at, &four, sizeof(four));
		break;
	default:
		member_set(f, field->at, &eight, sizeof(eight));
	}
}

static bool
scalar_is_usual(const struct fact *f, const struct field *field)
{
	return scalar_of(f, field) == (uint64_t)field->usual;
}

static void
scalar_put(
    struct wire_out *out, const struct fact *f, const struct field *field)
{
	uint64_t v = scalar_of(f, field);

	for (size_t i = field->type->size; i > 0; i--)
		wire_put8(out, (uint8_t)(v >> 8 * (i - 1)));
}

static void
scalar_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	uint64_t v = 0;

	(void)arena;
	for (size_t i = field->type->size; i > 0; i--)
		v = v << 8 | wire_get8(in);
	scalar_set(f, field, v);
	for (uint64_t word = 0; field->words != NULL && word <= v; word++)
		if (field->words[word] == NULL) {
			in->bad = true;
			return;
		}
}

/* --- numbers: a double, or 32 bits */

/* NAN is in no range. */
static enum err
range_check(struct fact_reading *r, const struct field *field, double v,
    bool is_whole, const char *must)
{
	char rule[sizeof(r->why->rule)], value[32];

	if (v >= field->least && v <= field->most && is_whole)
		return E_OK;
	(void)snprintf(rule, sizeof(rule), "%s from %.0f to %.0f", must,
	    field->least, field->most);
	(void)snprintf(value, sizeof(value), "%.15g", v);
	return complain(r->why, field->key, rule, value);
}

static enum err
number_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	member_set(r->fact, field->at, &value->number, sizeof(value->number));
	return range_check(r, field, value->number, true, "must be");
}

static enum err
whole_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	double v = value->number;
	bool is_whole = v >= 0 && v <= UINT32_MAX && (uint32_t)v >= v;
	enum err err =
	    range_check(r, field, v, is_whole, "must be a whole number");

	if (err == E_OK)
		scalar_set(r->fact, field, (uint32_t)v);
	return err;
}

static enum err
whole_fill(struct fact_reading *r, const struct field *field, bool taken)
{
	if (!taken)
		scalar_set(r->fact, field, (uint32_t)field->usual);
	return E_OK;
}

/* The shortest text that means the same number; 17 digits always do. */
static void
number_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	double v, again;
	char text[40];

	member_get(f, field->at, &v, sizeof(v));
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, v);
		again = strtod(text, NULL);
		if (again >= v && again <= v)
			break;
	}
	(void)fputs(text, p->out);
}

static void
whole_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	(void)fprintf(p->out, "%" PRIu64, scalar_of(f, field));
}

/* --- yes or no */

static enum err
flag_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	scalar_set(r->fact, field, value->number > 0);
	return E_OK;
}

static void
flag_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	bool is = scalar_of(f, field) != 0;

	if (p->json)
		(void)fputs(is ? "true" : "false", p->out);
	else
		(void)fputs(is ? "yes" : "no", p->out);
}

/* One octet, 0 or 1. */
static void
flag_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	uint8_t is = wire_get8(in);

	(void)arena;
	in->bad = in->bad || is > 1;
	scalar_set(f, field, is);
}

/* --- one of some words: its number */

/* must be "started" or "stopped" */
static enum err
complain_words(struct complaint *why, const struct field *field, struct span s)
{
	char rule[sizeof(why->rule)], value[sizeof(why->value)];
	size_t len = (size_t)snprintf(rule, sizeof(rule), "must be ");

	for (unsigned i = 0; field->words[i] != NULL && len < sizeof(rule); i++)
		len +=
		    (size_t)snprintf(rule + len, sizeof(rule) - len, "%s\"%s\"",
			i == 0                            ? ""
			    : field->words[i + 1] == NULL ? " or "
							  : ", ",
			field->words[i]);
	(void)snprintf(value, sizeof(value), "%.*s", (int)s.len, s.at);
	return complain(why, field->key, rule, value);
}

static enum err
words_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	uint8_t word = 0;

	while (field->words[word] != NULL &&
	    !span_is(value->text[0], field->words[word]))
		word++;
	if (field->words[word] == NULL)
		return complain_words(r->why, field, value->text[0]);
	scalar_set(r->fact, field, word);
	return E_OK;
}

static void
words_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	field_print_word(p, field->words[scalar_of(f, field)]);
}

/* --- a moment: seconds since 1970; zero is never */

static enum err
moment_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	char *text = span_copy(r->arena, value->text[0]);
	int64_t at;

	if (!time_parse(&at, text))
		return complain(r->why, field->key,
		    "must be an RFC 3339 time (2026-03-01T12:00:00Z)", text);
	if (at < 1)
		at = 1; /* what was over by 1970 is over */
	scalar_set(r->fact, field, (uint64_t)at);
	return E_OK;
}

static bool
time_is_set(const struct fact *f, const struct field *field)
{
	return scalar_of(f, field) != 0;
}

static void
time_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	char text[TIME_TEXT];

	field_print_word(p, time_text((int64_t)scalar_of(f, field), text));
}

#define SCALAR(type) .size = sizeof(type), .put = scalar_put, .get = scalar_get

const struct field_type field_number = { FIELD_NUMBER, SCALAR(double),
	.take = number_take, .print = number_print };
const struct field_type field_whole = { FIELD_NUMBER, SCALAR(uint32_t),
	.take = whole_take, .fill = whole_fill, .is_usual = scalar_is_usual,
	.print = whole_print };
const struct field_type field_words = { FIELD_STRING, SCALAR(uint8_t),
	.take = words_take, .fill = whole_fill, .is_usual = scalar_is_usual,
	.print = words_print };
const struct field_type field_flag = { FIELD_BOOLEAN, .size = sizeof(uint8_t),
	.take = flag_take, .fill = whole_fill, .is_usual = scalar_is_usual,
	.print = flag_print, .put = scalar_put, .get = flag_get };
const struct field_type field_time = { FIELD_STRING, SCALAR(int64_t),
	.take = moment_take, .is_set = time_is_set, .print = time_print };
