/*
 * store_fixture.h - a store in a folder of its own, filled by lines of a
 * feed in which ' stands for ".
 *
 * The writer and the reader are two handles of one process; programs have
 * one of the two.  What fails here ends the program: a test is about what
 * comes after.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <assert.h>
#include <ftw.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "zones/feed/line.h"
#include "zones/store/read/env.h"
#include "zones/store/read/pages.h"
#include "zones/store/write/check.h"
#include "zones/store/write/facts.h"
#include "zones/store/write/txn.h"

struct fixture {
	char path[64];
	struct store *writer, *reader;
	struct snapshot *snapshot;
	struct arena arena;
	struct complaint why;      /* of the last line that was refused */
	char conflict[FACT_TITLE]; /* of the last line that made one */
	uint64_t place;            /* of what was left out last */
	bool refused;              /* something stays so */
	bool changed;              /* by the last transaction */
	unsigned damage, notes;    /* lines of the last check */
	bool loud;                 /* the check says what is damaged */
	char finding[512];         /* its last line */
};

#define FIXTURE_MUST(what)                                                     \
	do {                                                                   \
		if (!(what)) {                                                 \
			fprintf(                                               \
			    stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort();                                               \
		}                                                              \
	} while (0)

/* In memory where that can be: what is tested is no disk. */
static inline void
fixture_folder(char *out, size_t size)
{
	(void)snprintf(out, size, "%s/dnsd-test-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FIXTURE_MUST(mkdtemp(out) != NULL);
}

static inline void
fixture_open_sized(struct fixture *f, size_t map_bytes)
{
	struct store_options options = { .map_bytes = map_bytes,
		.no_sync = true };

	memset(f, 0, sizeof(*f));
	fixture_folder(f->path, sizeof(f->path));
	options.path = f->path;
	FIXTURE_MUST(store_open_writer(&f->writer, &options) == E_OK);
	FIXTURE_MUST(store_open_reader(&f->reader, f->path) == E_OK);
	FIXTURE_MUST(snapshot_open(f->reader, &f->snapshot) == E_OK);
}

static inline void
fixture_open(struct fixture *f)
{
	fixture_open_sized(f, 0);
}

static inline int
fixture_remove(const char *path, const struct stat *st, int what, struct FTW *w)
{
	(void)st;
	(void)what;
	(void)w;
	return remove(path);
}

static inline void
fixture_remove_path(const char *path)
{
	(void)nftw(path, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
fixture_close(struct fixture *f)
{
	snapshot_close(f->snapshot);
	store_close(f->reader);
	store_close(f->writer);
	arena_release(&f->arena);
	fixture_remove_path(f->path);
}

/* One line into the transaction. */
static inline enum err
fixture_line(
    struct fixture *f, struct store_txn *t, const char *text, size_t len)
{
	struct feed_line line;
	char *copy = arena_copy(&f->arena, text, len);
	const char *conflict;
	enum err err;

	for (size_t i = 0; i < len; i++)
		if (copy[i] == '\'')
			copy[i] = '"';
	feed_line_read(&line, &f->arena, copy, len);
	switch (line.verb) {
	case FEED_PUT:
		err = store_put(t, &line.fact, &f->why);
		conflict = store_conflict(t);
		if (conflict != NULL)
			(void)snprintf(
			    f->conflict, sizeof(f->conflict), "%s", conflict);
		return err == E_INPUT &&
			store_leave_out(
			    t, &line.fact, true, &f->why, ++f->place)
		    ? E_OK
		    : err;
	case FEED_DELETE:
		return store_delete(t, &line.fact, &f->why);
	case FEED_COMMIT:
		store_mark(t, line.cursor);
		return E_OK;
	case FEED_SNAPSHOT_BEGIN:
		store_snapshot_begin(t, line.network);
		return E_OK;
	case FEED_SNAPSHOT_END:
		return store_snapshot_end(t, true, &f->why);
	case FEED_KEEP:
		f->why = *line.why;
		return E_INPUT;
	case FEED_WITHDRAW:
	case FEED_NOTHING:
		break;
	}
	return E_OK;
}

static inline void
fixture_settled(void *arg, uint64_t place, const struct fact *fact,
    const struct complaint *why, const char *other)
{
	struct fixture *f = arg;

	(void)place;
	(void)fact;
	if (other != NULL)
		(void)snprintf(f->conflict, sizeof(f->conflict), "%s", other);
	if (why == NULL || f->refused)
		return;
	f->refused = true;
	f->why = *why;
}

/* Lines into a transaction; E_INPUT where one does not fit the others. */
static inline enum err
fixture_lines(struct fixture *f, struct store_txn *t, const char *lines)
{
	enum err err;

	f->conflict[0] = '\0';
	while (*lines != '\0') {
		const char *end = strchrnul(lines, '\n');

		err = fixture_line(f, t, lines, (size_t)(end - lines));

		if (err != E_OK)
			return err;
		lines = *end == '\0' ? end : end + 1;
	}
	f->refused = false;
	err = store_settle(t, NULL, fixture_settled, f);
	return err == E_OK && f->refused ? E_INPUT : err;
}

/* All of it in one transaction, or nothing. */
static inline enum err
fixture_apply(struct fixture *f, const char *lines)
{
	struct store_txn *t;
	enum err err;

	store_begin(f->writer, &t);
	err = fixture_lines(f, t, lines);
	f->changed = store_changed(t);
	arena_reset(&f->arena);
	if (err == E_OK)
		return store_commit(t);
	store_abort(t);
	return err;
}

static inline void
fixture_finding(void *arg, bool damage, const char *line)
{
	struct fixture *f = arg;

	f->damage += damage;
	f->notes += !damage;
	(void)snprintf(f->finding, sizeof(f->finding), "%s", line);
	if (f->loud && damage)
		fprintf(stderr, "# %s\n", line);
}

/* What the check says of the store as it is now. */
static inline enum err
fixture_check(struct fixture *f)
{
	const struct check_report report = { .finding = fixture_finding,
		.arg = f };
	enum err err = snapshot_refresh(f->snapshot);

	f->damage = f->notes = 0;
	f->finding[0] = '\0';
	if (err == E_OK)
		err = snapshot_check(f->snapshot, &report);
	snapshot_rest(f->snapshot);
	return err;
}

/* Between the two, LMDB itself: no handle of the store is open meanwhile. */
struct fixture_raw {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
};

static inline void
fixture_close_handles(struct fixture *f)
{
	snapshot_close(f->snapshot);
	store_close(f->reader);
	store_close(f->writer);
	f->snapshot = NULL;
	f->reader = f->writer = NULL;
}

static inline void
fixture_open_handles(struct fixture *f)
{
	const struct store_options options = { .path = f->path,
		.no_sync = true };

	FIXTURE_MUST(store_open_writer(&f->writer, &options) == E_OK);
	FIXTURE_MUST(store_open_reader(&f->reader, f->path) == E_OK);
	FIXTURE_MUST(snapshot_open(f->reader, &f->snapshot) == E_OK);
}

static inline void
fixture_raw_begin(struct fixture *f, struct fixture_raw *raw)
{
	fixture_close_handles(f);
	FIXTURE_MUST(mdb_env_create(&raw->env) == 0);
	FIXTURE_MUST(mdb_env_set_mapsize(raw->env, (size_t)1 << 30) == 0);
	FIXTURE_MUST(mdb_env_open(raw->env, f->path, MDB_NOSYNC, 0664) == 0);
	FIXTURE_MUST(mdb_txn_begin(raw->env, NULL, 0, &raw->txn) == 0);
	FIXTURE_MUST(mdb_dbi_open(raw->txn, NULL, 0, &raw->dbi) == 0);
}

static inline void
fixture_raw_end(struct fixture *f, struct fixture_raw *raw)
{
	FIXTURE_MUST(mdb_txn_commit(raw->txn) == 0);
	mdb_env_close(raw->env);
	fixture_open_handles(f);
}

/* Overwrites octets of a value. */
static inline void
fixture_raw_patch(struct fixture_raw *raw, const void *key, size_t key_len,
    size_t at, const void *octets, size_t len)
{
	MDB_val k = { .mv_size = key_len }, v;
	uint8_t *copy;

	memcpy(&k.mv_data, &key, sizeof(k.mv_data));
	FIXTURE_MUST(mdb_get(raw->txn, raw->dbi, &k, &v) == 0);
	FIXTURE_MUST(at + len <= v.mv_size);
	copy = malloc(v.mv_size);
	FIXTURE_MUST(copy != NULL);
	memcpy(copy, v.mv_data, v.mv_size);
	memcpy(copy + at, octets, len);
	v.mv_data = copy;
	FIXTURE_MUST(mdb_put(raw->txn, raw->dbi, &k, &v, 0) == 0);
	free(copy);
}

/* That what was overwritten is taken for what was written. */
static inline void
fixture_raw_sum(struct fixture_raw *raw)
{
	uint8_t octets[8], head[] = { 0, 0, 0, 0, 'm' };
	struct wire_out out = wire_out(octets, sizeof(octets));
	struct wire_in in;
	MDB_cursor *cursor;
	uint64_t sum = 0;
	MDB_val k, v;

	FIXTURE_MUST(mdb_cursor_open(raw->txn, raw->dbi, &cursor) == 0);
	while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
		sum += pages_pair(k.mv_data, k.mv_size, v.mv_data, v.mv_size);
	k = (MDB_val){ sizeof(head), head };
	FIXTURE_MUST(mdb_cursor_get(cursor, &k, &v, MDB_SET) == 0);
	in = val_in(&v);
	in.pos = v.mv_size - sizeof(octets);
	wire_put64(&out, wire_get64(&in) + sum);
	mdb_cursor_close(cursor);
	fixture_raw_patch(raw, head, sizeof(head), v.mv_size - sizeof(octets),
	    octets, sizeof(octets));
}

struct fixture_dump {
	FILE *out;
	bool ages;
};

static inline bool
fixture_print(void *arg, const struct fact *fact, bool implied)
{
	struct fixture_dump *d = arg;

	if (implied) {
		fprintf(d->out, "# app %s/%s\n", fact->network, fact->app);
		return true;
	}
	if (d->ages)
		fprintf(d->out, "%llu ", (unsigned long long)fact->age);
	fact_json_print(d->out, fact);
	fputc('\n', d->out);
	return true;
}

/*
 * Every fact in the order of export, a line each, ' for "; an implied app
 * is a comment.  With AGES, each line begins with the fact's.  To be freed.
 */
static inline char *
fixture_dump(struct fixture *f, bool ages)
{
	struct fixture_dump d = { .ages = ages };
	char *text = NULL;
	size_t len = 0;

	d.out = open_memstream(&text, &len);
	FIXTURE_MUST(d.out != NULL);
	FIXTURE_MUST(snapshot_refresh(f->snapshot) == E_OK);
	for (int kind = 0; kind < FACT_KINDS; kind++)
		FIXTURE_MUST(snapshot_facts(f->snapshot, (enum fact_kind)kind,
				 NULL, fixture_print, &d) == E_OK);
	snapshot_rest(f->snapshot);
	FIXTURE_MUST(fclose(d.out) == 0);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '"')
			*c = '\'';
	return text;
}

#endif
