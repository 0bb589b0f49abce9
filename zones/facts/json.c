/*
 * json.c - a table of fields for each kind, read and written by it.
 */
#include "zones/facts/json.h"

#include <string.h>

#include "field.h"
#include "zones/facts/check.h"

#define AT(member) offsetof(struct fact, member)

/*
 * The fields in the order in which they are written, those of the key
 * first.  To add a field: its member in struct fact, its row here, its rule
 * in fact_check.c, its bytes in fact_stored.c.
 */
static const struct field network_fields[] = {
	{ "id", &field_label, AT(network), KEY },
	{ "prefixes", &field_prefixes, 0, NEEDED },
	{ "resolvers", &field_addresses, 0, OPTIONAL },
	{ "ttl", &field_ttl, 0, OPTIONAL },
	{ NULL, NULL, 0, OPTIONAL },
};

static const struct field region_fields[] = {
	{ "id", &field_label, AT(id), KEY },
	{ "latitude", &field_number, AT(latitude), NEEDED },
	{ "longitude", &field_number, AT(longitude), NEEDED },
	{ NULL, NULL, 0, OPTIONAL },
};

static const struct field distance_fields[] = {
	{ "from", &field_label, AT(id), KEY },
	{ "to", &field_label, AT(to), KEY },
	{ "ms", &field_number, AT(ms), NEEDED },
	{ NULL, NULL, 0, OPTIONAL },
};

static const struct field app_fields[] = {
	{ "network", &field_label, AT(network), KEY },
	{ "name", &field_label, AT(app), KEY },
	{ "domain", &field_domain, AT(domain), OPTIONAL },
	{ "flycast", &field_addresses, 0, OPTIONAL },
	{ NULL, NULL, 0, OPTIONAL },
};

static const struct field instance_fields[] = {
	{ "network", &field_label, AT(network), KEY },
	{ "app", &field_label, AT(app), KEY },
	{ "id", &field_label, AT(id), KEY },
	{ "region", &field_label, AT(region), NEEDED },
	{ "addresses", &field_addresses, 0, NEEDED },
	{ "name", &field_label, AT(name), OPTIONAL },
	{ "group", &field_label, AT(group), OPTIONAL },
	{ "state", &field_state, 0, OPTIONAL },
	{ "metadata", &field_metadata, 0, OPTIONAL },
	{ NULL, NULL, 0, OPTIONAL },
};

static const struct field peer_fields[] = {
	{ "network", &field_label, AT(network), KEY },
	{ "name", &field_label, AT(id), KEY },
	{ "region", &field_label, AT(region), OPTIONAL },
	{ "addresses", &field_addresses, 0, NEEDED },
	{ "expires", &field_expires, 0, OPTIONAL },
	{ NULL, NULL, 0, OPTIONAL },
};

static const struct field *const fields[FACT_KINDS] = {
	[FACT_NETWORK] = network_fields,
	[FACT_REGION] = region_fields,
	[FACT_DISTANCE] = distance_fields,
	[FACT_APP] = app_fields,
	[FACT_INSTANCE] = instance_fields,
	[FACT_PEER] = peer_fields,
};

const struct field *
fact_fields(enum fact_kind kind)
{
	return fields[kind];
}

static const struct field *
field_find(enum fact_kind kind, const char *key)
{
	const struct field *field = fields[kind];

	while (field->key != NULL && strcmp(field->key, key) != 0)
		field++;
	return field->key == NULL ? NULL : field;
}

/* Some member was not read: say which, and why. */
static enum err
strange_member(enum fact_kind kind, json_t *object, const char *skip,
    struct complaint *why)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		const struct field *field = field_find(kind, key);

		if (skip != NULL && strcmp(key, skip) == 0)
			continue;
		if (field == NULL)
			return complain(why, key, "is not known here", "");
		if (field->need != KEY)
			(void)complain(
			    why, key, "does not belong to a key", "");
	}
	return E_INPUT;
}

/* Members that are no field of the kind are seen by their number. */
static enum err
members_read(
    struct field_reading *r, json_t *object, const char *skip, bool key_only)
{
	size_t read = skip == NULL ? 0 : 1;
	enum err err;

	for (const struct field *field = fields[r->fact->kind];
	     field->key != NULL; field++) {
		json_t *value = json_object_get(object, field->key);

		if (key_only && field->need != KEY)
			break;
		if (value == NULL && field->need == NEEDED)
			return complain(
			    r->why, field->key, "must be given", "");
		if (value == NULL)
			continue;
		err = field->type->read(r, field, value);
		if (err != E_OK)
			return err;
		read++;
	}
	if (read == json_object_size(object))
		return E_OK;
	return strange_member(r->fact->kind, object, skip, r->why);
}

enum err
fact_json_read_key(struct fact *f, struct arena *arena, json_t *object,
    const char *skip, struct complaint *why)
{
	struct field_reading r = { f, arena, why };
	enum err err = members_read(&r, object, skip, true);

	return err == E_OK ? fact_check_key(f, why) : err;
}

enum err
fact_finish(struct fact *f, struct complaint *why)
{
	if (f->kind == FACT_APP && f->domain == NULL)
		f->domain = f->app;
	return fact_check(f, why);
}

enum err
fact_json_read(struct fact *f, struct arena *arena, json_t *object,
    const char *skip, struct complaint *why)
{
	struct field_reading r = { f, arena, why };
	enum err err;

	f->ttl = f->kind == FACT_NETWORK ? NAME_TTL_DEFAULT : 0;
	err = members_read(&r, object, skip, false);
	return err == E_OK ? fact_finish(f, why) : err;
}

void
fact_json_print(FILE *out, const struct fact *f)
{
	(void)fprintf(out, "{\"put\":\"%s\"", fact_kind_str(f->kind));
	for (const struct field *field = fields[f->kind]; field->key != NULL;
	     field++) {
		if (!field->type->given(f, field))
			continue;
		(void)fprintf(out, ",\"%s\":", field->key);
		field->type->print(out, f, field);
	}
	(void)putc('}', out);
}

void
fact_json_print_text(FILE *out, const char *text)
{
	json_t *string = json_string(text);

	(void)json_dumpf(string, out, JSON_ENCODE_ANY);
	json_decref(string);
}
