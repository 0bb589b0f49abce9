/*
 * test_forward_alloc.c - forwarding allocates nothing: counted.
 *
 * Not for a question that is in the cache, nor for one that is sent,
 * joined, answered, timed out or refused.  What libevent does for streams
 * is not on the way of a question over UDP.
 */
#include "forward_lab.h"

#include "alloc_count.h"

static struct lab lab;

static unsigned long
count_ask(const char *name, enum query_next expected)
{
	unsigned long before = allocations;

	assert_int_equal(lab_ask(&lab, name), expected);
	return allocations - before;
}

static unsigned long
count_reply(unsigned i, const char *records)
{
	const struct lab_reply r = { .records = records };
	unsigned long before;

	lab_make_reply(&lab, i, &r);
	before = allocations;
	lab_arrive(&lab, i);
	return allocations - before;
}

static void
test_no_allocation(void **state)
{
	unsigned long count = 0, before;

	(void)state;
	lab_open(&lab, 2);
	lab.config.in_flight = 200;
	lab.quiet = true;
	lab_start(&lab);
	for (unsigned i = 0; i < 500; i++) {
		char name[32], records[128];

		lab.sent_count = 0;
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		(void)snprintf(records, sizeof(records),
		    "evil.example. 60 IN A 192.0.2.6;%s. 60 IN A 192.0.2.1",
		    name);
		count += count_ask(name, QUERY_DROP);
		count += count_ask(name, QUERY_DROP);
		count += count_reply(0, records);
		count += count_ask(name, QUERY_SEND);
	}
	assert_int_equal(lab.got_count, 3 * 500);
	/* Time-outs, retries, and more than may wait. */
	lab.sent_count = 0;
	for (unsigned i = 0; i < 300; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "m%u.example", i);
		count += count_ask(name, i < 150 ? QUERY_DROP : QUERY_SEND);
	}
	before = allocations;
	lab_pass(&lab, 6000);
	count += allocations - before;
	assert_int_equal(forward_waiting(lab.forward), 0);
	assert_int_equal(count, 0);
	lab_close(&lab);
}

/* The counter counts. */
static void
test_counter(void **state)
{
	unsigned long before = allocations;

	(void)state;
	free(malloc(1));
	assert_true(allocations > before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter),
		cmocka_unit_test(test_no_allocation),
	};

	counting_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
