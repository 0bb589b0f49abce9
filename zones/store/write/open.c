/*
 * open.c - opening a store for writing, and keeping its file long enough.
 */
#include "zones/store/write/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "impl.h"

/* How long the file is, and how long its pages say that it is. */
static enum err
lengths(MDB_env *env, off_t *is, off_t *says)
{
	struct stat st;
	MDB_envinfo info;
	MDB_stat stat;
	int fd;

	/* The pages first: the file only grows. */
	if (mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0 ||
	    mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &st) != 0)
		return E_SYSTEM;
	*is = st.st_size;
	*says = (off_t)(info.me_last_pgno + 1) * stat.ms_psize;
	return E_OK;
}

/*
 * LMDB does not write a page that a transaction took and gave back, even
 * the last one of the file.  Readers hold the file to its pages, so it is
 * made to end where they end; within a transaction, as another writer must
 * not lengthen it meanwhile.
 */
void
store_lengthen(struct store_env *e)
{
	off_t is, says;
	MDB_txn *txn;
	int fd;

	if (lengths(e->env, &is, &says) != E_OK || is >= says ||
	    mdb_txn_begin(e->env, NULL, 0, &txn) != 0)
		return;
	if (lengths(e->env, &is, &says) == E_OK && is < says &&
	    mdb_env_get_fd(e->env, &fd) == 0 && ftruncate(fd, says) != 0)
		log_warn("store: its file cannot be lengthened to %lld octets: "
			 "%s; readers may take it for damaged",
		    (long long)says, strerror(errno));
	mdb_txn_abort(txn);
}

enum err
store_sync_folder(const struct store *s)
{
	int rc, fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return E_OK; /* who may write it need not read it */
	rc = fsync(fd);
	(void)close(fd);
	return rc == 0 ? E_OK : E_SYSTEM;
}

/* A new file and its name are on the disk before anything is committed. */
static enum err
sync_new(const struct store *s)
{
	MDB_env *env = s->env->env;
	MDB_envinfo info;
	int rc;

	if ((rc = mdb_env_info(env, &info)) != 0 || info.me_last_txnid > 0 ||
	    (rc = mdb_env_sync(env, 1)) != 0)
		return store_err(rc);
	return store_sync_folder(s);
}

/*
 * A machine that stopped before that leaves any of the file's first two pages:
 * nothing was ever committed where there is no third, and it is made anew.  One
 * writer at a time looks at it.
 */
static enum err
open_unmade(struct store *s)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	enum err err = E_DAMAGED;
	char path[4096];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", s->path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return E_SYSTEM;
	if (fcntl(fd, F_OFD_SETLKW, &lock) == 0)
		err = store_open_file(s, NULL, &s->env);
	if (err == E_DAMAGED && fstat(fd, &st) == 0 &&
	    st.st_size <= 2 * sysconf(_SC_PAGESIZE) && ftruncate(fd, 0) == 0)
		err = store_open_file(s, NULL, &s->env);
	(void)close(fd);
	return err;
}

/* The lock file is made where it is not there. */
enum err
store_open_own(struct store *s)
{
	enum err err = store_open_file(s, NULL, &s->env);

	if (err == E_DAMAGED)
		err = open_unmade(s);
	if (err == E_OK)
		err = sync_new(s);
	if (err == E_OK)
		err = store_find_file(s, &s->env->file);
	return err == E_ABSENT ? E_OK : err;
}

/*
 * Files that root makes are their folder's owner's.  A folder that is root's
 * own is told, where the server is another user.
 */
static void
own_made(const struct store *s)
{
	struct stat folder;
	int data;

	if (geteuid() != 0 || stat(s->path, &folder) != 0)
		return;
	if (folder.st_uid == 0 && folder.st_gid == 0) {
		if (getpwnam("dnsd") != NULL)
			log_warn("store %s: root has made it, and who is "
				 "not root cannot use it: "
				 "chown -R dnsd: %s",
			    s->path, s->path);
		return;
	}
	if (mdb_env_get_fd(s->env->env, &data) != 0 ||
	    fchown(data, folder.st_uid, folder.st_gid) != 0 ||
	    fchown(s->env->lock, folder.st_uid, folder.st_gid) != 0)
		log_warn("store %s: its files stay root's: %s", s->path,
		    strerror(errno));
}

enum err
store_open_writer(struct store **out, const struct store_options *options)
{
	struct store *s =
	    store_new(options->path, options->no_sync ? MDB_NOSYNC : 0);
	struct store_file was;
	bool made;
	enum err err;

	*out = NULL;
	if (s == NULL)
		return E_NOMEM;
	made = store_find_file(s, &was) == E_ABSENT;
	s->map_bytes = options->map_bytes;
	if (mkdir(s->path, 0775) != 0 && errno != EEXIST)
		err = E_SYSTEM;
	else
		err = store_open_own(s);
	if (err != E_OK) {
		store_close(s);
		return err;
	}
	if (made)
		own_made(s);
	store_lengthen(s->env); /* a writer may have died before it could */
	*out = s;
	return E_OK;
}
