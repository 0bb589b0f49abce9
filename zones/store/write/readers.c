/*
 * readers.c - see readers.h.  LMDB tells of them in lines of text.
 */
#include "zones/store/write/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "zones/store/read/env.h"

struct reader_list {
	struct reader *at;
	size_t count, room;
};

static void
name_read(struct reader *r)
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

static struct reader *
reader_of(struct reader_list *l, int pid)
{
	struct reader *r;

	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].pid == pid)
			return &l->at[i];
	l->at = array_grow(l->at, l->count, &l->room, sizeof(*l->at));
	r = &l->at[l->count++];
	*r = (struct reader){ .pid = pid, .txnid = READER_RESTS };
	name_read(r);
	return r;
}

/* "pid thread txnid" of one slot, or a heading; no txnid is "-". */
static int
slot_take(const char *line, void *arg)
{
	struct reader *r;
	size_t txnid;
	int pid, got = sscanf(line, "%d %*x %zu", &pid, &txnid);

	if (got < 1)
		return 0;
	r = reader_of(arg, pid);
	r->slots++;
	if (got == 2 && txnid < r->txnid)
		r->txnid = txnid;
	return 0;
}

static enum err
each_reader(MDB_env *env, reader_each *each, void *arg)
{
	struct reader_list l = { 0 };

	(void)mdb_reader_check(env, NULL);
	if (mdb_reader_list(env, slot_take, &l) < 0)
		return E_SYSTEM;
	for (size_t i = 0; i < l.count; i++)
		each(arg, &l.at[i]);
	free(l.at);
	return E_OK;
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
		err = each_reader(s->env->env, each, arg);
	store_close(s);
	return err;
}
