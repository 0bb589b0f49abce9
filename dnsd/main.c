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

/* To add an option: a row, its letter and its text here, what it does below. */
static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "sockets", no_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};
static const char letters[] = "c:tshV";
static const char usage[] =
    "usage: dnsd [-t | -s] -c FILE\n\n"
    "  -c, --config FILE\n"
    "\tserve in the foreground, as the FILE says (dnsd.conf(5))\n"
    "  -t, --test\n"
    "\tonly check the FILE: say that it is good, or what is wrong\n"
    "  -s, --sockets\n"
    "\tonly write what systemd is to listen on for us, as a part of"
    " dnsd.socket\n"
    "  -h, --help\n"
    "\twrite this\n"
    "  -V, --version\n"
    "\twrite the version\n";

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

static int
command_refuse(void)
{
	(void)fputs(usage, stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	int (*run)(const struct config *) = NULL;
	const char *file = NULL;
	int got;

	while ((got = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (got) {
		case 'c':
			file = optarg;
			break;
		case 't':
			run = good_print;
			break;
		case 's':
			run = sockets_print;
			break;
		case 'h':
			return fputs(usage, stdout) < 0;
		case 'V':
			return puts("dnsd " VERSION) < 0;
		default:
			return command_refuse();
		}
	}
	if (file == NULL || optind != argc)
		return command_refuse();
	if (run != NULL)
		return with_config(file, run);
	return server_run(file) == E_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
