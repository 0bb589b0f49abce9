/*
 * test_control.c - of the control socket's clients no more are accepted than
 * may be, also after there was no descriptor for one.
 */
#include "dnsd/server/control.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define CLIENTS 16

static unsigned flushed;

static bool
call(void *arg, enum control_ask what, bool on, const char *text)
{
	(void)arg;
	(void)text;
	flushed += what == CONTROL_FLUSH && on;
	return true;
}

static int
client_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	assert_return_code(fd, 0);
	assert_return_code(
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* What there is to do at once. */
static void
loop(struct event_base *base)
{
	for (unsigned i = 0; i < 2 * CLIENTS; i++)
		assert_return_code(event_base_loop(base, EVLOOP_NONBLOCK), 0);
}

static void
test_bounded_after_a_pause(void **state)
{
	char folder[] = "/tmp/dnsd-test-XXXXXX", path[64];
	struct event_base *base = event_base_new();
	int fd[CLIENTS + 1];
	struct control *control;
	struct rlimit was, none;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/control", folder);
	assert_int_equal(control_open(&control, base, path, call, NULL), E_OK);
	fd[0] = client_connect(path);
	loop(base);
	fd[1] = client_connect(path);
	assert_return_code(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ 3, was.rlim_max };
	assert_return_code(setrlimit(RLIMIT_NOFILE, &none), 0);
	loop(base); /* the pause begins */
	assert_return_code(setrlimit(RLIMIT_NOFILE, &was), 0);
	(void)close(fd[0]); /* who goes ends it */
	fd[0] = client_connect(path);
	for (unsigned i = 2; i < CLIENTS; i++)
		fd[i] = client_connect(path);
	loop(base);
	/* Until the pause would have been over. */
	assert_return_code(event_base_loop(base, EVLOOP_ONCE), 0);
	fd[CLIENTS] = client_connect(path);
	assert_int_equal(write(fd[CLIENTS], "flush\n", 6), 6);
	loop(base);
	assert_int_equal(flushed, 0);
	(void)close(fd[0]);
	loop(base);
	assert_int_equal(flushed, 1);
	for (unsigned i = 1; i <= CLIENTS; i++)
		(void)close(fd[i]);
	control_close(control);
	event_base_free(base);
	assert_return_code(rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded_after_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
