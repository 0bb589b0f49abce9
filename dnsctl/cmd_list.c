/*
 * cmd_list.c - list: facts, a line each, for people or as the feed has them; in
 * columns on a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/near.h"
#include "dnsctl/columns.h"
#include "dnsctl/conflicts.h"
#include "dnsctl/ctl.h"
#include "dnsctl/terminal.h"
#include "zones/facts/field.h"
#include "zones/facts/json.h"
#include "zones/names/name.h"
#include "zones/store/read/lookup.h"
#include "zones/store/write/facts.h"

struct listing {
	const struct ctl *ctl;
	struct snapshot *snapshot;
	struct columns *columns; /* on a terminal */
};

/* The domain of its app. */
static struct label
private_domain(struct snapshot *snapshot, const struct fact *f)
{
	struct network network;
	struct instance flycast;
	struct label domain = { NULL, 0 };

	if (!lookup_network_named(snapshot, f->network, false, &network) ||
	    !lookup_app_fact(snapshot, network.number, label_of(f->app),
		&flycast, &domain) ||
	    domain.len == 0)
		return label_of(f->app);
	return domain;
}

struct names {
	FILE *out;
	const char *before; /* the next one */
};

/* If it is read as one; what it is made of may be a word that means more. */
static void
name_column_print(struct names *n, enum name_kind kind, const char *text)
{
	char again[DNAME_TEXT];
	struct name name;
	struct dname d;

	if (!dname_parse(&d, text))
		return;
	name_read(&name, &d, 0);
	if (name.kind != kind || name.skip != 0)
		return;
	(void)fprintf(n->out, "%s%s", n->before, dname_text(&d, again));
	n->before = " ";
}

static void
names_of_app_print(struct names *n, const struct fact *f)
{
	char text[2 * DNAME_TEXT];

	(void)snprintf(text, sizeof(text), "%s.vm.%s.internal", f->id, f->app);
	name_column_print(n, NAME_INSTANCE, text);
	(void)snprintf(text, sizeof(text), "%s.%s.internal", f->region, f->app);
	name_column_print(n, NAME_REGION, text);
	(void)snprintf(text, sizeof(text), "%s.process.%s.internal",
	    f->group == NULL ? "" : f->group, f->app);
	name_column_print(n, NAME_GROUP, text);
	for (unsigned i = 0; i < f->metadata_count; i++) {
		const struct fact_pair *m = &f->metadata[i];

		(void)snprintf(text, sizeof(text),
		    "%s.%s.kv._metadata.%s.internal", m->value, m->key, f->app);
		name_column_print(n, NAME_METADATA, text);
	}
}

/* All names that have an instance in their answer, whatever its state. */
static void
names_print(FILE *out, struct snapshot *snapshot, const struct fact *f)
{
	struct label domain = private_domain(snapshot, f);
	struct names n = { .out = out, .before = "" };
	char text[2 * DNAME_TEXT];

	names_of_app_print(&n, f);
	if (f->name == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s.apn", f->name);
	name_column_print(&n, NAME_APN, text);
	(void)snprintf(text, sizeof(text), "%s.%.*s.apn", f->name, domain.len,
	    (const char *)domain.at);
	name_column_print(&n, NAME_APN, text);
}

/* For people; with its names where instances were asked for. */
static void
fact_line_print(const struct listing *l, const struct fact *f)
{
	if (f->kind != FACT_INSTANCE || l->ctl->arg_count == 0) {
		fact_print_line(stdout, f);
		return;
	}
	fact_print_fields(stdout, f);
	(void)fputs("  names ", stdout);
	names_print(stdout, l->snapshot, f);
	(void)putchar('\n');
}

static bool
fact_list(void *arg, const struct fact *f, bool implied)
{
	const struct listing *l = arg;

	(void)implied;
	if (l->ctl->json == NULL) {
		fact_line_print(l, f);
	} else {
		fact_json_print(stdout, f);
		(void)putchar('\n');
	}
	return !ferror(stdout);
}

/* A field a column; one that says in no row what is not usual is left out. */
static bool
fact_show(void *arg, const struct fact *f, bool implied)
{
	const struct listing *l = arg;

	(void)implied;
	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL; field++) {
		FILE *cell = columns_cell(l->columns);
		bool said = fact_print_field(cell, f, field);

		columns_cell_end(l->columns,
		    said &&
			!(l->ctl->network != NULL &&
			    field->at == offsetof(struct fact, network)));
	}
	if (f->kind == FACT_INSTANCE && l->ctl->arg_count > 0) {
		names_print(columns_cell(l->columns), l->snapshot, f);
		columns_cell_end(l->columns, true);
	}
	return !ferror(stdout);
}

/* For a terminal. */
static enum err
kind_show(struct snapshot *snapshot, enum fact_kind kind, const struct ctl *ctl)
{
	const char *title = ctl->arg_count > 0 ? NULL : fact_kind_plural(kind);
	struct listing l = { .ctl = ctl, .snapshot = snapshot };
	const struct field *field = fact_fields(kind);
	const char *heads[COLUMNS_MAX];
	unsigned count = 0;
	enum err err;

	for (; field->key != NULL && count < COLUMNS_MAX; field++)
		heads[count++] = field->key;
	if (kind == FACT_INSTANCE && ctl->arg_count > 0)
		heads[count++] = "names";
	l.columns = columns_open(title, heads, count);
	err = snapshot_facts(snapshot, kind, ctl->network, fact_show, &l);
	columns_close(l.columns);
	return err;
}

static enum err
kind_list(struct snapshot *snapshot, enum fact_kind kind, const struct ctl *ctl)
{
	struct listing l = { .ctl = ctl, .snapshot = snapshot };

	if (ctl->json == NULL && terminal_columns() > 0)
		return kind_show(snapshot, kind, ctl);
	return snapshot_facts(snapshot, kind, ctl->network, fact_list, &l);
}

static const char conflicts[] = "conflicts";

/* Every kind where WHICH is NULL. */
static enum err
facts_list(struct snapshot *snapshot, const char *which, const struct ctl *ctl)
{
	enum err err = E_OK;

	if (which != NULL && strcmp(which, conflicts) == 0)
		return conflicts_list(
		    stdout, snapshot, ctl->network, ctl->json != NULL);
	for (enum fact_kind kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		if ((which == NULL ||
			strcmp(which, fact_kind_plural(kind)) == 0) &&
		    (ctl->network == NULL || fact_kind_has_network(kind)))
			err = kind_list(snapshot, kind, ctl);
	return err;
}

/* False, and it was said why. */
static bool
is_listed(const char *which)
{
	char kinds[FACT_KINDS_TEXT];
	struct near near;

	near_start(&near, which);
	near_try(&near, conflicts);
	if (strcmp(which, conflicts) == 0)
		return true;
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++) {
		if (strcmp(which, fact_kind_plural(kind)) == 0)
			return true;
		near_try(&near, fact_kind_plural(kind));
	}
	if (near_found(&near) != NULL)
		log_error("list %s: there is no such kind; did you mean %s?",
		    which, near_found(&near));
	else
		log_error(
		    "list %s: must be %s", which, fact_kinds_text(true, kinds));
	return false;
}

struct networks {
	const char *wanted;
	struct near near;
	struct arena arena;
	bool found;
};

static bool
network_look(void *arg, const struct fact *f, bool implied)
{
	struct networks *n = arg;

	(void)implied;
	n->found = strcmp(f->network, n->wanted) == 0;
	near_try(&n->near, arena_text(&n->arena, f->network));
	return !n->found;
}

/* E_REFUSED where it is not, and it was said. */
static enum err
asked_network_check(struct snapshot *snapshot, const char *network)
{
	struct networks n = { .wanted = network };
	const char *found;
	enum err err;

	near_start(&n.near, network);
	err = snapshot_facts(snapshot, FACT_NETWORK, NULL, network_look, &n);
	found = near_found(&n.near);
	if (err == E_OK && !n.found) {
		log_error("network %s: not in the store%s%s%s", network,
		    found == NULL ? "" : "; did you mean ",
		    found == NULL ? "" : found, found == NULL ? "" : "?");
		err = E_REFUSED;
	}
	arena_release(&n.arena);
	return err;
}

enum exit_status
cmd_list(const struct ctl *ctl)
{
	const char *which = ctl->arg_count > 0 ? ctl->args[0] : NULL;
	struct ctl_view view;
	enum err err = E_OK;

	if (which != NULL && !is_listed(which))
		return CTL_USAGE;
	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	if (ctl->network != NULL)
		err = asked_network_check(view.snapshot, ctl->network);
	if (err == E_OK)
		err = facts_list(view.snapshot, which, ctl);
	ctl_view_close(&view);
	if (err == E_REFUSED)
		return CTL_FAILED;
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
