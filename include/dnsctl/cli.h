/*
 * cli.h - what a command line may say: the tables of main.c, and what is
 * made from them, so that a row is all that a command or an option needs.
 *
 * A command's arguments are written as people read them, "NETWORK [NAME]
 * FILE|-": completion reads that too.
 */
#ifndef DNSCTL_CLI_H
#define DNSCTL_CLI_H

#include "dnsctl/ctl.h"

struct command {
	const char *name, *args, *help;
	unsigned least, most; /* arguments */
	unsigned options;     /* beside those FOR_ALL */
	enum exit_status (*run)(const struct ctl *);
};

struct option_row {
	char letter; /* or 0 */
	const char *name, *arg, *help;
	size_t at; /* its place in struct ctl */
	unsigned for_commands;
};

#define FOR_ALL 1 /* commands */

struct cli {
	const struct command *commands;
	size_t command_count;
	const struct option_row *options;
	size_t option_count;
};

/* NULL: there is none. */
const struct command *cli_command(const struct cli *, const char *name);
const struct option_row *cli_option(const struct cli *, const char *name);
bool cli_is_for(const struct option_row *, const struct command *);

void cli_help(const struct cli *, FILE *);
void cli_help_command(const struct cli *, const struct command *, FILE *);

/* It was said that there is no such command, or option, and what is near. */
enum exit_status cli_no_command(const struct cli *, const char *name);
enum exit_status cli_no_option(const struct cli *, const char *written);

#endif
