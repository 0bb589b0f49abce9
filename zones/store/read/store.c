/*
 * store.c - a store, and whether what is open is what is there.
 *
 * LMDB keeps one list of locks and readers for all environments of a process:
 * closing one takes them from the others.  So the old one is closed before the
 * new one is opened, and before that every snapshot leaves it, also those of
 * threads that sleep; one that is being read puts it off to the next look.
 */
#include "zones/store/read/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "zones/store/read/env.h"
#include "zones/store/read/pages.h"

static ino_t
file_number(const struct store *s, const char *name, struct stat *st)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, name);
	return stat(path, st) == 0 ? st->st_ino : 0;
}

enum err
store_find_file(const struct store *s, struct store_file *f)
{
	struct stat st;

	memset(f, 0, sizeof(*f));
	f->lock = file_number(s, "lock.mdb", &st);
	errno = 0;
	f->ino = file_number(s, "data.mdb", &st);
	/* Who may not enter the folder does not see what is there. */
	if (f->ino == 0 && errno == EACCES)
		return E_SYSTEM;
	if (f->ino == 0 || st.st_size == 0)
		return E_ABSENT;
	f->dev = st.st_dev;
	return E_OK;
}

/*
 * All of it is looked at where a thread has the time: at first, when the file
 * was written without a commit, and once an hour.
 */
#define HOUR 3600

static void
damage_log(struct store *s, size_t page)
{
	char what[48] = "";

	if (page != PAGES_ALL)
		(void)snprintf(what, sizeof(what), "page %zu of ", page);
	if (page != s->told)
		log_error("store %s: %sdata.mdb is damaged; put a backup in "
			  "its place (dnsctl restore), or remove it and fill "
			  "a new one",
		    s->path, what);
}

/* With a transaction of E, if it has any, of which no page is written over. */
static enum err
pages_look(struct store *s, int fd, const struct store_env *e)
{
	MDB_txn *txn = NULL;
	size_t page;
	enum err err;

	if (e != NULL && slots_begin(e, MDB_RDONLY, &txn) != 0)
		txn = NULL;
	err = pages_verify(fd, txn != NULL && e->guard.locks, &page);
	mdb_txn_abort(txn);
	if (err == E_DAMAGED)
		damage_log(s, page);
	if (page != PAGES_MANY)
		s->due = clock_seconds(CLOCK_MONOTONIC) + HOUR;
	if (err == E_FORMAT && s->verdict != err && s->env != NULL)
		log_error("store %s: data.mdb is another, of another format; "
			  "what was open stays in use",
		    s->path);
	s->verdict = err;
	s->told = page;
	/* A write that goes on has its time already: it is looked at again. */
	if (err != E_OK &&
	    clock_seconds(CLOCK_REALTIME) - s->seen.st_mtim.tv_sec < 2)
		s->seen.st_ino = 0;
	return err;
}

/* Where it was not written since it is as it was. */
static enum err
pages_look_if_due(struct store *s, int fd, bool same, const struct store_env *e)
{
	struct stat was = s->seen;
	size_t commit = 0, before = s->commit;
	bool written;

	if (!s->keeps || fstat(fd, &s->seen) != 0 ||
	    pages_commit(fd, &commit) != E_OK)
		return E_OK;
	written = was.st_mtim.tv_sec != s->seen.st_mtim.tv_sec ||
	    was.st_mtim.tv_nsec != s->seen.st_mtim.tv_nsec ||
	    was.st_ino != s->seen.st_ino;
	if (!written && s->verdict != E_OK)
		return s->verdict;
	s->commit = commit;
	if (same && clock_seconds(CLOCK_MONOTONIC) < s->due &&
	    (commit != before || !written))
		return E_OK;
	return pages_look(s, fd, e);
}

/* Before LMDB opens it, which trusts what it reads; SAME: it is open. */
static enum err
file_check(struct store *s, bool same, const struct store_env *e)
{
	char path[4096];
	enum err err;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", s->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? E_SYSTEM : E_ABSENT;
	err = pages_check(fd);
	if (err == E_OK)
		err = pages_look_if_due(s, fd, same, e);
	(void)close(fd);
	return err;
}

/* False: one is being read. */
static bool
snapshots_take(struct store *s)
{
	struct snapshot *each;

	LIST_FOREACH(each, &s->snapshots, beside)
	{
		int rests = SNAPSHOT_RESTS;

		if (each->env == NULL)
			continue;
		if (!atomic_compare_exchange_strong(
			&each->turn, &rests, SNAPSHOT_TAKEN))
			return false;
		snapshot_leave(each);
	}
	return true;
}

/* Those that have another environment than the store look for it. */
static void
snapshots_wake(struct store *s)
{
	struct snapshot *each;

	LIST_FOREACH(each, &s->snapshots, beside)
	{
		int rests = SNAPSHOT_RESTS;

		if (each->env == NULL)
			(void)atomic_compare_exchange_strong(
			    &each->turn, &rests, SNAPSHOT_TAKEN);
	}
}

/* ERR: why there is nothing to open. */
static void
env_change(struct store *s, struct store_file *there, enum err err)
{
	int why = errno;
	struct stat st;

	if (!snapshots_take(s))
		return;
	store_close_file(s->env);
	s->env = NULL;
	s->why = err;
	s->why_system = why;
	if (err != E_OK)
		return;
	s->why = store_open_file(s, there, &s->env);
	s->why_system = errno;
	if (s->why == E_OK && there->lock == 0)
		s->env->file.lock = file_number(s, "lock.mdb", &st);
}

bool
store_file_is_same(const struct store_file *a, const struct store_file *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->lock == b->lock;
}

static void
files_look(struct store *s)
{
	struct store_env *e = s->env;
	struct store_file there;
	enum err err = store_find_file(s, &there);
	bool same =
	    e != NULL && there.dev == e->file.dev && there.ino == e->file.ino;

	if (err == E_OK)
		err = file_check(s, same && guard_hurt(&e->guard) == E_OK,
		    same && store_file_is_same(&e->file, &there) ? e : NULL);
	if (err != E_OK && same)
		guard_mark(&e->guard, err);
	(void)pthread_mutex_lock(&s->lock);
	if (e == NULL || guard_hurt(&e->guard) != E_OK ||
	    (err == E_OK && !store_file_is_same(&e->file, &there)))
		env_change(s, &there, err);
	e = s->env;
	s->settled = err == E_OK && e != NULL &&
	    guard_hurt(&e->guard) == E_OK &&
	    store_file_is_same(&e->file, &there);
	snapshots_wake(s);
	(void)pthread_mutex_unlock(&s->lock);
}

/* Whoever comes while another looks goes by what that one finds. */
void
store_look(struct store *s)
{
	if ((s->flags & MDB_RDONLY) == 0 ||
	    pthread_mutex_trylock(&s->looking) != 0)
		return;
	files_look(s);
	(void)pthread_mutex_unlock(&s->looking);
}

static int
due_ms(const struct store *s)
{
	time_t now = clock_seconds(CLOCK_MONOTONIC);

	return s->due <= now ? 0 : (int)(s->due - now) * 1000;
}

static void *
keeper_run(void *arg)
{
	struct store *s = arg;
	bool told = false; /* the first look was before this was watched */

	(void)pthread_setname_np(pthread_self(), "store");
	guard_thread();
	while (news_wait(&s->news, told && s->settled, due_ms(s))) {
		told = news_watch(&s->news, s->path);
		store_look(s);
	}
	return NULL;
}

enum err
store_keep(struct store *s)
{
	sigset_t all, before;

	if (s->kept)
		return E_OK;
	s->keeps = true;
	store_look(s);
	if (!news_open(&s->news))
		return E_SYSTEM;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	s->kept = pthread_create(&s->keeper, NULL, keeper_run, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (s->kept)
		return E_OK;
	news_close(&s->news);
	return E_SYSTEM;
}

static void
keeper_end(struct store *s)
{
	if (!s->kept)
		return;
	(void)eventfd_write(s->news.of[NEWS_END], 1);
	(void)pthread_join(s->keeper, NULL);
	news_close(&s->news);
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
	(void)pthread_mutex_init(&s->looking, NULL);
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
	assert(LIST_EMPTY(&s->snapshots));
	keeper_end(s);
	store_close_file(s->env);
	(void)pthread_mutex_destroy(&s->looking);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}
