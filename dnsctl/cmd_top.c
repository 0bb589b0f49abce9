/*
 * cmd_top.c - top: what a server does now.
 */
#include "dnsctl/control/top.h"
#include "dnsctl/ctl.h"

enum exit_status
cmd_top(const struct ctl *ctl)
{
	return top_run(ctl->control, ctl->stop) == E_OK ? ctl_flushed()
							: CTL_FAILED;
}
