/*
 * test_near.c - what was meant, and what cannot be guessed.
 */
#include "base/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const words[] = { "apply", "follow", "list", "explain",
	"status", "region", "regions", "wait" };

static const struct {
	const char *written, *found;
} rows[] = {
	{ "list", "list" },
	{ "lst", "list" },   /* one is missing */
	{ "lisst", "list" }, /* one too many */
	{ "lisp", "list" },  /* another one */
	{ "lsit", "list" },  /* changed places */
	{ "expalin", "explain" },
	{ "exp", "explain" }, /* begun */
	{ "explian-it", NULL },
	{ "regin", "region" },  /* the nearer of two */
	{ "regios", "region" }, /* the first of two as near */
	{ "", NULL },
	{ "x", NULL },
	{ "li", NULL },
	{ "quit", NULL },
	{ "delete", NULL },
	{ "a-word-that-is-longer-than-any-command-may-be", NULL },
};

static void
test_rows(void **state)
{
	struct near near;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].written);
		near_start(&near, rows[i].written);
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			near_try(&near, words[j]);
		if (rows[i].found == NULL)
			assert_null(near_found(&near));
		else
			assert_string_equal(near_found(&near), rows[i].found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
