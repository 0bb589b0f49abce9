/*
 * field_list.c - see field_list.h.
 */
#include "field_list.h"

static const void *
list_entry_at(const struct list *l, unsigned i)
{
	return (const char *)l->at + i * l->size;
}

void
list_set(
    struct fact *f, const struct field *field, const void *at, unsigned count)
{
	member_set(f, field->at, &at, sizeof(at));
	member_set(f, field->count, &count, sizeof(count));
}

enum err
list_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	const struct field_entry *e = field->type->entry;
	size_t spans = field->type->shape == FIELD_STRINGS ? 1 : 2;
	size_t count = value->count / spans;
	char *list = arena_room(r->arena, count * e->size);

	for (size_t i = 0; i < count; i++) {
		const struct span *text = &value->text[i * spans];

		if (!e->parse(list + i * e->size, r->arena, text))
			return complain(r->why, field->key, e->rule,
			    span_copy(r->arena, *text));
	}
	list_set(r->fact, field, list, (unsigned)count);
	return E_OK;
}

static bool
is_same(const struct field_entry *e, const void *a, const void *b)
{
	return e->is_same == NULL ? memcmp(a, b, e->size) == 0
				  : e->is_same(a, b);
}

enum err
list_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const struct field_entry *e = field->type->entry;
	struct list l = list_of(f, field);
	enum err err = E_OK;
	char name[ENTRY_TEXT];

	if (l.count == 0 && field->need == FIELD_NEEDED)
		return complain(
		    why, field->key, "must have 1 to 64 entries", "0");
	for (unsigned i = 0; i < l.count && err == E_OK; i++) {
		const void *entry = list_entry_at(&l, i);

		if (e->check != NULL)
			err = e->check(entry, field, why);
		for (unsigned j = 0; j < i && err == E_OK; j++)
			if (is_same(e, entry, list_entry_at(&l, j)))
				err = complain(why, field->key, e->twice,
				    e->name(entry, name));
	}
	return err;
}

bool
list_is_set(const struct fact *f, const struct field *field)
{
	return list_of(f, field).count > 0;
}

static void
list_entry_print(const struct field_printing *p, const struct field_entry *e,
    const void *entry)
{
	char name[ENTRY_TEXT];

	if (e->print == NULL)
		field_print_word(p, e->name(entry, name));
	else
		e->print(p, entry);
}

void
list_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	static const char open[] = {
		[FIELD_STRINGS] = '[', [FIELD_PAIRS] = '{', [FIELD_PORTS] = '{'
	};
	static const char shut[] = {
		[FIELD_STRINGS] = ']', [FIELD_PAIRS] = '}', [FIELD_PORTS] = '}'
	};
	struct list l = list_of(f, field);

	if (p->json)
		(void)fputc(open[field->type->shape], p->out);
	for (unsigned i = 0; i < l.count; i++) {
		if (i > 0)
			(void)fputc(p->json ? ',' : ' ', p->out);
		list_entry_print(p, field->type->entry, list_entry_at(&l, i));
	}
	if (p->json)
		(void)fputc(shut[field->type->shape], p->out);
}

void
list_put(struct wire_out *out, const struct fact *f, const struct field *field)
{
	struct list l = list_of(f, field);

	wire_put8(out, (uint8_t)l.count);
	for (unsigned i = 0; i < l.count; i++)
		field->type->entry->put(out, list_entry_at(&l, i));
}

void
list_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	const struct field_entry *e = field->type->entry;
	unsigned count = wire_get8(in);
	char *list = arena_take(arena, count * e->size);

	in->bad = in->bad || count > FACT_LIST_MAX;
	for (unsigned i = 0; i < count && !in->bad; i++)
		e->get(in, list + i * e->size, arena);
	list_set(f, field, list, count);
}
