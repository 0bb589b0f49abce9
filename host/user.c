/*
 * user.c - from root to somebody who may do less.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/sandbox.h"

/* Ports below 1024, for a reload; also over an exec, of which there is none. */
static bool
rights_reduce(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };
	const uint32_t port = UINT32_C(1) << CAP_NET_BIND_SERVICE;

	if (syscall(SYS_capget, &head, data) != 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		data[i].permitted &= i == 0 ? port : 0;
		data[i].effective = data[i].inheritable = data[i].permitted;
	}
	return syscall(SYS_capset, &head, data) == 0;
}

bool
sandbox_user(const char *user)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return true;
	if (user == NULL)
		return rights_reduce();
	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL) {
		errno = errno == 0 ? ENOENT : errno;
		return false;
	}
	return initgroups(user, pw->pw_gid) == 0 &&
	    prctl(PR_SET_KEEPCAPS, 1) == 0 &&
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == 0 &&
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == 0 &&
	    rights_reduce();
}
