/*
 * stored.c - see stored.h.
 */
#include "zones/facts/stored.h"

#include "field_type.h"

/* A key is in the store's key; but a network's has only its number. */
static bool
is_stored(enum fact_kind kind, const struct field *field)
{
	return field->need != FIELD_KEY || kind == FACT_NETWORK;
}

void
fact_encode(const struct fact *f, uint64_t age, struct wire_out *out)
{
	wire_put64(out, age);
	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL; field++)
		if (is_stored(f->kind, field))
			field->type->put(out, f, field);
}

bool
fact_decode(struct fact *f, struct wire_in in, struct arena *arena)
{
	f->age = wire_get64(&in);
	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL; field++)
		if (is_stored(f->kind, field))
			field->type->get(&in, f, field, arena);
	return !in.bad && wire_left(&in) == 0;
}
