/*
 * cli.c - see cli.h.
 */
#include "dnsctl/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/near.h"

const struct command *
cli_command(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->command_count; i++)
		if (strcmp(cli->commands[i].name, name) == 0)
			return &cli->commands[i];
	return NULL;
}

const struct option_row *
cli_option(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->option_count; i++)
		if (strcmp(cli->options[i].name, name) == 0)
			return &cli->options[i];
	return NULL;
}

bool
cli_is_for(const struct option_row *o, const struct command *c)
{
	return (o->for_commands & (FOR_ALL | c->options)) != 0;
}

static void
command_print(const struct command *c, FILE *out)
{
	(void)fprintf(out, "%s%s%s\n\t%s\n", c->name,
	    c->args[0] == '\0' ? "" : " ", c->args, c->help);
}

static void
option_print(const struct option_row *o, FILE *out)
{
	(void)fputs("  ", out);
	if (o->letter != 0)
		(void)fprintf(out, "-%c, ", o->letter);
	(void)fprintf(out, "--%s%s%s\n\t%s\n", o->name,
	    o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg, o->help);
}

void
cli_help(const struct cli *cli, FILE *out)
{
	(void)fputs("usage: dnsctl [OPTIONS] COMMAND\n\n", out);
	for (size_t i = 0; i < cli->command_count; i++) {
		(void)fputs("  ", out);
		command_print(&cli->commands[i], out);
	}
	(void)fputc('\n', out);
	for (size_t i = 0; i < cli->option_count; i++)
		option_print(&cli->options[i], out);
	(void)fputs("  --help, --version\n", out);
}

void
cli_help_command(const struct cli *cli, const struct command *c, FILE *out)
{
	(void)fputs("usage: dnsctl [OPTIONS] ", out);
	command_print(c, out);
	(void)fputc('\n', out);
	for (size_t i = 0; i < cli->option_count; i++)
		if (cli_is_for(&cli->options[i], c))
			option_print(&cli->options[i], out);
}

static enum exit_status
no_such(const char *what, const char *written, const char *before,
    const struct near *near)
{
	const char *found = near_found(near);

	if (written[0] == '\0')
		(void)fprintf(stderr, "dnsctl: a %s is missing", what);
	else
		(void)fprintf(stderr, "dnsctl: no such %s: %s", what, written);
	if (found != NULL)
		(void)fprintf(stderr, "; did you mean %s%s?\n", before, found);
	else
		(void)fputs("\ndnsctl help says what there is\n", stderr);
	return CTL_USAGE;
}

enum exit_status
cli_no_command(const struct cli *cli, const char *name)
{
	struct near near;

	near_start(&near, name);
	for (size_t i = 0; i < cli->command_count; i++)
		near_try(&near, cli->commands[i].name);
	return no_such("command", name, "", &near);
}

enum exit_status
cli_no_option(const struct cli *cli, const char *written)
{
	struct near near;

	near_start(&near, written + strspn(written, "-"));
	for (size_t i = 0; i < cli->option_count; i++)
		near_try(&near, cli->options[i].name);
	return no_such("option", written, "--", &near);
}
