/*
 * test_field.c - the table of fields: docs/feed.md has it, and what is listed
 * follows it.
 */
#include "zones/facts/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "manual.h"
#include "zones/facts/field_type.h"
#include "zones/feed/line.h"

#define MANUAL "docs/feed.md"
#define HEAD   "| kind | key | needed | optional |\n|---|---|---|---|\n"

/* `started` (default) or `stopped` */
static void
words_print(FILE *out, const char *const *words, unsigned usual)
{
	for (unsigned i = 0; words[i] != NULL; i++)
		(void)fprintf(out, "%s`%s`%s",
		    i == 0                     ? ""
			: words[i + 1] == NULL ? " or "
					       : ", ",
		    words[i], i == usual ? " (default)" : "");
}

/* What a row says of its values, a comma before each but the first. */
static void
limits_print(FILE *out, const struct field *field)
{
	const char *before = ": ";

	switch (field->type->shape) {
	case FIELD_STRING:
		if (field->words == NULL)
			break;
		(void)fputs(before, out);
		words_print(out, field->words, (unsigned)field->usual);
		before = ", ";
		break;
	case FIELD_NUMBER:
		(void)fprintf(
		    out, "%s%.15g to %.15g", before, field->least, field->most);
		before = ", ";
		break;
	case FIELD_BOOLEAN:
		(void)fprintf(out, "%s`true`%s or `false`%s", before,
		    field->usual > 0 ? " (default)" : "",
		    field->usual > 0 ? "" : " (default)");
		before = ", ";
		break;
	case FIELD_STRINGS:
	case FIELD_PAIRS:
	case FIELD_PORTS:
		(void)fprintf(out, "%s%s%u", before,
		    field->need == FIELD_NEEDED ? "1 to " : "up to ",
		    FACT_LIST_MAX);
		before = ", ";
		break;
	}
	if (field->text != NULL)
		(void)fprintf(out, "%s%s", before, field->text);
	if (field->usual > 0 && field->type->shape == FIELD_NUMBER)
		(void)fprintf(out, ", default %g", field->usual);
}

static void
cell_print(FILE *out, const struct field *field, enum field_need need)
{
	const char *before = "";

	for (; field->key != NULL; field++) {
		if (field->need != need)
			continue;
		(void)fprintf(out, "%s`%s`", before, field->key);
		limits_print(out, field);
		before = need == FIELD_KEY ? ", " : "; ";
	}
	(void)fputs(before[0] == '\0' ? "| " : " | ", out);
}

static char *
row_of(enum fact_kind kind)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	(void)fprintf(out, "| %s | ", fact_kind_str(kind));
	cell_print(out, fact_fields(kind), FIELD_KEY);
	cell_print(out, fact_fields(kind), FIELD_NEEDED);
	cell_print(out, fact_fields(kind), FIELD_OPTIONAL);
	assert_int_equal(fclose(out), 0);
	text[len - 1] = '\n';
	return text;
}

static void
test_the_manual_has_the_rows(void **state)
{
	char *manual = manual_read(MANUAL);
	const char *table = strstr(manual, HEAD);

	(void)state;
	assert_non_null(table);
	table += strlen(HEAD);
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++) {
		char *row = row_of(kind);

		if (strncmp(table, row, strlen(row)) != 0)
			fail_msg(
			    MANUAL " lacks, in its place, the row\n%s", row);
		table += strlen(row);
		free(row);
	}
	if (*table != '\n')
		fail_msg(MANUAL " has a row of no kind: %.60s", table);
	free(manual);
}

/* A line of a feed, and how its fact is listed. */
static const struct {
	const char *line, *listed;
} lists[] = {
	{ "{\"put\":\"network\",\"id\":\"n\","
	  "\"prefixes\":[\"fdaa:0:18::/48\",\"10.0.0.0/8\"]}",
	    "network n  fdaa:0:18::/48 10.0.0.0/8"
	    "  resolvers fdaa:0:18::3  ttl 5  role developer\n" },
	{ "{\"put\":\"region\",\"id\":\"iad\",\"latitude\":38.95,"
	  "\"longitude\":-77.46}",
	    "region iad  38.95  -77.46\n" },
	{ "{\"put\":\"distance\",\"from\":\"iad\",\"to\":\"lhr\",\"ms\":76.5}",
	    "distance iad/lhr  ms 76.5\n" },
	{ "{\"put\":\"app\",\"network\":\"n\",\"name\":\"web\"}",
	    "app n/web  domain web\n" },
	{ "{\"put\":\"instance\",\"network\":\"n\",\"app\":\"web\","
	  "\"id\":\"i\",\"region\":\"iad\",\"addresses\":[\"fd00::1\"]}",
	    "instance n/web/i  iad  fd00::1  started  passing  weight 1\n" },
	{ "{\"put\":\"instance\",\"network\":\"n\",\"app\":\"web\","
	  "\"id\":\"i\",\"region\":\"iad\",\"addresses\":[\"fd00::1\","
	  "\"10.0.0.1\"],\"name\":\"lion\",\"group\":\"w\","
	  "\"state\":\"stopped\",\"metadata\":{\"a\":\"\\n\",\"b\":\"\"}}",
	    "instance n/web/i  iad  fd00::1 10.0.0.1  name lion  group w"
	    "  stopped  passing  weight 1  \"a\"=\"\\n\" \"b\"=\"\"\n" },
	{ "{\"put\":\"peer\",\"network\":\"n\",\"name\":\"p\","
	  "\"addresses\":[\"fd00::1\"],\"expires\":\"2026-03-01T12:00:00Z\"}",
	    "peer n/p  fd00::1  expires 2026-03-01T12:00:00Z"
	    "  role developer\n" },
	{ "{\"put\":\"peer\",\"network\":\"n\",\"name\":\"p\","
	  "\"addresses\":[\"fd00::102/120\",\"10.0.0.1/24\"],\"apps\":"
	  "[\"Web\",\"blog\"],\"role\":\"owner\",\"gateway\":\"iad1\"}",
	    "peer n/p  fd00::102/120 10.0.0.1/24  role owner"
	    "  apps web blog  gateway iad1\n" },
	{ "{\"put\":\"gateway\",\"id\":\"iad1\",\"region\":\"iad\","
	  "\"endpoint\":\"Gw.example:51820\",\"number\":175923,"
	  "\"public_key\":\"6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY=\"}",
	    "gateway iad1  iad  gw.example:51820  public_key"
	    " 6Gxjj+qR4yr9AMuIvfThr5WFN+yNxEjGqEAhxkDKXVY=  number 175923\n" },
};

static void
test_list(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *line = lists[i].line;
		struct feed_line read;
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		feed_line_read(&read, &arena, line, strlen(line));
		assert_null(read.why);
		fact_print_line(out, &read.fact);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, lists[i].listed);
		free(text);
	}
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_manual_has_the_rows),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
