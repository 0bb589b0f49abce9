/*
 * field_label.c - labels, and domains made of them: text in lower case.
 */
#include "base/letters.h"
#include "field_type.h"
#include "zones/names/label.h"
#include "zones/names/name.h"

#define DOMAIN_MAX 200 /* octets */

static const char *
text_of(const struct fact *f, const struct field *field)
{
	const char *text;

	member_get(f, field->at, &text, sizeof(text));
	return text;
}

static enum err
label_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	const char *old = text_of(r->fact, field);
	char *text = span_copy(r->arena, value->text[0]);

	text_lower(text);
	if (old != NULL && strcmp(old, text) != 0)
		return complain(r->why, field->key,
		    "must agree with the key that holds the fact", text);
	fact_set_text(r->fact, field, text);
	return E_OK;
}

static void
label_fill(struct fact_reading *r, const struct field *field, bool taken)
{
	const char *text;

	if (taken || field->like == 0)
		return;
	member_get(r->fact, field->like, &text, sizeof(text));
	fact_set_text(r->fact, field, text);
}

static enum err
label_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = text_of(f, field);

	if (text == NULL)
		return field->need == FIELD_OPTIONAL
		    ? E_OK
		    : complain(why, field->key, "must be given", "");
	if (!name_is_label(text, strlen(text)))
		return complain(why, field->key,
		    "must be 1 to 63 of a-z, 0-9, - and _", text);
	return E_OK;
}

/* Apps, servers and peers: `_` begins the names of lists. */
static enum err
host_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = text_of(f, field);
	enum err err = label_check(f, field, why);

	if (err == E_OK && text != NULL && text[0] == '_')
		err = complain(why, field->key, "must not begin with _", text);
	return err;
}

static enum err
region_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = text_of(f, field);
	enum err err = label_check(f, field, why);

	if (err == E_OK && text != NULL && name_is_qualifier(text))
		err = complain(why, field->key,
		    "must not be a word that names use for something else",
		    text);
	return err;
}

static enum err
domain_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *domain = text_of(f, field), *dot, *at = domain;

	if (domain == NULL)
		return E_OK;
	if (strlen(domain) > DOMAIN_MAX)
		return complain(
		    why, field->key, "must have at most 200 octets", domain);
	for (;; at = dot + 1) {
		dot = strchrnul(at, '.');
		if (!name_is_label(at, (size_t)(dot - at)))
			return complain(why, field->key,
			    "must be labels of 1 to 63 of a-z, 0-9, - and _,"
			    " with dots between",
			    domain);
		if (*dot == '\0')
			return E_OK;
	}
}

static bool
label_is_set(const struct fact *f, const struct field *field)
{
	return text_of(f, field) != NULL;
}

static bool
label_is_usual(const struct fact *f, const struct field *field)
{
	const char *like;

	if (field->like == 0)
		return false;
	member_get(f, field->like, &like, sizeof(like));
	return strcmp(text_of(f, field), like) == 0;
}

static void
label_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	field_print_word(p, text_of(f, field));
}

static void
label_put(struct wire_out *out, const struct fact *f, const struct field *field)
{
	struct label l = label_of(text_of(f, field));

	wire_put_label(out, l.at, l.len);
}

static void
label_get(struct wire_in *in, struct fact *f, const struct field *field,
    struct arena *arena)
{
	struct label l = wire_get_label(in);
	const char *text = NULL;

	if (l.len > 0)
		text = arena_copy(arena, (const char *)l.at, l.len);
	in->bad = in->bad ||
	    (l.len == 0 ? field->need != FIELD_OPTIONAL
			: strlen(text) != l.len);
	fact_set_text(f, field, text);
}

#define LABEL(rule)                                                            \
	{                                                                      \
		FIELD_STRING,                                                  \
		    .take = label_take, .fill = label_fill, .check = (rule),   \
		    .is_set = label_is_set, .is_usual = label_is_usual,        \
		    .print = label_print, .put = label_put, .get = label_get   \
	}

const struct field_type field_label = LABEL(label_check);
const struct field_type field_host = LABEL(host_check);
const struct field_type field_region = LABEL(region_check);
const struct field_type field_domain = LABEL(domain_check);
