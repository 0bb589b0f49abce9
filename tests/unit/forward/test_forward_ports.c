/*
 * test_forward_ports.c - too few descriptors for ports to hide among.
 */
#include "forward_lab.h"

#include <event2/event.h>
#include <sys/resource.h>

static struct lab lab;

/* Sockets promised, descriptors that there are, and whether it goes on. */
static const struct {
	unsigned sockets;
	rlim_t limit;
	bool sends;
} rows[] = {
	{ 400, 1000, true }, { 400, 150, true },
	{ 400, 60, false },                  /* fewer than 64 */
	{ 20, 60, true }, { 40, 15, false }, /* fewer than were promised */
};

static const char *
reply_within(struct event_base *base, unsigned ms)
{
	const struct timeval turn = { .tv_usec = 10000 };

	lab.got[0] = '\0';
	(void)lab_ask(&lab, "www.example.com");
	for (; lab.got_count == 0 && ms > 0; ms -= 10) {
		(void)event_base_loopexit(base, &turn);
		(void)event_base_dispatch(base);
	}
	return lab.got;
}

static void
row_run(struct event_base *base, size_t i)
{
	struct rlimit before, now;

	lab_open(&lab, 1);
	/* Where nobody answers, but nobody refuses either. */
	lab.upstreams[0].address =
	    addr_from_v4((const uint8_t[4]){ 127, 0, 0, 1 });
	lab.upstreams[0].port = 9;
	(void)getrlimit(RLIMIT_NOFILE, &before);
	now = (struct rlimit){ rows[i].limit, before.rlim_max };
	(void)setrlimit(RLIMIT_NOFILE, &now);
	assert_int_equal(forward_open(&lab.forward,
			     &(struct forward_options){ .config = &lab.config,
				 .base = base,
				 .env = &lab.env,
				 .cache = lab.cache,
				 .load = lab.load,
				 .sockets = rows[i].sockets }),
	    E_OK);
	lab.env.forwards = true;
	(void)reply_within(base, 200);
	assert_int_equal(
	    forward_counters(lab.forward)->no_port > 0, !rows[i].sends);
	if (!rows[i].sends)
		assert_string_equal(lab.got, "SERVFAIL EDE23");
	(void)setrlimit(RLIMIT_NOFILE, &before);
	lab_close(&lab);
}

static void
test_ports(void **state)
{
	struct event_base *base = event_base_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_run(base, i);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
