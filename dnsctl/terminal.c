/*
 * terminal.c - see terminal.h.
 */
#include "dnsctl/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL 80 /* columns of one that does not say */

bool
terminal_has_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return (no == NULL || no[0] == '\0') && isatty(STDOUT_FILENO);
}

unsigned
terminal_columns(void)
{
	struct winsize size = { 0 };

	if (!isatty(STDOUT_FILENO))
		return 0;
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return size.ws_col > 0 ? size.ws_col : USUAL;
}

void
terminal_print(const char *colour, const char *text)
{
	if (terminal_has_colours())
		(void)printf("%s%s" COLOUR_NONE, colour, text);
	else
		(void)fputs(text, stdout);
}
