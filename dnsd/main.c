/*
 * main.c - dnsd: the server's command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dnsd/config/config.h"
#include "dnsd/server/server.h"

static int
usage(FILE *out, int status)
{
	(void)fprintf(out,
	    "usage: dnsd [-t] -c FILE\n"
	    "Serves in the foreground, as the configuration FILE says.\n"
	    "  -t   only check the configuration\n");
	return status;
}

static int
check(const char *file)
{
	struct config *config;
	enum err err = config_read(&config, file);

	config_free(config);
	if (err != E_OK)
		return EXIT_FAILURE;
	(void)printf("%s: good\n", file);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	const char *file = NULL;
	bool only_check = false;
	int option;

	while ((option = getopt(argc, argv, "c:th")) != -1) {
		if (option == 'c')
			file = optarg;
		else if (option == 't')
			only_check = true;
		else if (option == 'h')
			return usage(stdout, EXIT_SUCCESS);
		else
			return usage(stderr, 2);
	}
	if (file == NULL || optind != argc)
		return usage(stderr, 2);
	if (only_check)
		return check(file);
	return server_run(file) == E_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
