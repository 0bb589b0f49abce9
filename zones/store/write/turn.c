/*
 * turn.c - a writer's turn: alone, and with the file that is there.
 *
 * LMDB's own lock is in the lock file and is told by thread numbers, so that
 * writers of two process namespaces, or with two lock files, may meet in it.
 * This one is of the data file, and ends with who holds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "impl.h"

static enum err
lock(const struct store *s, short what)
{
	struct flock all = { .l_type = what, .l_whence = SEEK_SET };
	int fd, rc;

	if (mdb_env_get_fd(s->env->env, &fd) != 0)
		return E_SYSTEM;
	while ((rc = fcntl(fd, F_OFD_SETLKW, &all)) != 0 && errno == EINTR)
		;
	return rc == 0 ? E_OK : E_SYSTEM;
}

/* The journal's entry of *COMMIT; where that is 0, of the last one. */
static enum err
copy_entry(const struct store *s, uint64_t *commit, struct wire_out *out)
{
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc = slots_begin(s->env, MDB_RDONLY, &txn);

	if (rc != 0)
		return store_err(rc);
	if ((rc = mdb_dbi_open(txn, NULL, 0, &dbi)) == 0)
		rc = journal_copy(txn, dbi, commit, out);
	mdb_txn_abort(txn);
	return rc == MDB_NOTFOUND ? E_OK : store_err(rc);
}

/* Is it what we know, with or without more commits?  Then its journal says so.
 */
static enum err
take_up(struct store *s)
{
	uint8_t one[JOURNAL_MAX], other[JOURNAL_MAX];
	struct wire_out was = wire_out(one, sizeof(one));
	struct wire_out is = wire_out(other, sizeof(other));
	uint64_t commit = 0;
	enum err err = copy_entry(s, &commit, &was);

	if (err == E_OK) {
		store_close_file(s->env);
		s->env = NULL;
		err = store_open_own(s);
	}
	if (err == E_OK)
		err = lock(s, F_WRLCK);
	if (err != E_OK || commit == 0)
		return err;
	err = copy_entry(s, &commit, &is);
	if (err != E_OK)
		return err;
	return was.len == is.len && memcmp(one, other, is.len) == 0 ? E_OK
								    : E_MOVED;
}

/* LMDB keeps each page that it ever changed, for the next one, until it ends.
 */
void
store_slim(struct store *s)
{
	if (take_up(s) != E_OK) /* the next turn will say why */
		log_info("store %s: cannot be opened anew", s->path);
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

/*
 * Readers look each second which file is there; who reads the old one must not
 * see the lock file tell of a commit of the new one.
 */
static void
settle(const struct store *s)
{
	const struct timespec wait = { 1, 200000000 };
	char path[4096];
	struct stat st;
	int fd;

	if (mdb_env_get_fd(s->env->env, &fd) != 0 || fstat(fd, &st) != 0 ||
	    st.st_nlink < 2)
		return;
	(void)snprintf(path, sizeof(path), "%s/" STORE_FRESH, s->path);
	if (stat(path, &st) != 0)
		return;
	(void)nanosleep(&wait, NULL);
	(void)unlink(path);
}

/*
 * Readers that come have their slots in the lock file that is there; so it is
 * looked at, too.
 */
enum err
store_enter(struct store *s)
{
	struct store_file there;
	enum err err = s->env == NULL ? store_open_own(s) : E_OK;

	if (err == E_OK)
		err = lock(s, F_WRLCK);
	while (err == E_OK && (err = store_find_file(s, &there)) == E_OK &&
	    !store_file_is_same(&there, &s->env->file))
		err = take_up(s);
	if (err == E_OK)
		settle(s);
	else
		store_leave(s);
	return err == E_ABSENT ? E_MOVED : err;
}

void
store_leave(struct store *s)
{
	if (s->env != NULL && lock(s, F_UNLCK) != E_OK)
		log_warn("store: its lock cannot be given back: %s",
		    strerror(errno));
}
