/*
 * export.c - see export.h.
 *
 * Of two facts with one address the newer owns its reverse name, so those
 * come last, in the order in which they were put: a store made of the
 * export has the same owners.
 */
#include "zones/feed/export.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "zones/facts/json.h"
#include "zones/store/read/lookup.h"
#include "zones/store/write/facts.h"

struct contested {
	STAILQ_ENTRY(contested) next;
	uint64_t age;
	char *line;
};

struct exporter {
	struct snapshot *snapshot;
	FILE *out;
	char network[DNS_LABEL_MAX + 1]; /* whose number is below */
	uint32_t number;
	struct arena memory;
	STAILQ_HEAD(contested_list, contested) contested;
	size_t contested_count;
	feed_exported *exported;
	void *arg;
	uint64_t count; /* of facts that were read */
};

static uint32_t
network_number(struct exporter *e, const char *id)
{
	struct network network = { .number = NETWORK_NONE };

	if (strcmp(e->network, id) == 0)
		return e->number;
	(void)lookup_network_named(e->snapshot, id, &network);
	(void)snprintf(e->network, sizeof(e->network), "%s", id);
	e->number = network.number;
	return e->number;
}

static bool
is_contested(struct exporter *e, const struct fact *f)
{
	struct wire_in claims;
	struct claim claim;
	uint32_t number;

	if (f->kind == FACT_NETWORK || f->address_count == 0)
		return false;
	number = network_number(e, f->kind == FACT_EXPORT ? f->to : f->network);
	for (unsigned i = 0; i < f->address_count; i++)
		if (lookup_claims(
			e->snapshot, number, &f->addresses[i], &claims) &&
		    claim_next(&claims, &claim) && claim_next(&claims, &claim))
			return true;
	return false;
}

static bool
contested_keep(struct exporter *e, const struct fact *f)
{
	struct contested *c = arena_take(&e->memory, sizeof(*c));
	char *line = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&line, &len);

	if (out == NULL)
		return false;
	fact_json_print(out, f);
	if (fclose(out) != 0)
		return false;
	c->age = f->age;
	c->line = arena_copy(&e->memory, line, len);
	free(line);
	STAILQ_INSERT_TAIL(&e->contested, c, next);
	e->contested_count++;
	return true;
}

/* An app without a fact of its own comes into being with its instances. */
static bool
fact_export(void *arg, const struct fact *f, bool implied)
{
	struct exporter *e = arg;

	if (implied)
		return true;
	e->count++;
	if (e->exported != NULL)
		e->exported(e->arg, e->count);
	if (is_contested(e, f))
		return contested_keep(e, f);
	fact_json_print(e->out, f);
	return putc('\n', e->out) != EOF;
}

static int
by_age(const void *one, const void *other)
{
	uint64_t a = (*(const struct contested *const *)one)->age;
	uint64_t b = (*(const struct contested *const *)other)->age;

	return (a > b) - (a < b);
}

static void
contested_print(struct exporter *e)
{
	struct contested **list =
	    arena_take(&e->memory, e->contested_count * sizeof(*list));
	struct contested *c;
	size_t n = 0;

	for (c = STAILQ_FIRST(&e->contested); c != NULL;
	     c = STAILQ_NEXT(c, next))
		list[n++] = c;
	qsort(list, n, sizeof(*list), by_age);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(e->out, "%s\n", list[i]->line);
}

/* Networks before what is in them: the order of the kinds. */
static enum err
facts_export(struct exporter *e)
{
	struct store_meta meta;
	enum err err = snapshot_meta(e->snapshot, &meta);

	(void)fputs("{\"snapshot\":\"begin\"}\n", e->out);
	for (int kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		err = snapshot_facts(
		    e->snapshot, (enum fact_kind)kind, NULL, fact_export, e);
	if (err != E_OK)
		return err;
	contested_print(e);
	(void)fputs("{\"snapshot\":\"end\"", e->out);
	if (meta.cursor[0] != '\0') {
		(void)fputs(",\"commit\":", e->out);
		fact_json_print_text(e->out, meta.cursor);
	}
	(void)fputs("}\n", e->out);
	return E_OK;
}

enum err
feed_export(
    struct snapshot *snapshot, FILE *out, feed_exported *exported, void *arg)
{
	struct exporter e = { .snapshot = snapshot,
		.out = out,
		.exported = exported,
		.arg = arg };
	enum err err;

	STAILQ_INIT(&e.contested);
	err = facts_export(&e);
	arena_release(&e.memory);
	return err;
}
