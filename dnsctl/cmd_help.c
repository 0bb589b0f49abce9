/*
 * cmd_help.c - help: of all, or of a command.
 */
#include <stdio.h>

#include "dnsctl/cli.h"

enum exit_status
cmd_help(const struct ctl *ctl)
{
	const struct command *c;

	if (ctl->arg_count == 0) {
		cli_help(ctl->cli, stdout);
		return ctl_flushed();
	}
	c = cli_command(ctl->cli, ctl->args[0]);
	if (c == NULL)
		return cli_no_command(ctl->cli, ctl->args[0]);
	cli_help_command(ctl->cli, c, stdout);
	return ctl_flushed();
}
