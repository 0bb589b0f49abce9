/*
 * cmd_check.c - check: is the store as it was written?
 */
#include <stdio.h>

#include "dnsctl/ctl.h"
#include "dnsctl/progress.h"
#include "dnsctl/terminal.h"
#include "zones/facts/json.h"
#include "zones/store/write/check.h"

static void
damage_print(void *arg, bool damage, const char *line)
{
	progress_end(arg);
	terminal_print(
	    damage ? COLOUR_BAD : COLOUR_MIND, damage ? "damage" : "conflict");
	(void)printf(": %s\n", line);
}

static void
damage_print_json(void *arg, bool damage, const char *line)
{
	progress_end(arg);
	(void)printf(
	    "{\"finding\":\"%s\",\"text\":", damage ? "damage" : "conflict");
	fact_json_print_text(stdout, line);
	(void)puts("}");
}

static void
keys_progress(void *arg, uint64_t keys, uint64_t all)
{
	struct progress *progress = arg;

	progress->total = all;
	progress_step(progress, keys, keys);
}

enum exit_status
cmd_check(const struct ctl *ctl)
{
	struct progress progress;
	const struct check_report report = {
		.finding = ctl->json == NULL ? damage_print : damage_print_json,
		.progress = keys_progress,
		.arg = &progress
	};
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	progress_start(&progress, "keys", 0);
	err = snapshot_check(view.snapshot, &report);
	progress_end(&progress);
	ctl_view_close(&view);
	if (ctl->json != NULL)
		(void)printf("{\"good\":%s}\n", err == E_OK ? "true" : "false");
	else if (err == E_OK)
		(void)puts("ok");
	if (err == E_OK)
		return ctl_flushed();
	(void)ctl_flushed();
	return ctl_store_failed(ctl, err);
}
