/*
 * field_label.c - labels, and domains made of them: text in lower case;
 * and the keys of WireGuard, of which every letter counts.
 */
#include <stdlib.h>

#include "base/addr_parse.h"
#include "base/addr_text.h"
#include "base/letters.h"
#include "field_type.h"
#include "zones/facts/record.h"
#include "zones/names/label.h"
#include "zones/names/name.h"

#define DOMAIN_MAX 200 /* octets */

static const char *
label_text(const struct fact *f, const struct field *field)
{
	const char *text;

	member_get(f, field->at, &text, sizeof(text));
	return text;
}

static enum err
label_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	const char *old = label_text(r->fact, field);
	char *text = span_copy(r->arena, value->text[0]);

	text_lower(text);
	if (old != NULL && strcmp(old, text) != 0)
		return complain(r->why, field->key,
		    "must agree with the key that holds the fact", text);
	fact_set_text(r->fact, field, text);
	return E_OK;
}

static enum err
label_fill(struct fact_reading *r, const struct field *field, bool taken)
{
	const char *text;

	if (taken || field->like == 0)
		return E_OK;
	member_get(r->fact, field->like, &text, sizeof(text));
	fact_set_text(r->fact, field, text);
	return E_OK;
}

static enum err
label_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = label_text(f, field);

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
	const char *text = label_text(f, field);
	enum err err = label_check(f, field, why);

	if (err == E_OK && text != NULL && text[0] == '_')
		err = complain(why, field->key, "must not begin with _", text);
	return err;
}

static enum err
region_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = label_text(f, field);
	enum err err = label_check(f, field, why);

	if (err == E_OK && text != NULL && name_is_qualifier(text))
		err = complain(why, field->key,
		    "must not be a word that names use for something else",
		    text);
	return err;
}

/* Labels with dots between. */
static bool
is_domain(const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *dot;; text = dot + 1) {
		dot = memchr(text, '.', (size_t)(end - text));
		if (dot == NULL)
			return name_is_label(text, (size_t)(end - text));
		if (!name_is_label(text, (size_t)(dot - text)))
			return false;
	}
}

static enum err
domain_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *domain = label_text(f, field);

	if (domain == NULL)
		return E_OK;
	if (strlen(domain) > DOMAIN_MAX)
		return complain(
		    why, field->key, "must have at most 200 octets", domain);
	if (!is_domain(domain, strlen(domain)))
		return complain(why, field->key,
		    "must be labels of 1 to 63 of a-z, 0-9, - and _,"
		    " with dots between",
		    domain);
	return E_OK;
}

/* Digits only: strtoul would also take a sign and white space. */
static bool
is_port_text(const char *text)
{
	size_t len = strspn(text, "0123456789");
	unsigned long port = strtoul(text, NULL, 10);

	return len > 0 && len <= 5 && text[len] == '\0' && port > 0 &&
	    port <= UINT16_MAX;
}

/* HOST or [ADDRESS]; *REST is what stands behind it. */
static bool
is_host(const char *text, const char **rest)
{
	size_t len = strcspn(text, text[0] == '[' ? "]" : ":");
	char six[ADDR_TEXT];
	struct addr addr;

	*rest = text + len;
	if (text[0] != '[')
		return is_domain(text, len);
	if (len >= sizeof(six) || text[len] == '\0')
		return false;
	*rest += 1;
	memcpy(six, text + 1, len - 1);
	six[len - 1] = '\0';
	return strchr(six, ':') != NULL && addr_parse(&addr, six);
}

static enum err
endpoint_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = label_text(f, field), *rest;

	if (text == NULL ||
	    (strlen(text) <= DOMAIN_MAX && is_host(text, &rest) &&
		(*rest == '\0' || (*rest == ':' && is_port_text(rest + 1)))))
		return E_OK;
	return complain(why, field->key,
	    "must be host:port or [v6]:port, at most 200 octets", text);
}

static enum err
public_key_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	fact_set_text(r->fact, field, span_copy(r->arena, value->text[0]));
	return E_OK;
}

/* 32 octets are 43 letters, of which the last has 4 bits, and `=`. */
static enum err
public_key_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
				     "opqrstuvwxyz0123456789+/";
	const char *text = label_text(f, field);

	if (text == NULL ||
	    (strlen(text) == FACT_PUBLIC_KEY &&
		strspn(text, base64) == FACT_PUBLIC_KEY - 1 &&
		text[FACT_PUBLIC_KEY - 1] == '=' &&
		strchr("AEIMQUYcgkosw048", text[FACT_PUBLIC_KEY - 2]) != NULL))
		return E_OK;
	return complain(why, field->key,
	    "must be a key as wg pubkey writes it, 44 letters of base64", text);
}

/* The last dot says nothing here. */
static enum err
name_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	struct field_value text = { .text = { value->text[0] } };
	struct span *s = &text.text[0];

	if (s->len > 1 && s->at[s->len - 1] == '.')
		s->len--;
	return label_take(r, field, &text);
}

static enum err
name_check(const struct field *field, const char *text, bool stars,
    struct complaint *why)
{
	if (text == NULL)
		return complain(why, field->key, "must be given", "");
	if (strlen(text) > FACT_NAME_MAX)
		return complain(
		    why, field->key, "must have at most 250 octets", text);
	if (stars && text[0] == '*' && text[1] == '.')
		text += 2;
	if (!is_domain(text, strlen(text)))
		return complain(why, field->key,
		    "must be labels of 1 to 63 of a-z, 0-9, - and _,"
		    " with dots between",
		    text);
	return E_OK;
}

/* Nobody's but a network's: no name that is answered here already. */
static enum err
zone_label_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = label_text(f, field);
	struct dname d;
	struct name name;

	if (name_check(field, text, false, why) != E_OK)
		return E_INPUT;
	if (dname_parse(&d, text)) {
		name_read(&name, &d, 0);
		if (name.kind == NAME_OTHER &&
		    label_compare(
			dname_label(&d, d.labels - 1U), label_of("arpa")) != 0)
			return E_OK;
	}
	return complain(why, field->key,
	    "must not be internal, apn, flycast, arpa, a special-use name,"
	    " nor below one",
	    text);
}

static enum err
owner_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	return name_check(field, label_text(f, field), true, why);
}

static enum err
type_take(struct fact_reading *r, const struct field *field,
    const struct field_value *value)
{
	uint16_t type = record_type(span_copy(r->arena, value->text[0]));
	const char *old = label_text(r->fact, field);
	char rule[sizeof(r->why->rule)];

	if (type == 0) {
		(void)snprintf(
		    rule, sizeof(rule), "must be %s", record_types_text());
		return complain(r->why, field->key, rule,
		    span_copy(r->arena, value->text[0]));
	}
	if (old != NULL && strcmp(old, record_type_text(type)) != 0)
		return complain(r->why, field->key,
		    "must agree with the key that holds the fact",
		    record_type_text(type));
	fact_set_text(r->fact, field, record_type_text(type));
	return E_OK;
}

static enum err
type_check(
    const struct fact *f, const struct field *field, struct complaint *why)
{
	const char *text = label_text(f, field);
	char rule[sizeof(why->rule)];

	if (text != NULL && record_type(text) != 0 &&
	    strcmp(text, record_type_text(record_type(text))) == 0)
		return E_OK;
	(void)snprintf(rule, sizeof(rule), "must be %s", record_types_text());
	return complain(why, field->key, rule, text == NULL ? "" : text);
}

static bool
label_is_set(const struct fact *f, const struct field *field)
{
	return label_text(f, field) != NULL;
}

static bool
label_is_usual(const struct fact *f, const struct field *field)
{
	const char *like;

	if (field->like == 0)
		return false;
	member_get(f, field->like, &like, sizeof(like));
	return strcmp(label_text(f, field), like) == 0;
}

static void
label_field_print(const struct field_printing *p, const struct fact *f,
    const struct field *field)
{
	field_print_word(p, label_text(f, field));
}

static void
label_put(struct wire_out *out, const struct fact *f, const struct field *field)
{
	struct label l = label_of(label_text(f, field));

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

#define TEXT(taken, rule)                                                      \
	{                                                                      \
		FIELD_STRING, .take = (taken), .fill = label_fill,             \
			      .check = (rule), .is_set = label_is_set,         \
			      .is_usual = label_is_usual,                      \
			      .print = label_field_print, .put = label_put,    \
			      .get = label_get                                 \
	}

#define LABEL(rule) TEXT(label_take, rule)

const struct field_type field_label = LABEL(label_check);
const struct field_type field_host = LABEL(host_check);
const struct field_type field_region = LABEL(region_check);
const struct field_type field_domain = LABEL(domain_check);
const struct field_type field_endpoint = LABEL(endpoint_check);
const struct field_type field_public_key =
    TEXT(public_key_take, public_key_check);
const struct field_type field_zone = TEXT(name_take, zone_label_check);
const struct field_type field_owner = TEXT(name_take, owner_check);
const struct field_type field_rrtype = TEXT(type_take, type_check);
