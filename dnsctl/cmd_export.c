/*
 * cmd_export.c - export: all facts as lines that apply takes.
 */
#include <unistd.h>

#include "dnsctl/ctl.h"
#include "dnsctl/progress.h"
#include "zones/feed/export.h"

static void
facts_progress(void *arg, uint64_t facts)
{
	progress_step(arg, facts, facts);
}

/* Where somebody looks it is worth to count first; not into the export. */
static enum err
progress_begin(struct progress *progress, struct snapshot *snapshot)
{
	uint64_t facts[FACT_KINDS] = { 0 };
	enum err err = E_OK;

	progress_start(progress, "facts", 0);
	progress->off = progress->off || isatty(STDOUT_FILENO);
	if (!progress->off)
		err = ctl_count_facts(snapshot, facts);
	for (int kind = 0; kind < FACT_KINDS; kind++)
		progress->total += facts[kind];
	return err;
}

enum exit_status
cmd_export(const struct ctl *ctl)
{
	struct progress progress;
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = progress_begin(&progress, view.snapshot);
	if (err == E_OK)
		err = feed_export(
		    view.snapshot, stdout, false, facts_progress, &progress);
	progress_end(&progress);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
