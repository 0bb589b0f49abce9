/*
 * check.c - see check.h: a field's rules are its type's, those between
 * fields stand here.
 */
#include "zones/facts/check.h"

#include "field_type.h"

static enum err
fields_check(const struct fact *f, bool of_key, struct complaint *why)
{
	enum err err = E_OK;

	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL && err == E_OK; field++)
		if ((field->need == FIELD_KEY) == of_key &&
		    field->type->check != NULL)
			err = field->type->check(f, field, why);
	return err;
}

enum err
fact_check_key(const struct fact *f, struct complaint *why)
{
	enum err err = fields_check(f, true, why);

	if (err == E_OK && f->kind == FACT_DISTANCE &&
	    strcmp(f->id, f->to) == 0)
		err = complain(why, "to", "must be another region", f->to);
	return err;
}

enum err
fact_check(const struct fact *f, struct complaint *why)
{
	enum err err = fact_check_key(f, why);

	return err == E_OK ? fields_check(f, false, why) : err;
}
