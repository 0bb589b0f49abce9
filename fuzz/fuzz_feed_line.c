/*
 * fuzz_feed_line.c - any octets as a line of a feed.
 *
 * What is refused says a rule.  A fact that is taken keeps the rules of
 * facts/check.h, and written as a line it is taken again, as the same fact.
 * A plain line (facts/plain.h) means what the same line means to jansson.
 */
#include "zones/feed/line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "zones/facts/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char *
print(const struct fact *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert(out != NULL);
	fact_json_print_aged(out, f);
	assert(fclose(out) == 0);
	return text;
}

static void
check_put(const struct fact *f, struct arena *arena)
{
	struct feed_line again;
	struct complaint why;
	char *one = print(f), *two;

	assert(fact_check(f, &why) == E_OK);
	feed_line_read(&again, arena, one, strlen(one));
	assert(again.verb == FEED_PUT && again.fact.kind == f->kind);
	two = print(&again.fact);
	assert(strcmp(one, two) == 0);
	free(one);
	free(two);
}

/* With a tab before it no line is plain. */
static void
check_as_json(const struct feed_line *line, const uint8_t *data, size_t size,
    struct arena *arena)
{
	char *text = arena_take(arena, size + 1), *one, *two;
	struct feed_line again;

	if (size == FEED_LINE_MAX)
		return;
	text[0] = '\t';
	memcpy(text + 1, data, size);
	feed_line_read(&again, arena, text, size + 1);
	assert((again.why == NULL) == (line->why == NULL));
	assert(again.verb == line->verb && again.named == line->named);
	if (line->why != NULL || !line->named)
		return;
	assert(again.fact.kind == line->fact.kind);
	one = print(&line->fact);
	two = print(&again.fact);
	assert(strcmp(one, two) == 0);
	free(one);
	free(two);
}

static void
check_taken(const struct feed_line *line, struct arena *arena)
{
	struct complaint why;

	switch (line->verb) {
	case FEED_PUT:
		check_put(&line->fact, arena);
		break;
	case FEED_DELETE:
		assert(fact_check_key(&line->fact, &why) == E_OK);
		break;
	case FEED_COMMIT:
		assert(strlen(line->cursor) <= CURSOR_MAX);
		break;
	case FEED_SNAPSHOT_BEGIN:
	case FEED_SNAPSHOT_END:
	case FEED_NOTHING:
		break;
	case FEED_WITHDRAW:
	case FEED_KEEP:
		abort(); /* no line says so */
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { NULL };
	struct feed_line line;
	char title[FACT_TITLE];

	feed_line_read(&line, &arena, (const char *)data, size);
	assert((line.verb == FEED_KEEP) == (line.why != NULL));
	if (line.why == NULL)
		check_taken(&line, &arena);
	else
		assert(line.why->rule[0] != '\0');
	check_as_json(&line, data, size, &arena);
	if (line.named)
		assert(strlen(fact_title(&line.fact, title)) < FACT_TITLE);
	arena_release(&arena);
	return 0;
}
