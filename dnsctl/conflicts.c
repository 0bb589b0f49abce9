/*
 * conflicts.c - see conflicts.h.
 *
 * Facts are gone through twice: first for a number of each claim, then for
 * the words of those whose number is there twice.
 */
#include "dnsctl/conflicts.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr_text.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/hash.h"
#include "zones/facts/json.h"
#include "zones/store/write/facts.h"

struct entry {
	const char *what, *value, *network; /* network: NULL of no one */
	const char *title;
};

struct conflicts {
	const char *only; /* network, or NULL */
	bool words;       /* the second time */
	struct arena arena;
	uint64_t *number;
	size_t numbers, number_room;
	struct entry *entry;
	size_t entries, entry_room;
};

static int
by_number(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static bool
is_twice(const struct conflicts *c, uint64_t number)
{
	const uint64_t *at =
	    bsearch(&number, c->number, c->numbers, sizeof(number), by_number);

	return at != NULL &&
	    ((at > c->number && at[-1] == number) ||
		(at + 1 < c->number + c->numbers && at[1] == number));
}

static void
claim(struct conflicts *c, const char *what, const char *network,
    const char *value, const struct fact *f)
{
	uint64_t number = hash_bytes(what, strlen(what));
	char title[FACT_TITLE];

	if (c->only != NULL && network != NULL && strcmp(network, c->only) != 0)
		return;
	if (network != NULL)
		number = hash_mix(number, hash_bytes(network, strlen(network)));
	number = hash_mix(number, hash_bytes(value, strlen(value)));
	if (!c->words) {
		c->number = array_grow(
		    c->number, c->numbers, &c->number_room, sizeof(number));
		c->number[c->numbers++] = number;
		return;
	}
	if (!is_twice(c, number))
		return;
	c->entry =
	    array_grow(c->entry, c->entries, &c->entry_room, sizeof(*c->entry));
	c->entry[c->entries++] = (struct entry){ .what = what,
		.value = arena_text(&c->arena, value),
		.network = arena_text(&c->arena, network),
		.title = arena_text(&c->arena, fact_title(f, title)) };
}

/* A network's are its resolvers, which may stand elsewhere and be shared. */
static void
claim_addresses(struct conflicts *c, const struct fact *f)
{
	const char *network = f->kind == FACT_EXPORT ? f->to : f->network;
	char text[ADDR_TEXT];

	for (unsigned i = 0; i < f->address_count; i++)
		claim(c, "address", network, addr_text(&f->addresses[i], text),
		    f);
}

static bool
claim_all(void *arg, const struct fact *f, bool implied)
{
	struct conflicts *c = arg;

	(void)implied;
	claim_addresses(c, f);
	if (f->public_key != NULL)
		claim(c, "key", NULL, f->public_key, f);
	switch (f->kind) {
	case FACT_INSTANCE:
		if (f->name != NULL)
			claim(c, "server", f->network, f->name, f);
		break;
	case FACT_APP:
		claim(c, "domain", f->network,
		    f->domain == NULL ? f->app : f->domain, f);
		claim(c, "name", f->network, f->app, f);
		break;
	case FACT_ALIAS:
		claim(c, "name", f->network, f->id, f);
		break;
	case FACT_EXPORT:
		claim(c, "name", f->to, f->as, f);
		break;
	case FACT_NETWORK:
	case FACT_PEER:
	case FACT_GATEWAY:
	case FACT_ZONE:
	case FACT_RECORD:
	case FACT_REGION:
	case FACT_DISTANCE:
	case FACT_KINDS:
		break;
	}
	return true;
}

static enum err
go_through(struct conflicts *c, struct snapshot *snapshot)
{
	enum err err = E_OK;

	for (enum fact_kind kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		err = snapshot_facts(snapshot, kind, NULL, claim_all, c);
	return err;
}

static int
compare_claims(const struct entry *a, const struct entry *b)
{
	int order = strcmp(a->what, b->what);

	if (order == 0 && a->network != NULL && b->network != NULL)
		order = strcmp(a->network, b->network);
	return order == 0 ? strcmp(a->value, b->value) : order;
}

static int
by_claim(const void *one, const void *other)
{
	const struct entry *a = one, *b = other;
	int order = compare_claims(a, b);

	return order == 0 ? strcmp(a->title, b->title) : order;
}

static void
print_member(FILE *out, const char *key, const char *text)
{
	(void)fprintf(out, "\"%s\":", key);
	fact_json_print_text(out, text);
}

static void
print_claim(FILE *out, const struct entry *e, size_t count, bool json)
{
	if (json) {
		(void)fputc('{', out);
		print_member(out, "conflict", e->what);
		(void)fputc(',', out);
		if (e->network != NULL) {
			print_member(out, "network", e->network);
			(void)fputc(',', out);
		}
		print_member(out, "value", e->value);
		(void)fputs(",\"facts\":[", out);
	} else {
		(void)fprintf(out, "%s %s%s%s: ", e->what, e->value,
		    e->network == NULL ? "" : " of network ",
		    e->network == NULL ? "" : e->network);
	}
	for (size_t i = 0; i < count; i++) {
		(void)fputs(i == 0 ? "" : json ? "," : ", ", out);
		if (json)
			fact_json_print_text(out, e[i].title);
		else
			(void)fputs(e[i].title, out);
	}
	(void)fputs(json ? "]}\n" : "\n", out);
}

enum err
conflicts_list(
    FILE *out, struct snapshot *snapshot, const char *network, bool json)
{
	struct conflicts c = { .only = network };
	enum err err = go_through(&c, snapshot);
	size_t n;

	qsort(c.number, c.numbers, sizeof(*c.number), by_number);
	c.words = true;
	if (err == E_OK)
		err = go_through(&c, snapshot);
	qsort(c.entry, c.entries, sizeof(*c.entry), by_claim);
	for (size_t i = 0; i < c.entries && err == E_OK; i += n) {
		for (n = 1; i + n < c.entries &&
		     compare_claims(&c.entry[i], &c.entry[i + n]) == 0;
		     n++)
			;
		if (n > 1)
			print_claim(out, &c.entry[i], n, json);
	}
	free(c.number);
	free(c.entry);
	arena_release(&c.arena);
	return err;
}
