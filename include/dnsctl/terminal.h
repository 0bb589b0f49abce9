/*
 * terminal.h - what standard output is, where that is a terminal.
 */
#ifndef DNSCTL_TERMINAL_H
#define DNSCTL_TERMINAL_H

#include <stdbool.h>

/* It has them, and nobody asked for none (NO_COLOR). */
bool terminal_has_colours(void);

/* Of a line; 0: it is no terminal. */
unsigned terminal_columns(void);

#define COLOUR_NONE "\033[0m"
#define COLOUR_HEAD "\033[1m"
#define COLOUR_GOOD "\033[32m"
#define COLOUR_MIND "\033[33m"
#define COLOUR_BAD  "\033[31m"

/* TEXT in a COLOUR, where there are colours. */
void terminal_print(const char *colour, const char *text);

#endif
