/*
 * cmd_list.c - list: facts for people, a line each.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "dnsctl/ctl.h"
#include "zones/facts/field.h"
#include "zones/facts/json.h"
#include "zones/store/write/facts.h"

static bool
fact_list(void *arg, const struct fact *f, bool implied)
{
	(void)arg;
	(void)implied;
	fact_print_line(stdout, f);
	return !ferror(stdout);
}

/* Every kind where WHICH is NULL. */
static enum err
facts_list(struct snapshot *snapshot, const char *which, const char *network)
{
	enum err err = E_OK;

	for (enum fact_kind kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		if ((which == NULL ||
			strcmp(which, fact_kind_plural(kind)) == 0) &&
		    (network == NULL || fact_kind_has_network(kind)))
			err = snapshot_facts(
			    snapshot, kind, network, fact_list, NULL);
	return err;
}

static bool
is_listed(const char *which)
{
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++)
		if (strcmp(which, fact_kind_plural(kind)) == 0)
			return true;
	return false;
}

enum exit_status
cmd_list(const struct ctl *ctl)
{
	const char *which = ctl->arg_count > 0 ? ctl->args[0] : NULL;
	char kinds[FACT_KINDS_TEXT];
	struct ctl_view view;
	enum err err;

	if (which != NULL && !is_listed(which)) {
		log_error(
		    "list %s: must be %s", which, fact_kinds_text(true, kinds));
		return CTL_USAGE;
	}
	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = facts_list(view.snapshot, which, ctl->network);
	ctl_view_close(&view);
	if (err == E_NOTFOUND) {
		log_error("network %s: not in the store", ctl->network);
		return CTL_FAILED;
	}
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
