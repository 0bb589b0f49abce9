/*
 * print.c - facts as JSON, and for people.
 */
#include "zones/facts/json.h"

#include "field_type.h"

static bool
is_set(const struct fact *f, const struct field *field)
{
	return field->type->is_set == NULL || field->type->is_set(f, field);
}

static bool
is_usual(const struct fact *f, const struct field *field)
{
	return field->type->is_usual != NULL && field->type->is_usual(f, field);
}

/* WHOLE: all that does not go without saying; else its key. */
static void
print_members(FILE *out, const char *verb, const struct fact *f, bool whole)
{
	const struct field_printing p = { out, true };

	(void)fprintf(out, "\"%s\":\"%s\"", verb, fact_kind_str(f->kind));
	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL; field++) {
		if (whole ? !is_set(f, field) || is_usual(f, field)
			  : field->need != FIELD_KEY)
			continue;
		(void)fprintf(out, ",\"%s\":", field->key);
		field->type->print(&p, f, field);
	}
	(void)putc('}', out);
}

void
fact_json_print(FILE *out, const struct fact *f)
{
	(void)putc('{', out);
	print_members(out, "put", f, true);
}

void
fact_json_print_aged(FILE *out, const struct fact *f)
{
	if (f->age == 0 || f->address_count == 0) {
		fact_json_print(out, f);
		return;
	}
	(void)fprintf(out, "{\"age\":%llu,", (unsigned long long)f->age);
	print_members(out, "put", f, true);
}

void
fact_json_print_key(FILE *out, const char *verb, const struct fact *f)
{
	(void)putc('{', out);
	print_members(out, verb, f, false);
}

void
fact_print_fields(FILE *out, const struct fact *f)
{
	const struct field_printing p = { out, false };
	char title[FACT_TITLE];

	(void)fputs(fact_title(f, title), out);
	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL; field++) {
		if (field->need == FIELD_KEY || !is_set(f, field))
			continue;
		(void)fputs("  ", out);
		if (!field->bare)
			(void)fprintf(out, "%s ", field->key);
		field->type->print(&p, f, field);
	}
}

void
fact_print_line(FILE *out, const struct fact *f)
{
	fact_print_fields(out, f);
	(void)putc('\n', out);
}

bool
fact_print_field(FILE *out, const struct fact *f, const struct field *field)
{
	const struct field_printing p = { out, false };

	if (!is_set(f, field))
		return false;
	field->type->print(&p, f, field);
	return !is_usual(f, field);
}
