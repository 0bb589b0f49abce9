/*
 * made.h - lines of a feed that a command makes, and what becomes of them.
 *
 * A store that follows a source is not written: what is to stay has to be
 * put where its facts come from.  --print shows the lines for that.
 */
#ifndef DNSCTL_MADE_H
#define DNSCTL_MADE_H

#include <jansson.h>

#include "dnsctl/ctl.h"

struct made {
	FILE *out;
	char *text;
	size_t len;
};

void made_begin(struct made *);
/* One line; the object is the made's. */
void made_line(struct made *, json_t *);
/* Stores them all or none, shows them, or says what they would change. */
enum exit_status made_end(
    struct made *, const struct ctl *, const char *command) MUST_CHECK;
void made_abort(struct made *);

#endif
