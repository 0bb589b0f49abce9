/*
 * columns.h - rows of cells, each column as wide as it must be and all of them
 * together no wider than a terminal: what is too long for it is cut.
 *
 * Rows are kept until there are some hundred, so that what is long is begun
 * soon; each such part has its own widths, and heads.
 */
#ifndef DNSCTL_COLUMNS_H
#define DNSCTL_COLUMNS_H

#include <stdbool.h>
#include <stdio.h>

#define COLUMNS_MAX 24

struct columns;

/*
 * Of COUNT columns, whose HEADS are borrowed, and what all of it is called,
 * which may be NULL.  Never NULL.
 */
struct columns *columns_open(
    const char *title, const char *const *heads, unsigned count);

/*
 * The next cell of a row, to be written and then ended; SHOW: its column is
 * worth its place.
 */
FILE *columns_cell(struct columns *);
void columns_cell_end(struct columns *, bool show);

/* Writes what there is to standard output, and ends. */
void columns_close(struct columns *);

#endif
