/*
 * field_hosts.c - lists of apps.
 */
#include "base/letters.h"
#include "field_list.h"
#include "zones/names/label.h"
#include "zones/names/name.h"

static const char *
host_text(const void *entry)
{
	const char *text;

	memcpy(&text, entry, sizeof(text));
	return text;
}

static bool
host_parse(void *entry, struct arena *arena, const struct span *s)
{
	char *text = span_copy(arena, *s);

	text_lower(text);
	memcpy(entry, &text, sizeof(text));
	return name_is_label(text, strlen(text)) && text[0] != '_';
}

static const char *
host_entry_name(const void *entry, char out[ENTRY_TEXT])
{
	(void)out;
	return host_text(entry);
}

static bool
host_is_same(const void *entry, const void *other)
{
	return strcmp(host_text(entry), host_text(other)) == 0;
}

static void
host_put(struct wire_out *out, const void *entry)
{
	const char *text = host_text(entry);

	wire_put_label(out, text, strlen(text));
}

static void
host_get(struct wire_in *in, void *entry, struct arena *arena)
{
	struct label l = wire_get_label(in);
	const char *text = arena_copy(arena, (const char *)l.at, l.len);

	in->bad = in->bad || strlen(text) != l.len;
	memcpy(entry, &text, sizeof(text));
}

static const struct field_entry host = {
	.size = sizeof(const char *),
	.rule = "must hold names of 1 to 63 of a-z, 0-9, - and _, which is not"
		" the first",
	.twice = "must not have an app twice",
	.parse = host_parse,
	.name = host_entry_name,
	.is_same = host_is_same,
	.put = host_put,
	.get = host_get,
};

const struct field_type field_hosts = { FIELD_STRINGS, FIELD_LIST(host),
	.put = list_put, .get = list_get };
