/*
 * test_store_journal.c - what each commit changed, and the last thousand only.
 */
#include "zones/store/write/journal.h"

#include "store_lines.h"

/* "3: region 1/0/2 app 0/1/0": put, changed, deleted. */
static bool
entry_write(void *arg, const struct journal_entry *e)
{
	FILE *out = arg;

	fprintf(out, "%llu:", (unsigned long long)e->meta.commits);
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++) {
		const uint32_t n[] = { e->changes.count[STORE_PUT][kind],
			e->changes.count[STORE_CHANGED][kind],
			e->changes.count[STORE_DELETED][kind] };

		if (n[0] + n[1] + n[2] > 0)
			fprintf(out, " %s %u/%u/%u", fact_kind_str(kind), n[0],
			    n[1], n[2]);
	}
	fputs("\n", out);
	return true;
}

static char *
journal_text(struct fixture *f)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(snapshot_refresh(f->snapshot), E_OK);
	assert_int_equal(snapshot_journal(f->snapshot, entry_write, out), E_OK);
	fclose(out);
	return text;
}

static void
test_changes(void **state)
{
	static const struct {
		const char *lines, *entry; /* NULL: no commit */
	} rows[] = {
		{ ACME IAD F0, "1: network 1/0/0 region 1/0/0 instance 1/0/0" },
		{ ACME IAD F0, NULL },
		{ "{'commit':'c'}", "2:" },
		{ INSTANCE("web", "f0", "ord", "fdaa:0:18::7") LHR,
		    "3: region 1/0/0 instance 0/1/0" },
		{ "{'delete':'region','id':'lhr'}\n"
		  "{'delete':'region','id':'none'}",
		    "4: region 0/0/1" },
		{ SHOP "{'delete':'app','network':'acme','name':'web'}",
		    "5: app 1/0/1 instance 0/0/1" },
		/* what is in it is not counted */
		{ "{'delete':'network','id':'acme'}", "6: network 0/0/1" },
		{ "{'snapshot':'begin'}\n" LHR "{'snapshot':'end'}",
		    "7: region 1/0/1" },
	};
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *before = NULL, *after;

		print_message("row %zu\n", i);
		if (i > 0)
			before = journal_text(&f);
		assert_int_equal(fixture_apply(&f, rows[i].lines), E_OK);
		after = journal_text(&f);
		if (rows[i].entry == NULL)
			assert_string_equal(after, before);
		else
			assert_memory_equal(
			    after, rows[i].entry, strlen(rows[i].entry));
		free(before);
		free(after);
	}
	fixture_close(&f);
}

static bool
entry_count(void *arg, const struct journal_entry *e)
{
	uint64_t *next = arg;

	return e->meta.commits == (*next)--;
}

/* The oldest are written over. */
static void
test_bound(void **state)
{
	uint64_t next = JOURNAL_LENGTH + 7;
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (unsigned i = 1; i <= JOURNAL_LENGTH + 7; i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "{'commit':'%u'}", i);
		assert_int_equal(fixture_apply(&f, line), E_OK);
	}
	assert_int_equal(snapshot_refresh(f.snapshot), E_OK);
	assert_int_equal(
	    snapshot_journal(f.snapshot, entry_count, &next), E_OK);
	assert_int_equal(next, 7);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_changes),
		cmocka_unit_test(test_bound) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
