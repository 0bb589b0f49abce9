/*
 * key.c - see key.h.
 */
#include "dnsctl/etcd/key.h"

#include <stddef.h>
#include <string.h>

#define PARTS      3
#define AT(member) offsetof(struct fact, member)
#define NO_PART    ((size_t)-1)

/* The folder of each kind, and the key's parts below it. */
static const struct {
	const char *folder;
	size_t part[PARTS]; /* places in struct fact */
} layout[] = {
	[FACT_NETWORK] = { "networks", { AT(network), NO_PART, NO_PART } },
	[FACT_REGION] = { "regions", { AT(id), NO_PART, NO_PART } },
	[FACT_DISTANCE] = { "distances", { AT(id), AT(to), NO_PART } },
	[FACT_APP] = { "apps", { AT(network), AT(app), NO_PART } },
	[FACT_INSTANCE] = { "instances", { AT(network), AT(app), AT(id) } },
	[FACT_PEER] = { "peers", { AT(network), AT(id), NO_PART } },
};

static_assert(
    sizeof(layout) / sizeof(layout[0]) == FACT_KINDS, "one row a kind");

const char *
etcd_folder(enum fact_kind kind)
{
	return layout[kind].folder;
}

/* KEY behind FOLDER and a slash, or NULL. */
static const char *
below(const char *key, const char *folder)
{
	size_t len = strlen(folder);

	if (strncmp(key, folder, len) != 0 || key[len] != '/')
		return NULL;
	return key + len + 1;
}

/* As many parts as the kind has, not one more. */
static bool
parts_read(struct fact *f, struct arena *arena, const size_t part[PARTS],
    const char *rest)
{
	for (size_t i = 0; i < PARTS && part[i] != NO_PART; i++) {
		bool last = i + 1 == PARTS || part[i + 1] == NO_PART;
		size_t len = strcspn(rest, "/");

		if ((rest[len] == '\0') != last)
			return false;
		*(const char **)(void *)((char *)f + part[i]) =
		    arena_copy(arena, rest, len);
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
	for (int kind = 0; kind < FACT_KINDS && rest != NULL; kind++) {
		const char *parts = below(rest, layout[kind].folder);

		f->kind = (enum fact_kind)kind;
		if (parts != NULL)
			return parts_read(f, arena, layout[kind].part, parts);
	}
	return false;
}
