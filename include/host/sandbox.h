/*
 * sandbox.h - a program gives away what it has no use for, before it reads what
 * strangers send.
 *
 * For the calling thread, and those that it starts later; for good.  What is
 * open stays open.
 */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * From root to USER, NULL: root still, with its groups.  Of root's rights there
 * remains, where we had it, that of ports below 1024.  Nothing where we are not
 * root.  False with errno: ENOENT where there is no such user.
 */
bool sandbox_user(const char *user) __attribute__((warn_unused_result));

/* A file, or those below a folder, to be written where their owner lets us. */
struct sandbox_place {
	const char *path; /* NULL: none */
	bool makes;       /* files may be made and removed there, too */
};

struct sandbox {
	const struct sandbox_place *writes;
	unsigned write_count;
	const uint16_t *ports; /* TCP: to no others are connections made */
	unsigned port_count;
	bool writes_store; /* the calls that a writer of LMDB needs */
};

/*
 * No program is started any more, nothing is written but there, and calls to
 * the kernel that we have no use for end the process; nobody may look into its
 * memory, nor does it leave a core.  Returns what of that the kernel lacks, for
 * people, or NULL.
 */
const char *sandbox_enter(const struct sandbox *);

#endif
