/*
 * field_values.c - what a record is: its type, its values.
 */
#include <stdlib.h>

#include "base/dns.h"
#include "field_list.h"
#include "zones/facts/json.h"
#include "zones/facts/record.h"

static const struct fact_value *
value_of(const void *entry)
{
	return entry;
}

static bool
value_parse(void *entry, struct arena *arena, const struct span *s)
{
	*(struct fact_value *)entry =
	    (struct fact_value){ .text = span_copy(arena, *s) };
	return true;
}

/* What the texts mean is known when the type is. */
static enum err
values_fill(struct fact_reading *r, const struct field *field, bool taken)
{
	struct list l = list_of(r->fact, field);
	struct fact_value *v = arena_take(r->arena, (l.count + 1) * sizeof(*v));
	uint16_t type = r->fact->to == NULL ? 0 : record_type(r->fact->to);

	(void)taken;
	if (type == 0)
		return E_OK; /* the type's own check complains */
	for (unsigned i = 0; i < l.count; i++) {
		v[i] = r->fact->values[i];
		v[i].type = type;
		if (record_value_read(&v[i], r->arena, r->why) != E_OK)
			return E_INPUT;
	}
	list_set(r->fact, field, v, l.count);
	return E_OK;
}

static enum err
values_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	enum err err = list_check(f, field, why);

	if (err == E_OK && f->value_count > 1 &&
	    f->values[0].type == TYPE_CNAME)
		err = complain(why, field->key,
		    "must be one of a CNAME, which is its name's only record",
		    f->values[1].text);
	return err;
}

static bool
value_is_same(const void *entry, const void *other)
{
	const struct fact_value *a = value_of(entry), *b = value_of(other);

	return a->len == b->len && memcmp(a->rdata, b->rdata, a->len) == 0;
}

static const char *
value_name(const void *entry, char out[ENTRY_TEXT])
{
	(void)out;
	return value_of(entry)->text;
}

static void
value_print(const struct field_printing *p, const void *entry)
{
	char *text = record_value_text(value_of(entry));

	if (text == NULL)
		no_memory();
	if (p->json)
		fact_json_print_text(p->out, text);
	else
		(void)fputs(text, p->out);
	free(text);
}

static void
value_put(struct wire_out *out, const void *entry)
{
	const struct fact_value *v = value_of(entry);

	wire_put16(out, v->len);
	wire_put(out, v->rdata, v->len);
}

static void
record_value_get(struct wire_in *in, void *entry, struct arena *arena)
{
	uint16_t len = wire_get16(in);
	const uint8_t *rdata = wire_take(in, len);

	if (rdata == NULL || len > FACT_VALUE_MAX) {
		in->bad = true;
		return;
	}
	*(struct fact_value *)entry = (struct fact_value){ .len = len,
		.rdata =
		    (uint8_t *)arena_copy(arena, (const char *)rdata, len) };
}

static void
values_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	struct fact_value *v;

	list_get(in, f, field, arena);
	v = arena_take(arena, (f->value_count + 1) * sizeof(*v));
	for (unsigned i = 0; i < f->value_count && !in->bad; i++) {
		char *text;

		v[i] = f->values[i];
		v[i].type = record_type(f->to);
		text = v[i].type == 0 ? NULL : record_value_text(&v[i]);
		in->bad = text == NULL;
		free(text);
	}
	list_set(f, field, v, f->value_count);
}

static const struct field_entry value = {
	.size = sizeof(struct fact_value),
	.twice = "must not have a value twice",
	.parse = value_parse,
	.name = value_name,
	.is_same = value_is_same,
	.print = value_print,
	.put = value_put,
	.get = record_value_get,
};

const struct field_type field_values = { FIELD_STRINGS, .take = list_take,
	.fill = values_fill, .check = values_check, .is_set = list_is_set,
	.print = list_print, .entry = &value, .put = list_put,
	.get = values_get };
