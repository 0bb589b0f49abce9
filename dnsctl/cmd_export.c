/*
 * cmd_export.c - export: all facts as lines that apply takes.
 */
#include <stdio.h>
#include <string.h>

#include "dnsctl/ctl.h"
#include "zones/fact_json.h"

/* An app without a fact of its own comes into being with its instances. */
static bool
fact_export(void *arg, const struct fact *f, bool implied)
{
	(void)arg;
	if (implied)
		return true;
	fact_json_print(stdout, f);
	return putc('\n', stdout) != EOF;
}

/* Networks before what is in them: the order of the kinds. */
static enum err
facts_export(struct snapshot *snapshot)
{
	struct store_meta meta;
	enum err err = snapshot_meta(snapshot, &meta);

	(void)puts("{\"snapshot\":\"begin\"}");
	for (int kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		err = snapshot_facts(
		    snapshot, (enum fact_kind)kind, NULL, fact_export, NULL);
	if (err != E_OK)
		return err;
	(void)fputs("{\"snapshot\":\"end\"", stdout);
	if (meta.cursor[0] != '\0') {
		(void)fputs(",\"commit\":", stdout);
		fact_json_print_text(stdout, meta.cursor);
	}
	(void)puts("}");
	return E_OK;
}

enum exit_status
cmd_export(const struct ctl *ctl)
{
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = facts_export(view.snapshot);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
