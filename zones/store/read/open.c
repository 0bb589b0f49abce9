/*
 * open.c - the environment: opened, entered and left by snapshots, closed.
 */
#include "zones/store/read/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zones/store/read/env.h"
#include "zones/store/read/pages.h"

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

/* As much as the machine lets us reserve, as the first who is not there yet. */
static int
env_open_largest(const struct store *s, struct store_env *e)
{
	size_t map = s->map_bytes != 0 ? s->map_bytes : MAP_MOST;
	unsigned twin = 0;
	int rc;

	/* ENOMEM by a limit; EINVAL where valgrind has no room for it. */
	while ((rc = slots_open(s, e, map, twin)) != 0)
		if (rc == EAGAIN && twin < TWINS_MAX)
			twin++;
		else if ((rc == ENOMEM || rc == EINVAL) && s->map_bytes == 0 &&
		    map > MAP_LEAST)
			map /= 2;
		else
			break;
	return rc;
}

static void
commits_find(struct store_env *e)
{
	MDB_stat stat;

	if (e->guard.data == NULL || mdb_env_stat(e->env, &stat) != 0)
		return;
	for (unsigned i = 0; i < 2; i++)
		e->commit[i] = (const size_t *)(const void *)(e->guard.data +
		    pages_commit_at(i, stat.ms_psize));
}

enum err
store_open_file(
    struct store *s, const struct store_file *file, struct store_env **out)
{
	struct store_env *e = calloc(1, sizeof(*e));
	int rc;

	*out = NULL;
	if (e == NULL)
		return E_NOMEM;
	rc = env_open_largest(s, e);
	if (rc != 0) {
		store_close_file(e);
		return store_err(rc);
	}
	if (file != NULL)
		e->file = *file;
	commits_find(e);
	*out = e;
	return E_OK;
}

void
store_close_file(struct store_env *e)
{
	if (e == NULL)
		return;
	slots_close(e);
	free(e);
}

void
snapshot_forget(struct snapshot *s)
{
	s->txnid = TXNID_NONE;
	memset(&s->named, 0, sizeof(s->named));
	memset(s->flow, 0, FLOW_SLOTS * sizeof(*s->flow));
}

/* In another one numbers mean other networks. */
void
snapshot_leave(struct snapshot *s)
{
	if (s->env == NULL)
		return;
	mdb_cursor_close(s->point);
	mdb_cursor_close(s->walk);
	if (s->txn != NULL)
		mdb_txn_abort(s->txn);
	s->point = s->walk = NULL;
	s->txn = NULL;
	s->env = NULL;
	s->active = false;
	snapshot_forget(s);
}
