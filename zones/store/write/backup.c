/*
 * backup.c - see backup.h.
 */
#include "zones/store/write/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "impl.h"
#include "zones/store/read/env.h"
#include "zones/store/read/pages.h"

/* Nothing that is free comes along. */
static enum err
copy_to(MDB_env *env, int to)
{
	int rc = mdb_env_copyfd2(env, to, MDB_CP_COMPACT);

	if (rc != 0)
		return store_err(rc);
	return fsync(to) == 0 ? E_OK : E_SYSTEM;
}

static enum err
verify_pages(int fd)
{
	size_t page;
	enum err err = pages_check(fd);

	return err == E_OK ? pages_verify(fd, false, &page) : err;
}

/* TO beside the file that it becomes, or nothing. */
static enum err
put_in_place(const char *from, const char *to, enum err err)
{
	int was;

	if (err == E_OK && rename(from, to) != 0)
		err = E_SYSTEM;
	if (err == E_OK)
		return E_OK;
	was = errno;
	(void)unlink(from);
	errno = was;
	return err;
}

/* A new file beside FILE; -1 with errno. */
static int
open_beside(char *out, size_t size, const char *file)
{
	if (snprintf(out, size, "%s.XXXXXX", file) >= (int)size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return mkostemp(out, O_CLOEXEC);
}

static enum err
backup_env(MDB_env *env, const char *file)
{
	char beside[4096];
	int from, to;
	enum err err = E_DAMAGED;

	if (mdb_env_get_fd(env, &from) == 0)
		err = verify_pages(from);
	if (err != E_OK)
		return err;
	to = open_beside(beside, sizeof(beside), file);
	if (to < 0)
		return E_SYSTEM;
	err = copy_to(env, to);
	(void)close(to);
	return put_in_place(beside, file, err);
}

enum err
store_backup(const char *path, const char *file)
{
	struct store *s = store_new(path, MDB_RDONLY);
	enum err err = E_NOMEM;

	if (s != NULL)
		err = store_open_file(s, NULL, &s->env);
	if (err == E_OK)
		err = backup_env(s->env->env, file);
	store_close(s);
	return err;
}

/*
 * Whoever has the lock file open goes by the number in it, so the new file's
 * last commit has the number that the old one's had.
 */
static enum err
renumber(int fd, size_t size, size_t commit)
{
	size_t number;
	uint8_t *page;
	enum err err = E_OK;

	page = malloc(size);
	/* Of a copy without free pages the second is the newer. */
	if (page == NULL || pread(fd, page, size, (off_t)size) != (ssize_t)size)
		err = E_SYSTEM;
	for (size_t i = 0; i < 2 && err == E_OK; i++) {
		number = commit == 0 || (commit & 1) == i ? commit : commit - 1;
		memcpy(page, &i, sizeof(i));
		memcpy(
		    page + pages_commit_at(0, size), &number, sizeof(number));
		if (pwrite(fd, page, size, (off_t)(i * size)) != (ssize_t)size)
			err = E_SYSTEM;
	}
	free(page);
	return err != E_OK || fsync(fd) == 0 ? err : E_SYSTEM;
}

/* FILE by LMDB, without locks: nobody writes it. */
static enum err
copy_file(const char *file, int to, size_t commit)
{
	MDB_env *env;
	MDB_stat stat;
	size_t size;
	enum err err;
	int fd = open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return E_SYSTEM;
	err = verify_pages(fd);
	size = (size_t)lseek(fd, 0, SEEK_END);
	(void)close(fd);
	if (err != E_OK)
		return err;
	if ((rc = mdb_env_create(&env)) != 0)
		return store_err(rc);
	if ((rc = mdb_env_set_mapsize(env, size)) == 0)
		rc = mdb_env_open(env, file,
		    MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, 0);
	if (rc == 0)
		rc = mdb_env_stat(env, &stat);
	err = rc == 0 ? copy_to(env, to) : store_err(rc);
	if (err == E_OK)
		err = renumber(to, stat.ms_psize, commit);
	mdb_env_close(env);
	return err;
}

/* Nobody writes it meanwhile, and its rights stay those of the old one. */
static enum err
replace(struct store_txn *t, const char *data, const char *file)
{
	char beside[4096];
	struct stat st;
	enum err err;
	int to = open_beside(beside, sizeof(beside), data);

	if (to < 0)
		return E_SYSTEM;
	err = copy_file(file, to, mdb_txn_id(t->txn) - 1);
	if (err == E_OK &&
	    (stat(data, &st) != 0 || fchmod(to, st.st_mode & 0777) != 0))
		err = E_SYSTEM;
	if (err == E_OK && fchown(to, st.st_uid, st.st_gid) != 0 &&
	    geteuid() == 0)
		err = E_SYSTEM;
	(void)close(to);
	return put_in_place(beside, data, err);
}

/* A store whose lock file or pages are not as they should be has no lock. */
enum err
store_restore(const char *path, const char *file)
{
	const struct store_options options = { .path = path };
	struct store *s;
	struct store_txn *t;
	char data[4096];
	enum err err = store_open_writer(&s, &options);

	if (err != E_OK)
		return err;
	(void)snprintf(data, sizeof(data), "%s/data.mdb", path);
	store_begin(s, &t);
	err = t->txn == NULL ? t->err : replace(t, data, file);
	store_abort(t);
	store_close(s);
	return err;
}
