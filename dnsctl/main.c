/*
 * main.c - the command line: options and commands, each a row of a table.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "dnsctl/control/control.h"
#include "dnsctl/ctl.h"
#include "dnsctl/etcd/etcd.h"
#include "dnsctl/serve/serve.h"

/* The commands that an option is for. */
enum {
	FOR_ALL = 1,
	FOR_LIST = 2,
	FOR_EXPLAIN = 4,
	FOR_WAIT = 8,
	FOR_FOLLOW = 16,
	FOR_WRITERS = 32,
	FOR_SERVE = 64,
	FOR_SERVERS = 128 /* those that ask a server */
};

/*
 * To add a command: its function in ctl.h and its row here.
 */
static const struct command {
	const char *name, *args, *help;
	unsigned least, most; /* arguments */
	unsigned options;     /* beside those FOR_ALL */
	enum exit_status (*run)(const struct ctl *);
} commands[] = {
	{ "apply", "FILE|-", "put a file's facts, all or none", 1, 1,
	    FOR_WRITERS, cmd_apply },
	{ "follow", "-|etcd://HOST:PORT,...",
	    "take changes from a source as they come", 1, 1,
	    FOR_FOLLOW | FOR_WRITERS, cmd_follow },
	{ "export", "", "write all facts as apply takes them", 0, 0, 0,
	    cmd_export },
	{ "list", "[networks|regions|distances|apps|instances|peers]",
	    "show facts", 0, 1, FOR_LIST, cmd_list },
	{ "check", "", "read every key and verify every summary", 0, 0, 0,
	    cmd_check },
	{ "explain", "NAME [TYPE]", "tell how a question is answered, and why",
	    1, 2, FOR_LIST | FOR_EXPLAIN, cmd_explain },
	{ "status", "", "tell where the store stands, and since when", 0, 0, 0,
	    cmd_status },
	{ "serve", "[ADDRESS:PORT]",
	    "metrics, an API and a page over HTTP; default " SERVE_DEFAULT, 0,
	    1, FOR_SERVE | FOR_SERVERS, cmd_serve },
	{ "wait", "CURSOR", "return when the store stands there, or beyond", 1,
	    1, FOR_WAIT, cmd_wait },
};

/*
 * To add an option: its member in struct ctl and its row here.
 */
static const struct option_row {
	char letter; /* or 0 */
	const char *name, *arg, *help;
	size_t at; /* its place in struct ctl */
	unsigned for_commands;
} options[] = {
#define AT(member) offsetof(struct ctl, member)
	{ 's', "store", "DIR", "the store; default " STORE_DEFAULT, AT(store),
	    FOR_ALL },
	{ 'n', "network", "NETWORK", "only this network", AT(network),
	    FOR_LIST },
	{ 0, "from", "ADDRESS", "who asks", AT(from), FOR_EXPLAIN },
	{ 0, "region", "REGION", "where the node stands that is asked",
	    AT(region), FOR_EXPLAIN },
	{ 0, "timeout", "SECONDS", "give up after so long", AT(timeout),
	    FOR_WAIT },
	{ 0, "no-sync", NULL,
	    "do not wait for the disk; a crash of the machine may lose"
	    " commits",
	    AT(no_sync), FOR_WRITERS },
	{ 0, "prefix", "PREFIX",
	    "of the keys in etcd; default " ETCD_PREFIX_DEFAULT, AT(prefix),
	    FOR_FOLLOW },
	{ 0, "user", "NAME", "who we are to etcd", AT(user), FOR_FOLLOW },
	{ 0, "password-file", "FILE", "its first line is the password",
	    AT(password_file), FOR_FOLLOW },
	{ 0, "cacert", "FILE", "use TLS; who vouches for etcd", AT(cacert),
	    FOR_FOLLOW },
	{ 0, "cert", "FILE", "use TLS; our certificate", AT(cert), FOR_FOLLOW },
	{ 0, "key", "FILE", "the key of our certificate", AT(key), FOR_FOLLOW },
	{ 0, "control", "PATH",
	    "a server's control socket; default " CONTROL_DEFAULT, AT(control),
	    FOR_SERVERS },
	{ 0, "token-file", "FILE", "who asks must know its first line",
	    AT(token_file), FOR_SERVE },
	{ 0, "name", "NAME", "this host's own, for who asks by it", AT(name),
	    FOR_SERVE },
	{ 0, "max-age", "SECONDS", "an older store is not ready", AT(max_age),
	    FOR_SERVE },
#undef AT
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define OPTIONS  (sizeof(options) / sizeof(options[0]))

/* What getopt_long() returns: a letter, a row's index, or one of these. */
enum { OPTION_FIRST = 256, OPTION_HELP = 1024, OPTION_VERSION };

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void
usage(FILE *out)
{
	(void)fputs("usage: dnsctl [OPTIONS] COMMAND\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %s %s\n\t%s\n", commands[i].name,
		    commands[i].args, commands[i].help);
	(void)fputs("\n", out);
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option_row *o = &options[i];

		(void)fputs("  ", out);
		if (o->letter != 0)
			(void)fprintf(out, "-%c, ", o->letter);
		(void)fprintf(out, "--%s%s%s\n\t%s\n", o->name,
		    o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg,
		    o->help);
	}
	(void)fputs("  --help, --version\n", out);
}

static enum exit_status
wrong_usage(const char *what, const char *which)
{
	(void)fprintf(stderr, "dnsctl: %s%s\n", what, which);
	(void)fputs("dnsctl --help tells what there is\n", stderr);
	return CTL_USAGE;
}

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* getopt's own form of the table, with an empty row at its end. */
static void
options_convert(struct option *out, char *letters)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		out[i] = (struct option){ options[i].name,
			options[i].arg != NULL, NULL, OPTION_FIRST + (int)i };
		if (options[i].letter == 0)
			continue;
		*letters++ = options[i].letter;
		*letters++ = ':';
	}
	*letters = '\0';
	out[OPTIONS] = (struct option){ "help", 0, NULL, OPTION_HELP };
	out[OPTIONS + 1] =
	    (struct option){ "version", 0, NULL, OPTION_VERSION };
	memset(&out[OPTIONS + 2], 0, sizeof(*out));
}

/* -1 where getopt has told already what is wrong. */
static int
index_of(int got)
{
	if (got >= OPTION_FIRST)
		return got - OPTION_FIRST;
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].letter == got)
			return (int)i;
	return -1;
}

static enum exit_status
help_or_version(int what)
{
	if (what == OPTION_HELP)
		usage(stdout);
	else
		(void)puts("dnsctl " VERSION);
	return ctl_flushed();
}

/* Bit I of *GIVEN is option I.  *ENDS: --help and such were all. */
static enum exit_status
options_read(
    struct ctl *ctl, int argc, char **argv, unsigned long *given, bool *ends)
{
	struct option rows[OPTIONS + 3];
	char letters[2 * OPTIONS + 1];
	int got, i;

	options_convert(rows, letters);
	*ends = true;
	while ((got = getopt_long(argc, argv, letters, rows, NULL)) != -1) {
		if (got == OPTION_HELP || got == OPTION_VERSION)
			return help_or_version(got);
		i = index_of(got);
		if (i < 0)
			return CTL_USAGE;
		*(const char **)(void *)((char *)ctl + options[i].at) =
		    optarg == NULL ? "" : optarg;
		*given |= 1ul << i;
	}
	*ends = false;
	return CTL_OK;
}

static enum exit_status
command_check(const struct command *c, unsigned args, unsigned long given)
{
	if (args < c->least || args > c->most) {
		(void)fprintf(stderr, "usage: dnsctl [OPTIONS] %s %s\n",
		    c->name, c->args);
		return CTL_USAGE;
	}
	for (size_t i = 0; i < OPTIONS; i++)
		if ((given >> i & 1) != 0 &&
		    (options[i].for_commands & (FOR_ALL | c->options)) == 0) {
			(void)fprintf(stderr, "dnsctl: %s has no option --%s\n",
			    c->name, options[i].name);
			return CTL_USAGE;
		}
	return CTL_OK;
}

/* Anything else may be killed at any moment: a store is never half. */
static void
signals_catch(void)
{
	const struct sigaction act = { .sa_handler = on_signal };

	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGINT, &act, NULL);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .store = STORE_DEFAULT,
		.control = CONTROL_DEFAULT,
		.prefix = ETCD_PREFIX_DEFAULT,
		.stop = &stop };
	const struct command *command;
	unsigned long given = 0;
	enum exit_status status;
	bool ends;

	status = options_read(&ctl, argc, argv, &given, &ends);
	if (status != CTL_OK || ends)
		return (int)status;
	if (optind == argc)
		return (int)wrong_usage("a command is missing", "");
	command = command_find(argv[optind]);
	if (command == NULL)
		return (int)wrong_usage("no such command: ", argv[optind]);
	ctl.args = (const char *const *)argv + optind + 1;
	ctl.arg_count = (unsigned)(argc - optind - 1);
	status = command_check(command, ctl.arg_count, given);
	if (status != CTL_OK)
		return (int)status;
	if (command->run == cmd_follow || command->run == cmd_wait ||
	    command->run == cmd_serve)
		signals_catch();
	return (int)command->run(&ctl);
}
