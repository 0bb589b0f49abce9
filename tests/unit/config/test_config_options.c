/*
 * test_config_options.c - docs/operations.md has a row for each option, with
 * its default and its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dnsd/config/impl.h"
#include "manual.h"

#define MANUAL "docs/operations.md"
#define HEAD   "| key | default | what it is |\n|---|---|---|\n"

static const char *
default_of(const struct config_option *o)
{
	if (o->preset != NULL)
		return o->preset;
	if (o->absent != NULL)
		return o->absent;
	return o->required ? "needed" : "none";
}

/* The row and those of its keys stand at TABLE; returns what follows. */
static const char *
check_row(const char *table, const struct config_option *o, const char *prefix)
{
	char row[1000], bounds[64] = "", path[64];

	(void)snprintf(path, sizeof(path), "%s%s", prefix, o->key);
	if (o->least > 0)
		(void)snprintf(bounds, sizeof(bounds), "; %llu to %llu",
		    (unsigned long long)o->least, (unsigned long long)o->most);
	(void)snprintf(row, sizeof(row), "| `%s` | %s | %s%s |\n", path,
	    default_of(o), o->help, bounds);
	if (strncmp(table, row, strlen(row)) != 0)
		fail_msg(MANUAL " lacks, in its place, the row\n%s", row);
	table += strlen(row);
	(void)snprintf(path, sizeof(path), "%s%s.", prefix, o->key);
	for (o = o->keys; o != NULL && o->key != NULL; o++)
		table = check_row(table, o, path);
	return table;
}

static void
the_manual_has_the_rows(void **state)
{
	char *manual = manual_read(MANUAL);
	const char *table = strstr(manual, HEAD);

	(void)state;
	assert_non_null(table);
	table += strlen(HEAD);
	for (const struct config_option *o = config_options; o->key != NULL;
	     o++)
		table = check_row(table, o, "");
	if (*table != '\n')
		fail_msg(MANUAL " has a row of no option: %.60s", table);
	free(manual);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_has_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
