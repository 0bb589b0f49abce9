/*
 * export.c - see export.h.
 *
 * Of two facts with one address the newer owns its reverse name, so those
 * have their age: a store made of the export has the same owners.
 */
#include "zones/feed/export.h"

#include <string.h>

#include "zones/facts/json.h"
#include "zones/store/read/lookup.h"
#include "zones/store/write/facts.h"

struct exporter {
	struct snapshot *snapshot;
	FILE *out;
	char network[DNS_LABEL_MAX + 1]; /* whose number is below */
	uint32_t number;
	bool aged; /* all of them, not those alone that share an address */
	feed_exported *exported;
	void *arg;
	uint64_t count; /* of facts that were read */
};

static uint32_t
export_number(struct exporter *e, const char *id)
{
	struct network network = { .number = NETWORK_NONE };

	if (strcmp(e->network, id) == 0)
		return e->number;
	(void)lookup_network_named(e->snapshot, id, false, &network);
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
	number = export_number(e, f->kind == FACT_EXPORT ? f->to : f->network);
	for (unsigned i = 0; i < f->address_count; i++)
		if (lookup_claims(
			e->snapshot, number, &f->addresses[i], &claims) &&
		    claim_next(&claims, &claim) && claim_next(&claims, &claim))
			return true;
	return false;
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
	if (e->aged || is_contested(e, f))
		fact_json_print_aged(e->out, f);
	else
		fact_json_print(e->out, f);
	return putc('\n', e->out) != EOF;
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
	(void)fputs("{\"snapshot\":\"end\"", e->out);
	if (meta.cursor[0] != '\0') {
		(void)fputs(",\"commit\":", e->out);
		fact_json_print_text(e->out, meta.cursor);
	}
	(void)fputs("}\n", e->out);
	return E_OK;
}

enum err
feed_export(struct snapshot *snapshot, FILE *out, bool aged,
    feed_exported *exported, void *arg)
{
	struct exporter e = { .snapshot = snapshot,
		.out = out,
		.aged = aged,
		.exported = exported,
		.arg = arg };

	return facts_export(&e);
}
