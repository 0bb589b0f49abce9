/*
 * reading.c - what both readers of JSON do.
 */
#include "field_type.h"

#include "zones/facts/check.h"

static uint32_t
bit_of(const struct fact_reading *r, const struct field *field)
{
	return UINT32_C(1) << (field - fact_fields(r->fact->kind));
}

const struct field *
reading_find(const struct fact_reading *r, struct span key)
{
	const struct field *field = fact_fields(r->fact->kind);

	while (field->key != NULL && !span_is(key, field->key))
		field++;
	return field->key == NULL ? NULL : field;
}

bool
reading_has(const struct fact_reading *r, const struct field *field)
{
	return (r->seen & bit_of(r, field)) != 0;
}

enum err
reading_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	r->seen |= bit_of(r, field);
	return field->type->take(r, field, value);
}

enum err
reading_finish(struct fact_reading *r)
{
	if (r->key_only)
		return fact_check_key(r->fact, r->why);
	for (const struct field *field = fact_fields(r->fact->kind);
	     field->key != NULL; field++) {
		bool taken = reading_has(r, field);

		if (!taken && field->need == FIELD_NEEDED)
			return complain(
			    r->why, field->key, "must be given", "");
		if (field->type->fill != NULL &&
		    field->type->fill(r, field, taken) != E_OK)
			return E_INPUT;
	}
	return fact_check(r->fact, r->why);
}
