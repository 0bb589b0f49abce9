/*
 * cmd_history.c - history: what the last commits changed, the newest first.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dnsctl/changes.h"
#include "dnsctl/ctl.h"
#include "zones/facts/json.h"
#include "zones/facts/time_text.h"
#include "zones/store/write/journal.h"

static bool
commit_print(void *arg, const struct journal_entry *e)
{
	char text[TIME_TEXT];

	(void)arg;
	(void)printf("%" PRIu64 "  %s  %s  %s  ", e->meta.commits,
	    time_text(e->meta.committed_ms / 1000, text),
	    e->meta.source[0] == '\0' ? "-" : e->meta.source,
	    e->meta.cursor[0] == '\0' ? "-" : e->meta.cursor);
	changes_print(&e->changes);
	return !ferror(stdout);
}

static void
counts_print_json(const struct store_changes *c)
{
	static const char *const words[] = { "put", "changed", "deleted" };

	for (int i = 0; i < STORE_CHANGES; i++) {
		const char *before = "";

		(void)printf(",\"%s\":{", words[i]);
		for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++) {
			if (c->count[i][kind] == 0)
				continue;
			(void)printf("%s\"%s\":%u", before, fact_kind_str(kind),
			    c->count[i][kind]);
			before = ",";
		}
		(void)putchar('}');
	}
}

static bool
entry_print_json(void *arg, const struct journal_entry *e)
{
	(void)arg;
	(void)printf("{\"commit\":%" PRIu64 ",\"time_ms\":%" PRId64
		     ",\"source\":",
	    e->meta.commits, e->meta.committed_ms);
	fact_json_print_text(stdout, e->meta.source);
	(void)fputs(",\"cursor\":", stdout);
	fact_json_print_text(stdout, e->meta.cursor);
	counts_print_json(&e->changes);
	(void)puts("}");
	return !ferror(stdout);
}

enum exit_status
cmd_history(const struct ctl *ctl)
{
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = snapshot_journal(view.snapshot,
	    ctl->json == NULL ? commit_print : entry_print_json, NULL);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
