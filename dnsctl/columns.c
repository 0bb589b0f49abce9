/*
 * columns.c - see columns.h.
 */
#include "dnsctl/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dnsctl/terminal.h"

#define ROWS  500
#define GAP   2 /* between columns */
#define LEAST 8 /* of a column that is cut */

struct columns {
	const char *title; /* NULL: none, or it was written */
	const char *const *heads;
	unsigned count, width;
	bool shown[COLUMNS_MAX];
	unsigned cells;                /* of this part */
	size_t at[ROWS * COLUMNS_MAX]; /* where each begins in: */
	FILE *out;
	char *text;
	size_t len;
};

static void
part_begin(struct columns *c)
{
	c->out = open_memstream(&c->text, &c->len);
	if (c->out == NULL)
		no_memory();
	c->cells = 0;
	memset(c->shown, 0, sizeof(c->shown));
}

struct columns *
columns_open(const char *title, const char *const *heads, unsigned count)
{
	struct columns *c = calloc(1, sizeof(*c));

	if (c == NULL)
		no_memory();
	c->title = title;
	c->heads = heads;
	c->count = count;
	c->width = terminal_columns();
	part_begin(c);
	return c;
}

/* As they are seen: an octet that goes on with UTF-8 is none of its own. */
static unsigned
letters(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* The widest gives way until all fit, or nothing can be cut any more. */
static void
widths_fit(const struct columns *c, unsigned width[COLUMNS_MAX])
{
	for (;;) {
		unsigned sum = 0, widest = 0;

		for (unsigned i = 0; i < c->count; i++) {
			sum += width[i] > 0 ? width[i] + GAP : 0;
			if (width[i] > width[widest])
				widest = i;
		}
		if (sum <= c->width + GAP || width[widest] <= LEAST)
			return;
		width[widest]--;
	}
}

static void
widths_find(const struct columns *c, unsigned width[COLUMNS_MAX])
{
	for (unsigned i = 0; i < c->count; i++)
		width[i] = c->shown[i] ? letters(c->heads[i]) : 0;
	for (unsigned i = 0; i < c->cells; i++) {
		unsigned column = i % c->count;
		unsigned n = letters(c->text + c->at[i]);

		if (c->shown[column] && n > width[column])
			width[column] = n;
	}
	widths_fit(c, width);
}

/* ROOM letters of it, blanks behind a shorter one. */
static void
cell_print(const char *text, unsigned room, bool last)
{
	bool cut = letters(text) > room;
	unsigned n = 0, most = cut ? room - 2 : room;

	for (; *text != '\0'; text++) {
		n += ((unsigned char)*text & 0xc0) != 0x80;
		if (n > most)
			break;
		(void)putchar(*text);
	}
	if (cut)
		(void)fputs("..", stdout);
	else if (!last)
		(void)printf("%*s", (int)(room - n), "");
}

static void
row_print(const struct columns *c, const char *const *texts, const size_t *at,
    const unsigned width[COLUMNS_MAX])
{
	unsigned last = c->count;
	bool first = true;

	while (last > 0 && width[last - 1] == 0)
		last--;
	for (unsigned i = 0; i < last; i++) {
		if (width[i] == 0)
			continue;
		if (!first)
			(void)printf("%*s", GAP, "");
		first = false;
		cell_print(texts != NULL ? texts[i] : c->text + at[i], width[i],
		    i + 1 == last);
	}
	(void)putchar('\n');
}

static void
heads_print(struct columns *c, const unsigned width[COLUMNS_MAX])
{
	bool colours = terminal_has_colours();

	if (c->title != NULL)
		(void)printf("\n%s\n", c->title);
	c->title = NULL;
	(void)fputs(colours ? COLOUR_HEAD : "", stdout);
	row_print(c, c->heads, NULL, width);
	(void)fputs(colours ? COLOUR_NONE : "", stdout);
}

static void
part_end(struct columns *c)
{
	unsigned width[COLUMNS_MAX] = { 0 };

	if (fclose(c->out) != 0)
		no_memory();
	widths_find(c, width);
	if (c->cells > 0)
		heads_print(c, width);
	for (unsigned i = 0; i < c->cells; i += c->count)
		row_print(c, NULL, &c->at[i], width);
	free(c->text);
}

FILE *
columns_cell(struct columns *c)
{
	if (c->cells == ROWS * c->count) {
		part_end(c);
		part_begin(c);
	}
	(void)fflush(c->out);
	c->at[c->cells] = c->len;
	return c->out;
}

void
columns_cell_end(struct columns *c, bool show)
{
	c->shown[c->cells++ % c->count] |= show;
	(void)fputc('\0', c->out);
}

void
columns_close(struct columns *c)
{
	part_end(c);
	free(c);
}
