/*
 * top.h - what a server does now, for a terminal.
 *
 * A frame is what happened between two reports.  On a terminal one follows the
 * other until q or a signal; into a pipe goes one, and nothing but its text.
 */
#ifndef DNSCTL_CONTROL_TOP_H
#define DNSCTL_CONTROL_TOP_H

#include <jansson.h>
#include <signal.h>
#include <stdio.h>

#include "base/err.h"

/* Until *stop.  E_SYSTEM: the server does not answer; it was logged why. */
enum err top_run(
    const char *control, const volatile sig_atomic_t *stop) MUST_CHECK;

/*
 * A frame of at most ROWS lines, each of COLUMNS and with END behind it.
 * BEFORE may be NULL: then it is all since the start.
 */
void top_print(FILE *, json_t *report, json_t *before, unsigned rows,
    unsigned columns, const char *end);

/* What was counted since the start, a line each, and the upstreams. */
void stats_print(FILE *, json_t *report);

#endif
