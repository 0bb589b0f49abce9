/*
 * test_rights.c - what a server that is broken into may do to its store.
 */
#include "dnsd/server/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char store[] = "/tmp/dnsd-rights.XXXXXX";

static int
file_open(const char *name, int flags)
{
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/%s", store, name);
	return open(path, flags | O_CLOEXEC, 0600) < 0 ? errno : 0;
}

/* From inside, by who owns all of it. */
static const struct {
	const char *name;
	int flags, error;
} rows[] = {
	{ "lock.mdb", O_RDWR, 0 },
	{ "data.mdb", O_RDONLY, 0 },
	{ "data.mdb", O_RDWR, EACCES },
	{ "data.mdb", O_WRONLY | O_TRUNC, EACCES },
	{ "new", O_WRONLY | O_CREAT, EACCES },
};

static int
tried(size_t i)
{
	struct config c = { .store = store, .sandbox = true, .file = store };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		rights_give_away(&c);
		_exit(file_open(rows[i].name, rows[i].flags));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_from_inside(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(store));
	assert_int_equal(file_open("lock.mdb", O_WRONLY | O_CREAT), 0);
	assert_int_equal(file_open("data.mdb", O_WRONLY | O_CREAT), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tried(i) != rows[i].error)
			fail_msg(
			    "%s, 0x%x", rows[i].name, (unsigned)rows[i].flags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_inside),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	char path[100];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", store,
		    i == 0 ? "lock.mdb" : "data.mdb");
		(void)remove(path);
	}
	(void)remove(store);
	return failed;
}
