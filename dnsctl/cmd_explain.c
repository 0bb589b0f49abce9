#include "dnsctl/ctl.h"
enum exit_status
cmd_explain(const struct ctl *ctl)
{
	(void)ctl;
	return CTL_FAILED;
}
