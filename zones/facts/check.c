/*
 * check.c - see check.h: a field's rules are its type's, those between
 * fields stand here.
 */
#include "zones/facts/check.h"

#include "base/addr_text.h"
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
	if (err == E_OK && f->kind == FACT_EXPORT &&
	    strcmp(f->network, f->to) == 0)
		err = complain(why, "to", "must be another network", f->to);
	return err;
}

static bool
is_inside(const struct fact *network, const struct prefix *p)
{
	for (unsigned i = 0; i < network->prefix_count; i++)
		if (network->prefixes[i].len <= p->len &&
		    prefix_holds(&network->prefixes[i], &p->addr))
			return true;
	return false;
}

static enum err
network_pool_check(const struct fact *f, struct complaint *why)
{
	char text[PREFIX_TEXT];

	for (unsigned i = 0; i < f->pool_count; i++)
		if (!is_inside(f, &f->pool[i]))
			return complain(why, "pool",
			    "must lie inside the network's prefixes",
			    prefix_text(&f->pool[i], text));
	return E_OK;
}

enum err
fact_check(const struct fact *f, struct complaint *why)
{
	enum err err = fact_check_key(f, why);

	if (err == E_OK)
		err = fields_check(f, false, why);
	return err == E_OK ? network_pool_check(f, why) : err;
}
