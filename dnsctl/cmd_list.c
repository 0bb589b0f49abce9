/*
 * cmd_list.c - list: facts, a line each, for people or as the feed has them; in
 * columns on a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/near.h"
#include "dnsctl/columns.h"
#include "dnsctl/ctl.h"
#include "dnsctl/terminal.h"
#include "zones/facts/field.h"
#include "zones/facts/json.h"
#include "zones/store/write/facts.h"

static bool
fact_list(void *arg, const struct fact *f, bool implied)
{
	const struct ctl *ctl = arg;

	(void)implied;
	if (ctl->json == NULL) {
		fact_print_line(stdout, f);
	} else {
		fact_json_print(stdout, f);
		(void)putchar('\n');
	}
	return !ferror(stdout);
}

struct shown {
	struct columns *columns;
	bool one_network; /* was asked for */
};

/* A field a column; one that says in no row what is not usual is left out. */
static bool
fact_show(void *arg, const struct fact *f, bool implied)
{
	const struct shown *shown = arg;

	(void)implied;
	for (const struct field *field = fact_fields(f->kind);
	     field->key != NULL; field++) {
		FILE *cell = columns_cell(shown->columns);
		bool said = fact_print_field(cell, f, field);

		columns_cell_end(shown->columns,
		    said &&
			!(shown->one_network &&
			    field->at == offsetof(struct fact, network)));
	}
	return !ferror(stdout);
}

/* For a terminal. */
static enum err
kind_show(struct snapshot *snapshot, enum fact_kind kind, const struct ctl *ctl)
{
	const char *title = ctl->arg_count > 0 ? NULL : fact_kind_plural(kind);
	struct shown shown = { .one_network = ctl->network != NULL };
	const struct field *field = fact_fields(kind);
	const char *heads[COLUMNS_MAX];
	unsigned count = 0;
	enum err err;

	for (; field->key != NULL && count < COLUMNS_MAX; field++)
		heads[count++] = field->key;
	shown.columns = columns_open(title, heads, count);
	err = snapshot_facts(snapshot, kind, ctl->network, fact_show, &shown);
	columns_close(shown.columns);
	return err;
}

static enum err
kind_list(struct snapshot *snapshot, enum fact_kind kind, const struct ctl *ctl)
{
	if (ctl->json == NULL && terminal_columns() > 0)
		return kind_show(snapshot, kind, ctl);
	return snapshot_facts(
	    snapshot, kind, ctl->network, fact_list, (void *)(uintptr_t)ctl);
}

/* Every kind where WHICH is NULL. */
static enum err
facts_list(struct snapshot *snapshot, const char *which, const struct ctl *ctl)
{
	enum err err = E_OK;

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

enum exit_status
cmd_list(const struct ctl *ctl)
{
	const char *which = ctl->arg_count > 0 ? ctl->args[0] : NULL;
	struct ctl_view view;
	enum err err;

	if (which != NULL && !is_listed(which))
		return CTL_USAGE;
	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = facts_list(view.snapshot, which, ctl);
	ctl_view_close(&view);
	if (err == E_NOTFOUND) {
		log_error("network %s: not in the store", ctl->network);
		return CTL_FAILED;
	}
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
