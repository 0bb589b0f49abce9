/*
 * slots.c - readers' slots, of processes that may have the same number.
 *
 * LMDB takes a process for its pid: so are its slots marked, and it lives as
 * long as it has the lock of the lock file's octet of that number.  In two pid
 * namespaces, as containers have, two processes have one pid, and the second
 * could not read.  So LMDB gets another number for a pid: with a count above
 * it, of others that had its octet before.
 *
 * What LMDB guards slots with knows its owner by a thread's number, so that the
 * kernel takes one who is killed while he waits there for the owner, if both
 * have the same.  So nobody waits there: whoever takes or clears slots has the
 * lock of an octet behind all those numbers first.
 *
 * A process loses all its locks of a file with any descriptor of it that it
 * closes (fcntl(2)), and sees none of its own.  So its environments of one file
 * have one number, and when one is closed the others get the lock back before
 * anybody may look.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zones/store/read/env.h"

static pthread_mutex_t process = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, store_env) all; /* of this process */

#define SLOTS_AT ((off_t)1 << 40)

static _Thread_local int number; /* of this process to LMDB; 0: its pid */

/* In place of the C library's, also for LMDB: which asks when it is created,
 * and when it is closed. */
__attribute__((weak)) pid_t
getpid(void)
{
	return number != 0 ? number : (pid_t)syscall(SYS_getpid);
}

static bool
is_of_lock(const struct store_env *e, const struct stat *file)
{
	struct stat st;

	return fstat(e->lock, &st) == 0 && st.st_ino == file->st_ino &&
	    st.st_dev == file->st_dev;
}

/* Of this process, not of who forked it, and that file; NULL: none. */
static struct store_env *
sibling(const struct stat *file)
{
	struct store_env *e = LIST_FIRST(&all);

	while (e != NULL &&
	    ((e->number & PID_MASK) != getpid() || !is_of_lock(e, file)))
		e = LIST_NEXT(e, beside);
	return e;
}

static void
octet_lock(const struct store_env *e, int how, off_t at, short what)
{
	struct flock octet = {
		.l_type = what, .l_whence = SEEK_SET, .l_start = at, .l_len = 1
	};

	while (
	    e->lock >= 0 && fcntl(e->lock, how, &octet) != 0 && errno == EINTR)
		;
}

static void
slots_lock(const struct store_env *e, short what)
{
	octet_lock(e, F_OFD_SETLKW, SLOTS_AT, what);
}

int
slots_begin(const struct store_env *e, unsigned flags, MDB_txn **txn)
{
	int rc;

	slots_lock(e, F_WRLCK);
	(void)mdb_reader_check(e->env, NULL); /* slots of who was killed */
	rc = mdb_txn_begin(e->env, NULL, flags, txn);
	slots_lock(e, F_UNLCK);
	return rc;
}

/* Slots; the lock file has on disk those that were ever taken. */
#define READERS_MAX 65536

/* Its first octet tells LMDB that the file is in use: else it is made anew. */
static int
env_make(const struct store *s, struct store_env *e, size_t map, unsigned twin)
{
	const struct store_env *other = NULL;
	char path[4096];
	struct stat st;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/lock.mdb", s->path);
	e->number = (int)(getpid() | (pid_t)(twin << PID_BITS));
	if (stat(path, &st) == 0 && (other = sibling(&st)) != NULL)
		e->number = other->number;
	number = e->number;
	rc = mdb_env_create(&e->env);
	number = 0;
	if (rc != 0)
		return rc;
	LIST_INSERT_HEAD(&all, e, beside);
	(void)mdb_env_set_maxreaders(e->env, READERS_MAX);
	guard_begin(&e->guard, e->env);
	if ((rc = mdb_env_set_mapsize(e->env, map)) == 0)
		rc = mdb_env_open(e->env, s->path, MDB_NOTLS | s->flags, 0664);
	guard_opened(&e->guard);
	if (rc == 0)
		e->lock = open(path, O_RDWR | O_CLOEXEC);
	octet_lock(e, F_OFD_SETLKW, 0, F_RDLCK);
	return rc;
}

int
slots_open(
    const struct store *s, struct store_env *e, size_t map, unsigned twin)
{
	MDB_txn *txn;
	int rc;

	e->lock = -1;
	(void)pthread_mutex_lock(&process);
	rc = env_make(s, e, map, twin);
	(void)pthread_mutex_unlock(&process);
	/* Has another our number?  That there is no slot left is no matter yet.
	 */
	if (rc == 0 && (rc = slots_begin(e, MDB_RDONLY, &txn)) == 0)
		mdb_txn_abort(txn);
	if (rc == MDB_READERS_FULL)
		return 0;
	if (rc != 0)
		slots_close(e);
	return rc;
}

/* All its slots are free; those of others with its number are not its own. */
static void
env_close_alone(struct store_env *e)
{
	number = -1;
	mdb_env_close(e->env);
	number = 0;
	if (e->lock >= 0)
		(void)close(e->lock);
}

static void
env_close_beside(struct store_env *e, const struct store_env *other)
{
	slots_lock(other, F_WRLCK);
	env_close_alone(e);
	octet_lock(other, F_SETLK, other->number, F_WRLCK);
	slots_lock(other, F_UNLCK);
}

void
slots_close(struct store_env *e)
{
	const struct store_env *other = NULL;
	struct stat st;

	if (e->env == NULL)
		return;
	guard_end(&e->guard);
	(void)pthread_mutex_lock(&process);
	LIST_REMOVE(e, beside);
	if (fstat(e->lock, &st) == 0)
		other = sibling(&st);
	if (other != NULL)
		env_close_beside(e, other);
	else
		env_close_alone(e);
	e->env = NULL;
	(void)pthread_mutex_unlock(&process);
}
