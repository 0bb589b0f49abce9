/*
 * test_sandbox.c - what is tried from inside fails, or is the end.
 */
#include "host/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLED 1000 /* no errno */

static char folder[] = "/tmp/dnsd-sandbox.XXXXXX";
static const uint16_t ports[] = { 53, 853 };

static int
file_open(const char *in, const char *name, int flags)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", in, name);
	return open(path, flags | O_CLOEXEC, 0600) < 0 ? errno : 0;
}

static int
reads(void)
{
	return file_open("/etc", "passwd", O_RDONLY);
}

static int
writes_lock(void)
{
	return file_open(folder, "store/lock.mdb", O_RDWR);
}

static int
writes_data(void)
{
	return file_open(folder, "store/data.mdb", O_RDWR);
}

static int
cuts_data(void)
{
	return file_open(folder, "store/data.mdb", O_RDONLY | O_TRUNC);
}

static int
writes_elsewhere(void)
{
	return file_open(folder, "other", O_WRONLY);
}

static int
makes_in_store(void)
{
	return file_open(folder, "store/new", O_WRONLY | O_CREAT);
}

static int
makes_control(void)
{
	return file_open(folder, "run/new", O_WRONLY | O_CREAT);
}

static int
writes_ahead(void)
{
	return pwrite(STDOUT_FILENO, "", 0, 0) < 0 ? errno : 0;
}

static int
executes(void)
{
	return execl("/bin/true", "true", NULL) < 0 ? errno : 0;
}

static int
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
starts_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);

	return error != 0 ? error : pthread_join(thread, NULL);
}

static int
makes_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
	    ? errno
	    : 0;
}

static int
looks_into_others(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? errno : 0;
}

static int
connects(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ? errno
									 : 0;
}

static int
connects_upstream(void)
{
	int error = connects(853);

	return error == ECONNREFUSED ? 0 : error;
}

static int
connects_elsewhere(void)
{
	int error = connects(25);

	return error == ECONNREFUSED ? 0 : error;
}

static int
is_dumpable(void)
{
	return prctl(PR_GET_DUMPABLE) == 0 &&
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
	    ? EACCES
	    : 0;
}

/* What is tried, and the errno of a server and of a writer. */
static const struct {
	const char *name;
	int (*try)(void);
	int server, writer;
} rows[] = {
	{ "reads", reads, 0, 0 },
	{ "writes lock.mdb", writes_lock, 0, 0 },
	{ "starts a thread", starts_thread, 0, 0 },
	{ "connects to an upstream", connects_upstream, 0, 0 },
	{ "makes its socket", makes_control, 0, 0 },
	{ "writes data.mdb", writes_data, EACCES, 0 },
	{ "cuts data.mdb", cuts_data, EACCES, 0 },
	{ "writes elsewhere", writes_elsewhere, EACCES, EACCES },
	{ "makes a file in the store", makes_in_store, EACCES, 0 },
	{ "connects elsewhere", connects_elsewhere, EACCES, EACCES },
	{ "lets others look into it", is_dumpable, EACCES, EACCES },
	{ "writes as LMDB's writer", writes_ahead, KILLED, 0 },
	{ "executes", executes, KILLED, KILLED },
	{ "forks", forks, KILLED, KILLED },
	{ "makes code", makes_code, KILLED, 0 },
	{ "looks into others", looks_into_others, KILLED, KILLED },
};

/* In a process of its own: its errno, or that it was killed. */
static int
tried(int (*try)(void), bool writer)
{
	char store[100], run[100];
	const struct sandbox_place writes[] = { { store, writer },
		{ run, true }, { NULL, false } };
	const struct sandbox s = { writes, 3, ports, 2, writer };
	int status;
	pid_t pid;

	(void)snprintf(store, sizeof(store), "%s/store%s", folder,
	    writer ? "" : "/lock.mdb");
	(void)snprintf(run, sizeof(run), "%s/run", folder);
	pid = fork();
	if (pid == 0) {
		if (!sandbox_user(NULL) || sandbox_enter(&s) != NULL)
			_exit(255);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : -1;
	return WEXITSTATUS(status);
}

static void
test_from_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int server = tried(rows[i].try, false);
		int writer = tried(rows[i].try, true);

		if (server != rows[i].server || writer != rows[i].writer)
			fail_msg("%s: server %d, writer %d", rows[i].name,
			    server, writer);
	}
}

static void
test_no_such_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	assert_false(sandbox_user("no-such-user"));
	assert_int_equal(errno, ENOENT);
}

static int
folders_make(void **state)
{
	static const char *const names[] = { "store", "run" };
	char path[200];

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if (mkdir(path, 0700) != 0)
			return -1;
	}
	return file_open(folder, "store/lock.mdb", O_WRONLY | O_CREAT) +
	    file_open(folder, "store/data.mdb", O_WRONLY | O_CREAT) +
	    file_open(folder, "other", O_WRONLY | O_CREAT);
}

static int
folders_remove(void **state)
{
	static const char *const names[] = { "store/lock.mdb", "store/data.mdb",
		"store/new", "run/new", "other", "store", "run", "" };
	char path[200];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_inside),
		cmocka_unit_test(test_no_such_user),
	};

	return cmocka_run_group_tests(tests, folders_make, folders_remove);
}
