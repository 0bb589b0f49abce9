/*
 * readers.c - see readers.h.  LMDB tells of them in lines of text.
 */
#include "zones/store/write/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "impl.h"
#include "zones/store/write/journal.h"

struct reader_list {
	struct reader *at;
	int *number; /* of each, to LMDB */
	size_t count, room, numbers;
	ino_t lock; /* the lock file */
};

static void
read_process_name(struct reader *r)
{
	char path[32];
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", r->pid);
	in = fopen(path, "re");
	if (in == NULL)
		return;
	if (fgets(r->name, sizeof(r->name), in) != NULL)
		r->name[strcspn(r->name, "\n")] = '\0';
	(void)fclose(in);
}

/* Who has the lock of the octet of that number, as we see him: proc(5). */
static int
read_pid(ino_t lock, int number)
{
	unsigned long ino;
	int pid = 0, who, at;
	char line[256];
	FILE *in = fopen("/proc/locks", "re");

	while (in != NULL && pid == 0 && fgets(line, sizeof(line), in) != NULL)
		if (sscanf(line, "%*s POSIX %*s %*s %d %*x:%*x:%lu %d", &who,
			&ino, &at) == 3 &&
		    ino == lock && at == number)
			pid = who;
	if (in != NULL)
		(void)fclose(in);
	return pid;
}

static struct reader *
reader_of(struct reader_list *l, int number)
{
	struct reader *r;

	for (size_t i = 0; i < l->count; i++)
		if (l->number[i] == number)
			return &l->at[i];
	l->at = array_grow(l->at, l->count, &l->room, sizeof(*l->at));
	l->number =
	    array_grow(l->number, l->count, &l->numbers, sizeof(*l->number));
	l->number[l->count] = number;
	r = &l->at[l->count++];
	*r = (struct reader){ .pid = read_pid(l->lock, number),
		.there = number & PID_MASK,
		.txnid = READER_RESTS };
	if (r->pid != 0)
		read_process_name(r);
	return r;
}

const char *
reader_text(const struct reader *r, char out[READER_TEXT])
{
	if (r->pid != 0)
		(void)snprintf(out, READER_TEXT, "%d %s", r->pid, r->name);
	else
		(void)snprintf(out, READER_TEXT,
		    "%d in another process namespace", r->there);
	return out;
}

/* "number thread txnid" of one slot, or a heading; no txnid is "-". */
static int
take_slot(const char *line, void *arg)
{
	struct reader *r;
	size_t txnid;
	int number, got = sscanf(line, "%d %*x %zu", &number, &txnid);

	if (got < 1)
		return 0;
	r = reader_of(arg, number);
	r->slots++;
	if (got == 2 && txnid < r->txnid)
		r->txnid = txnid;
	return 0;
}

static enum err
each_reader(const struct store_env *e, reader_each *each, void *arg)
{
	struct reader_list l = { 0 };
	struct stat st;
	MDB_txn *txn;
	int rc;

	/* Whoever begins clears the slots of the dead. */
	if (slots_begin(e, MDB_RDONLY, &txn) == 0)
		mdb_txn_abort(txn);
	l.lock = fstat(e->lock, &st) == 0 ? st.st_ino : 0;
	rc = mdb_reader_list(e->env, take_slot, &l);
	for (size_t i = 0; i < l.count; i++)
		each(arg, &l.at[i]);
	free(l.at);
	free(l.number);
	return rc < 0 ? E_SYSTEM : E_OK;
}

/* Without a transaction, as there may be no slot for one. */
enum err
store_readers(const char *path, reader_each *each, void *arg)
{
	struct store *s = store_new(path, MDB_RDONLY);
	enum err err = E_NOMEM;

	if (s != NULL)
		err = store_open_file(s, NULL, &s->env);
	if (err == E_OK)
		err = each_reader(s->env, each, arg);
	store_close(s);
	return err;
}

static void
take_oldest(void *arg, const struct reader *r)
{
	struct reader *oldest = arg;

	if (r->txnid < oldest->txnid)
		*oldest = *r;
}

enum err
readers_oldest(const struct store_env *e, struct reader *oldest)
{
	*oldest = (struct reader){ .txnid = READER_RESTS };
	return each_reader(e, take_oldest, oldest);
}

#define FREE_DBI 0 /* a list of pages for each commit: mdb_stat(1) reads it */

enum err
readers_keep(MDB_txn *txn, uint64_t txnid, uint64_t *pages)
{
	size_t first = (size_t)txnid + 1;
	MDB_val k = { sizeof(first), &first }, v;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, FREE_DBI, &cursor);

	*pages = 0;
	if (rc != 0)
		return store_err(rc);
	for (rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE); rc == 0;
	     rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
		size_t count = 0;

		memcpy(&count, v.mv_data, sizeof(count));
		*pages += count;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? E_OK : store_err(rc);
}

/* From the last commit back: until one that it sees. */
static bool
take_since(void *arg, const struct journal_entry *e)
{
	struct reader_behind *b = arg;

	b->longer = e->txnid > b->reader.txnid;
	if (b->longer)
		b->since_ms = e->meta.committed_ms;
	return b->longer;
}

enum err
snapshot_behind(struct snapshot *s, struct reader_behind *b)
{
	enum err err;

	*b = (struct reader_behind){ 0 };
	err = readers_oldest(s->env, &b->reader);
	if (err == E_OK && b->reader.txnid >= mdb_txn_id(s->txn))
		err = E_NOTFOUND;
	if (err == E_OK)
		err = readers_keep(s->txn, b->reader.txnid, &b->pages);
	return err == E_OK ? snapshot_journal(s, take_since, b) : err;
}

enum err
snapshot_usage(struct snapshot *s, struct store_usage *usage)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc;

	assert(s->env != NULL);
	memset(usage, 0, sizeof(*usage));
	if ((rc = mdb_env_info(s->env->env, &info)) != 0 ||
	    (rc = mdb_env_stat(s->env->env, &stat)) != 0)
		return store_err(rc);
	usage->bytes_used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
	usage->bytes_map = info.me_mapsize;
	usage->readers = info.me_numreaders;
	usage->readers_max = info.me_maxreaders;
	return E_OK;
}
