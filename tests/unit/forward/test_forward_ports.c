/*
 * test_forward_ports.c - too few descriptors for ports to hide among, and
 * errors that sockets tell.
 */
#include "forward_lab.h"

#include <event2/event.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The lab's forwarder as the server has it, on the network. */
static void
on_sockets(struct event_base *base, unsigned sockets)
{
	assert_int_equal(forward_open(&lab.forward,
			     &(struct forward_options){ .config = &lab.config,
				 .base = base,
				 .env = &lab.env,
				 .cache = lab.cache,
				 .load = lab.load,
				 .sockets = sockets }),
	    E_OK);
}

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
	on_sockets(base, rows[i].sockets);
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

/* A socket that takes what comes and says nothing, and its port. */
static int
silent_open(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* A closed port is told to the next who sends; its question is known still. */
static void
test_refused(void **state)
{
	struct event_base *base = event_base_new();
	struct config_upstream closed = {
		.address = addr_from_v4((const uint8_t[4]){ 127, 0, 0, 1 })
	};
	struct config_zone zone = { .suffix = (char[]){ "closed.example" },
		.upstreams = &closed,
		.upstream_count = 1 };
	int fd;

	(void)state;
	(void)close(silent_open(&closed.port));
	lab_open(&lab, 1);
	lab.upstreams[0] = closed;
	fd = silent_open(&lab.upstreams[0].port);
	assert_int_not_equal(lab.upstreams[0].port, closed.port);
	lab.config.zones = &zone;
	lab.config.zone_count = 1;
	on_sockets(base, 2);
	(void)lab_ask(&lab, "www.closed.example");
	(void)lab_ask(&lab, "www.example.com");
	(void)event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_true(lab.forward->pendings[0].attempt[0].lost);
	assert_false(lab.forward->pendings[1].attempt[0].lost);
	lab_close(&lab);
	event_base_free(base);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
