/*
 * cmd_export.c - export: all facts as lines that apply takes.
 */
#include "dnsctl/ctl.h"
#include "zones/feed/export.h"

enum exit_status
cmd_export(const struct ctl *ctl)
{
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = feed_export(view.snapshot, stdout);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
