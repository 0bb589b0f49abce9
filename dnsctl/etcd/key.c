/*
 * key.c - see key.h.
 */
#include "dnsctl/etcd/key.h"

#include <string.h>

#include "zones/facts/field.h"

/* KEY behind FOLDER and a slash, or NULL. */
static const char *
below(const char *key, const char *folder)
{
	size_t len = strlen(folder);

	if (strncmp(key, folder, len) != 0 || key[len] != '/')
		return NULL;
	return key + len + 1;
}

/* As many parts as the kind's key has, not one more. */
static bool
key_parts_read(struct fact *f, struct arena *arena, const char *rest)
{
	for (const struct field *part = fact_fields(f->kind);
	     part->need == FIELD_KEY; part++) {
		bool last = part[1].need != FIELD_KEY;
		size_t len = strcspn(rest, "/");

		if ((rest[len] == '\0') != last)
			return false;
		fact_set_text(f, part, arena_copy(arena, rest, len));
		rest += len + 1;
	}
	return true;
}

bool
etcd_key_read(
    struct fact *f, struct arena *arena, const char *prefix, const char *key)
{
	const char *rest = below(key, prefix);

	memset(f, 0, sizeof(*f));
	for (; f->kind < FACT_KINDS && rest != NULL; f->kind++) {
		const char *parts = below(rest, fact_kind_plural(f->kind));

		if (parts != NULL)
			return key_parts_read(f, arena, parts);
	}
	return false;
}
