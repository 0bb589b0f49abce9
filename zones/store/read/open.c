/*
 * open.c - opening the environment, for good or until it is there.
 */
#include "zones/store/read/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zones/store/read/env.h"

/* Slots; the lock file has on disk those that were ever taken. */
#define READERS_MAX 65536

/*
 * Addresses, not memory: a reader's map must reach as far as the writer's
 * data ever will, as it cannot grow while other threads read.
 */
#define MAP_MOST  ((size_t)64 << 30)
#define MAP_LEAST ((size_t)64 << 20)

enum err
store_err(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return E_OK;
	case MDB_NOTFOUND:
		return E_NOTFOUND;
	case MDB_MAP_FULL:
	case MDB_MAP_RESIZED:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return E_FULL;
	case MDB_VERSION_MISMATCH:
		return E_FORMAT;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
		return E_DAMAGED;
	case MDB_READERS_FULL:
		return E_READERS;
	case ENOMEM:
		return E_NOMEM;
	case ENOENT:
		return E_ABSENT;
	default:
		if (rc > 0)
			errno = rc;
		return E_SYSTEM;
	}
}

static void
data_path(const struct store *s, char *out, size_t size)
{
	(void)snprintf(out, size, "%s/data.mdb", s->path);
}

enum err
store_lengths(MDB_env *env, off_t *is, off_t *says)
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
 * LMDB trusts its file's length; a page behind the end would be SIGBUS.  A
 * writer may be about to lengthen it: see store_lengthen().
 */
static enum err
check_length(MDB_env *env)
{
	const struct timespec wait = { .tv_nsec = 2000000 };
	off_t is = 0, says = 0;
	enum err err;

	for (int i = 0; i < 5; i++) {
		err = store_lengths(env, &is, &says);
		if (err != E_OK || is >= says)
			return err;
		(void)nanosleep(&wait, NULL);
	}
	return E_DAMAGED;
}

static int
env_open_with_map(const struct store *s, size_t map, MDB_env **out)
{
	unsigned flags = MDB_NOTLS | s->flags;
	MDB_env *env;
	int rc;

	*out = NULL;
	if ((rc = mdb_env_create(&env)) != 0)
		return rc;
	(void)mdb_env_set_maxreaders(env, READERS_MAX);
	if ((rc = mdb_env_set_mapsize(env, map)) == 0)
		rc = mdb_env_open(env, s->path, flags, 0664);
	if (rc != 0) {
		mdb_env_close(env);
		return rc;
	}
	*out = env;
	return 0;
}

/* As much as the machine lets us reserve. */
static int
env_open(const struct store *s, MDB_env **out)
{
	size_t map = s->map_bytes != 0 ? s->map_bytes : MAP_MOST;
	int rc;

	/* ENOMEM by a limit; EINVAL where valgrind has no room for it. */
	while (
	    ((rc = env_open_with_map(s, map, out)) == ENOMEM || rc == EINVAL) &&
	    s->map_bytes == 0 && map > MAP_LEAST)
		map /= 2;
	return rc;
}

enum err
store_open_file(struct store *s, const struct stat *st, struct store_env **out)
{
	struct store_env *e = calloc(1, sizeof(*e));
	enum err err;
	int rc;

	*out = NULL;
	if (e == NULL)
		return E_NOMEM;
	rc = env_open(s, &e->env);
	err = store_err(rc);
	if (err == E_OK && st != NULL)
		err = check_length(e->env);
	if (err != E_OK) {
		mdb_env_close(e->env);
		free(e);
		return err;
	}
	if (st != NULL) {
		e->dev = st->st_dev;
		e->ino = st->st_ino;
	}
	e->refs = 1;
	*out = e;
	return E_OK;
}

static void
env_unref(struct store_env *e)
{
	if (e == NULL || --e->refs > 0)
		return;
	mdb_env_close(e->env);
	free(e);
}

void
store_unref(struct store *s, struct store_env *e)
{
	(void)pthread_mutex_lock(&s->lock);
	env_unref(e);
	(void)pthread_mutex_unlock(&s->lock);
}

/* Follows the path to the file that is there now. */
static void
reopen_if_replaced(struct store *s)
{
	char path[4096];
	struct store_env *now;
	struct stat st;
	enum err err;

	data_path(s, path, sizeof(path));
	if (stat(path, &st) != 0 || st.st_size == 0) {
		if (s->env == NULL)
			s->why = E_ABSENT;
		return;
	}
	if (s->env != NULL && s->env->dev == st.st_dev &&
	    s->env->ino == st.st_ino) {
		err = check_length(s->env->env);
		if (err == E_OK)
			return;
		env_unref(s->env);
		s->env = NULL;
		s->why = err;
		return;
	}
	err = store_open_file(s, &st, &now);
	if (err != E_OK) {
		if (s->env == NULL)
			s->why = err;
		return;
	}
	env_unref(s->env);
	s->env = now;
}

struct store_env *
store_look(struct store *s, enum err *why)
{
	struct store_env *e;

	(void)pthread_mutex_lock(&s->lock);
	if ((s->flags & MDB_RDONLY) != 0)
		reopen_if_replaced(s);
	e = s->env;
	if (e != NULL)
		e->refs++;
	*why = e != NULL ? E_OK : s->why;
	(void)pthread_mutex_unlock(&s->lock);
	return e;
}

int
store_read_begin(struct store *s, struct store_env *e, MDB_txn **txn)
{
	int rc;

	(void)pthread_mutex_lock(&s->lock);
	(void)mdb_reader_check(e->env, NULL); /* slots of who was killed */
	rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, txn);
	if (rc == 0)
		rc = mdb_dbi_open(*txn, NULL, 0, &e->dbi);
	(void)pthread_mutex_unlock(&s->lock);
	return rc;
}

struct store *
store_new(const char *path, unsigned flags)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->path = strdup(path);
	s->flags = flags;
	s->why = E_ABSENT;
	if (s->path == NULL) {
		free(s);
		return NULL;
	}
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

enum err
store_open_reader(struct store **out, const char *path)
{
	*out = store_new(path, MDB_RDONLY);
	return *out == NULL ? E_NOMEM : E_OK;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	assert(s->env == NULL || s->env->refs == 1);
	env_unref(s->env);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}
