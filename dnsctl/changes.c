/*
 * changes.c - see changes.h.
 */
#include "dnsctl/changes.h"

#include <stdio.h>

#include "dnsctl/terminal.h"
#include "zones/facts/field.h"
#include "zones/facts/json.h"

/* What a change is called, how it is marked, and in which colour. */
static const struct {
	const char *word;
	char mark;
	const char *colour;
} rows[] = {
	[STORE_PUT] = { "put", '+', COLOUR_GOOD },
	[STORE_CHANGED] = { "changed", '~', COLOUR_MIND },
	[STORE_DELETED] = { "deleted", '-', COLOUR_BAD },
};

void
change_print(enum store_change what, const struct fact *f)
{
	bool colours = terminal_has_colours();

	if (colours)
		(void)fputs(rows[what].colour, stdout);
	(void)printf("%c ", rows[what].mark);
	fact_print_line(stdout, f);
	if (colours)
		(void)fputs(COLOUR_NONE, stdout);
}

/* "put 2 networks, 1 region"; false where there is nothing of it. */
static bool
changes_print_of(
    const struct store_changes *c, enum store_change what, const char *before)
{
	bool any = false;

	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++) {
		uint32_t n = c->count[what][kind];

		if (n == 0)
			continue;
		(void)printf("%s%s%s %u %s", any ? "" : before,
		    any ? "" : rows[what].word, any ? "," : "", n,
		    n == 1 ? fact_kind_str(kind) : fact_kind_plural(kind));
		any = true;
	}
	return any;
}

void
changes_print(const struct store_changes *c)
{
	bool any = false;

	for (enum store_change what = 0; what < STORE_CHANGES; what++)
		any |= changes_print_of(c, what, any ? "; " : "");
	(void)puts(any ? "" : "nothing changed");
}
