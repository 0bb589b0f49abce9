/*
 * sandbox.c - see sandbox.h: landlock for files and ports, then seccomp.
 */
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- landlock(7), also of kernels that are newer than our headers */

struct ruleset {
	uint64_t files, ports, signals;
};

#define READS          (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define TRUNCATES      (UINT64_C(1) << 14) /* version 3 */
#define OPENS_DEVICES  (UINT64_C(1) << 15) /* version 5 */
#define CONNECTS       (UINT64_C(1) << 1)  /* version 4 */
#define SIGNALS_OTHERS (UINT64_C(1) << 1)  /* version 6 */
#define RULE_PORT      2
#define WRITES         (READS | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATES)
#define OF_A_FILE      (WRITES & ~LANDLOCK_ACCESS_FS_READ_DIR)
#define MAKES                                                                  \
	(LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |          \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* All that a kernel of each version can forbid. */
static struct ruleset
ruleset_of(long version)
{
	uint64_t older = version >= 2 ? 14 : 13;

	return (struct ruleset){ .files = ((UINT64_C(1) << older) - 1) |
		    (version >= 3 ? TRUNCATES : 0) |
		    (version >= 5 ? OPENS_DEVICES : 0),
		.ports = version >= 4 ? CONNECTS : 0,
		.signals = version >= 6 ? SIGNALS_OTHERS : 0 };
}

static bool
path_allow(int rules, const char *path, uint64_t what)
{
	struct landlock_path_beneath_attr a = { .allowed_access = what,
		.parent_fd = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;
	bool done;

	/* What is not there yet nobody writes. */
	if (a.parent_fd < 0)
		return true;
	if (fstat(a.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		a.allowed_access &= OF_A_FILE;
	done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		   &a, 0) == 0;
	(void)close(a.parent_fd);
	return done;
}

static bool
port_allow(int rules, uint16_t port)
{
	const struct {
		uint64_t allowed, port;
	} a = { CONNECTS, port };

	return syscall(SYS_landlock_add_rule, rules, RULE_PORT, &a, 0) == 0;
}

static bool
rules_fill(int rules, const struct ruleset *all, const struct sandbox *s)
{
	bool good = path_allow(rules, "/", READS);

	for (unsigned i = 0; good && i < s->write_count; i++)
		good = s->writes[i].path == NULL ||
		    path_allow(rules, s->writes[i].path,
			(WRITES | (s->writes[i].makes ? MAKES : 0)) &
			    all->files);
	for (unsigned i = 0; good && all->ports != 0 && i < s->port_count; i++)
		good = port_allow(rules, s->ports[i]);
	return good;
}

static bool
files_restrict(const struct sandbox *s)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all = ruleset_of(version);
	bool good;
	int rules;

	if (version < 1)
		return false;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all,
	    version >= 6       ? sizeof(all)
		: version >= 4 ? offsetof(struct ruleset, signals)
			       : offsetof(struct ruleset, ports),
	    0);
	if (rules < 0)
		return false;
	good = rules_fill(rules, &all, s) &&
	    syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	(void)close(rules);
	return good;
}

/* --- seccomp(2) */

/* What the programs, and the libraries in them, ask of a kernel. */
static const char *const calls[] = {
	/* packets and connections */
	"socket", "socketpair", "bind", "listen", "accept4", "connect",
	"shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
	"recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "sendto",
	"sendmsg", "sendmmsg", "read", "readv", "write", "writev",
	/* who waits for them */
	"epoll_create1", "epoll_create", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "poll", "ppoll", "ppoll_time64",
	"select", "pselect6", "eventfd2", "pipe2", "timerfd_create",
	"timerfd_settime", "inotify_init1", "inotify_add_watch",
	"inotify_rm_watch",
	/* files */
	"open", "openat", "close", "close_range", "dup", "dup2", "dup3",
	"fcntl", "fcntl64", "flock", "lseek", "_llseek", "pread64", "preadv",
	"stat", "fstat", "lstat", "stat64", "fstat64", "lstat64", "newfstatat",
	"fstatat64", "statx", "statfs", "fstatfs", "access", "faccessat",
	"faccessat2", "readlink", "readlinkat", "getdents64", "getcwd",
	"ftruncate", "ftruncate64", "unlink", "unlinkat", "chmod", "fchmod",
	"fchmodat", "ioctl",
	/* memory */
	"brk", "munmap", "mremap", "madvise", "membarrier",
	/* threads, time, chance */
	"futex", "futex_time64", "set_robust_list", "rseq", "set_tid_address",
	"sched_yield", "sched_getaffinity", "sched_setaffinity",
	"clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday",
	"time", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep",
	"restart_syscall", "getrandom", "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "sigaltstack", "tgkill", "exit", "exit_group", "prctl",
	/* who and what we are */
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid",
	"prlimit64", "getrlimit", "setrlimit", "getrusage", "uname", "sysinfo",
	"getcpu", "umask"
};

/* Of who writes a store, and resolves names through whatever library. */
static const char *const writers_calls[] = { "pwrite64", "pwritev", "fdatasync",
	"fsync", "msync", "sync_file_range", "fallocate", "mkdir", "mkdirat",
	"rename", "renameat", "renameat2", "link", "linkat", "fchown",
	"fgetxattr", "fsetxattr", "kill", "getsid", "getpgrp", "geteuid32",
	"mlock" };

static bool
allow(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number != __NR_SCMP_ERROR &&
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0)
			return false;
	}
	return true;
}

/* Threads, but no processes; memory, but not for code of one's own. */
static bool
allow_in_part(scmp_filter_ctx filter, bool loads_code)
{
	const struct scmp_arg_cmp thread =
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
	const struct scmp_arg_cmp data =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, loads_code ? 0 : PROT_EXEC, 0);
	const uint32_t yes = SCMP_ACT_ALLOW;

	/* Its flags are in memory: the library falls back to the older. */
	return seccomp_rule_add(
		   filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	    seccomp_rule_add(filter, yes, SCMP_SYS(clone), 1, thread) == 0 &&
	    seccomp_rule_add(filter, yes, SCMP_SYS(mprotect), 1, data) == 0 &&
	    seccomp_rule_add(filter, yes, SCMP_SYS(mmap), 1, data) == 0;
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool
calls_restrict(const struct sandbox *s)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool good = filter != NULL && allow(filter, calls, COUNT(calls)) &&
	    (!s->writes_store ||
		allow(filter, writers_calls, COUNT(writers_calls))) &&
	    allow_in_part(filter, s->writes_store) && seccomp_load(filter) == 0;

	if (filter != NULL)
		seccomp_release(filter);
	return good;
}

const char *
sandbox_enter(const struct sandbox *s)
{
	const struct rlimit none = { 0, 0 };
	bool good = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0) == 0 &&
	    setrlimit(RLIMIT_CORE, &none) == 0;
	bool files = files_restrict(s), known = calls_restrict(s);

	if (!good)
		return "prctl() and setrlimit()";
	if (!files)
		return known ? "landlock" : "landlock and seccomp";
	return known ? NULL : "seccomp";
}
