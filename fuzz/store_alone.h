/*
 * store_alone.h - a store that a program has for itself, opened once, which
 * begins again with each input.
 *
 * Nobody takes its turn or puts another file in its place: so for locks and
 * for what is there this is asked before the kernel.
 */
#ifndef FUZZ_STORE_ALONE_H
#define FUZZ_STORE_ALONE_H

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "store_fixture.h"

#define ALONE_PAIRS 32 /* more than it begins with */

static struct fixture alone;

static struct {
	MDB_val key[ALONE_PAIRS], value[ALONE_PAIRS];
	size_t count;
	struct arena arena;
} alone_first;

int
fcntl(int fd, int what, ...)
{
	va_list ap;
	long arg;

	va_start(ap, what);
	arg = va_arg(ap, long);
	va_end(ap);
	if (what == F_OFD_SETLK || what == F_OFD_SETLKW)
		return 0;
	return (int)syscall(SYS_fcntl, fd, what, arg);
}

/* A file that has octets stays. */
int
stat(const char *restrict path, struct stat *restrict st)
{
	static struct {
		char path[128];
		struct stat st;
	} there[2];
	unsigned i = strstr(path, "/data.mdb") != NULL;

	if (strcmp(there[i].path, path) != 0) {
		int rc = fstatat(AT_FDCWD, path, st, 0);

		if (rc != 0 || st->st_size == 0)
			return rc;
		(void)snprintf(
		    there[i].path, sizeof(there[i].path), "%s", path);
		there[i].st = *st;
	}
	*st = there[i].st;
	return 0;
}

static inline MDB_val
alone_copy(MDB_val v)
{
	v.mv_data = memcpy(
	    arena_room(&alone_first.arena, v.mv_size), v.mv_data, v.mv_size);
	return v;
}

static inline void
alone_remember(void)
{
	size_t *n = &alone_first.count;
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val k, v;

	FIXTURE_MUST(
	    mdb_txn_begin(alone.writer->env->env, NULL, MDB_RDONLY, &txn) == 0);
	FIXTURE_MUST(mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
	FIXTURE_MUST(mdb_cursor_open(txn, dbi, &cursor) == 0);
	for (; mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0; ++*n) {
		FIXTURE_MUST(*n < ALONE_PAIRS);
		alone_first.key[*n] = alone_copy(k);
		alone_first.value[*n] = alone_copy(v);
	}
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
}

static inline void
alone_end(void)
{
	fixture_close(&alone);
	arena_release(&alone_first.arena);
}

/* ALONE as it is behind its first commit, of these lines. */
static inline void
alone_begin(const char *lines)
{
	MDB_txn *txn;
	MDB_dbi dbi;

	if (alone.writer == NULL) {
		fixture_open(&alone);
		FIXTURE_MUST(atexit(alone_end) == 0);
		FIXTURE_MUST(fixture_apply(&alone, lines) == E_OK);
		alone_remember();
	}
	FIXTURE_MUST(mdb_txn_begin(alone.writer->env->env, NULL, 0, &txn) == 0);
	FIXTURE_MUST(mdb_dbi_open(txn, NULL, 0, &dbi) == 0);
	FIXTURE_MUST(mdb_drop(txn, dbi, 0) == 0);
	for (size_t i = 0; i < alone_first.count; i++)
		FIXTURE_MUST(mdb_put(txn, dbi, &alone_first.key[i],
				 &alone_first.value[i], MDB_APPEND) == 0);
	FIXTURE_MUST(mdb_txn_commit(txn) == 0);
}

#endif
