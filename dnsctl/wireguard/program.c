/*
 * program.c - `wg` and `ip`, run.
 */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "impl.h"

extern char **environ;

static bool
ended_well(const struct program *p, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (p->may_fail || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return true;
	log_error("%s failed with status %d", p->argv[0],
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return false;
}

static bool
program_start(const struct program *p, int input, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc == 0 && input >= 0)
		rc = posix_spawn_file_actions_adddup2(
		    &actions, input, STDIN_FILENO);
	if (rc == 0 && output >= 0)
		rc = posix_spawn_file_actions_adddup2(
		    &actions, output, STDOUT_FILENO);
	if (rc == 0 && p->may_fail)
		rc = posix_spawn_file_actions_addopen(
		    &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawnp(pid, p->argv[0], &actions, NULL,
		    (char *const *)(const void *)p->argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		log_error("%s: %s", p->argv[0], strerror(rc));
	return rc == 0;
}

/* A file, so that nobody waits for who reads. */
static int
program_input_open(const struct program *p)
{
	const struct text input = { (char *)(uintptr_t)p->input, p->input_len,
		0 };
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd >= 0 && text_write(&input, fd) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	log_error("%s: %s", p->argv[0], strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool
run_with(const struct program *p, int input, struct text *output)
{
	int ends[2] = { -1, -1 };
	bool good = true;
	pid_t pid;

	if (output != NULL && pipe2(ends, O_CLOEXEC) != 0)
		return false;
	good = program_start(p, input, ends[1], &pid);
	if (ends[1] >= 0)
		(void)close(ends[1]);
	if (good && output != NULL && !text_read(output, ends[0]))
		log_error("%s: %s", p->argv[0], strerror(errno));
	if (ends[0] >= 0)
		(void)close(ends[0]);
	return good && ended_well(p, pid);
}

bool
program_run(const struct program *p, struct text *output)
{
	int input = p->input == NULL ? -1 : program_input_open(p);
	bool good =
	    (p->input == NULL || input >= 0) && run_with(p, input, output);

	if (input >= 0)
		(void)close(input);
	return good;
}
