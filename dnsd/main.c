/*
 * main.c - dnsd: the server's command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "dnsd/config/config.h"
#include "dnsd/server/server.h"

/* To add an option: its letter here, its text in the row, what it does. */
enum { CONFIG = 'c', TEST = 't', SOCKETS = 's', HELP = 'h', VERSION_ = 'V' };

static const struct row {
	struct option option;
	const char *arg, *help;
} rows[] = {
	{ { "config", required_argument, NULL, CONFIG }, "FILE",
	    "serve in the foreground, as the FILE says (dnsd.conf(5))" },
	{ { "test", no_argument, NULL, TEST }, NULL,
	    "only check the FILE: say that it is good, or what is wrong" },
	{ { "sockets", no_argument, NULL, SOCKETS }, NULL,
	    "only write what systemd is to listen on for us, as a part of"
	    " dnsd.socket" },
	{ { "help", no_argument, NULL, HELP }, NULL, "write this" },
	{ { "version", no_argument, NULL, VERSION_ }, NULL,
	    "write the version" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int
usage(FILE *out, int status)
{
	(void)fputs("usage: dnsd [-t | -s] -c FILE\n\n", out);
	for (size_t i = 0; i < ROWS; i++)
		(void)fprintf(out, "  -%c, --%s%s%s\n\t%s\n",
		    rows[i].option.val, rows[i].option.name,
		    rows[i].arg == NULL ? "" : " ",
		    rows[i].arg == NULL ? "" : rows[i].arg, rows[i].help);
	return status;
}

static int
good_print(const struct config *c)
{
	(void)printf("%s: good\n", c->file);
	return EXIT_SUCCESS;
}

/* One of each for every worker: see listen_passed(). */
static int
sockets_print(const struct config *c)
{
	char text[CONFIG_LISTEN_TEXT];

	(void)puts("[Socket]");
	for (unsigned i = 0; i < c->listen_count * c->workers; i++) {
		(void)config_listen_text(&c->listen[i / c->workers], text);
		(void)printf(
		    "ListenDatagram=%s\nListenStream=%s\n", text, text);
	}
	return EXIT_SUCCESS;
}

static int
with_config(const char *file, int (*run)(const struct config *))
{
	char why[CONFIG_WHY];
	struct config *config;
	int status = EXIT_FAILURE;

	if (config_read(&config, file, why) == E_OK)
		status = run(config);
	else
		log_error("%s", why);
	config_free(config);
	return status;
}

static void
options_convert(struct option *out, char *letters)
{
	for (size_t i = 0; i < ROWS; i++) {
		out[i] = rows[i].option;
		*letters++ = (char)rows[i].option.val;
		if (rows[i].arg != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	memset(&out[ROWS], 0, sizeof(*out));
}

int
main(int argc, char **argv)
{
	int (*run)(const struct config *) = NULL;
	struct option options[ROWS + 1];
	char letters[2 * ROWS + 1];
	const char *file = NULL;
	int got;

	options_convert(options, letters);
	while ((got = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (got) {
		case CONFIG:
			file = optarg;
			break;
		case TEST:
			run = good_print;
			break;
		case SOCKETS:
			run = sockets_print;
			break;
		case HELP:
			return usage(stdout, EXIT_SUCCESS);
		case VERSION_:
			return puts("dnsd " VERSION) < 0;
		default:
			return usage(stderr, 2);
		}
	}
	if (file == NULL || optind != argc)
		return usage(stderr, 2);
	if (run != NULL)
		return with_config(file, run);
	return server_run(file) == E_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
