/*
 * guard.c - see guard.h.
 *
 *	fault in guard_get()        -> on_fault, on_assert: back to guard_get()
 *	fault in a map, elsewhere   -> on_fault: a page of zeros
 *	anything else               -> what was there before us
 */
#include "zones/store/read/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

/* The maps of all environments; TO is 0 where none is. */
#define MAPS 64
static struct map {
	atomic_uintptr_t from, to;
	struct guard *guard;
	int protection;
} maps[MAPS];

static struct sigaction before[2]; /* of SIGBUS, SIGSEGV */
static __thread sigjmp_buf *volatile back;

static struct map *
map_around(uintptr_t at)
{
	for (unsigned i = 0; i < MAPS; i++)
		if (at >= atomic_load(&maps[i].from) &&
		    at < atomic_load(&maps[i].to))
			return &maps[i];
	return NULL;
}

void
guard_mark(struct guard *g, enum err why)
{
	int none = E_OK;

	(void)atomic_compare_exchange_strong(&g->hurt, &none, (int)why);
}

static bool
zeros_put(uintptr_t at, int protection)
{
	uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);

	return mmap((void *)(at & ~(size - 1)), size, protection,
		   MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0) != MAP_FAILED;
}

/* A fault of LMDB's own code has no address that would tell it. */
static void
on_fault(int number, siginfo_t *info, void *context)
{
	bool sent = info->si_code <= 0;
	struct map *m = sent ? NULL : map_around((uintptr_t)info->si_addr);

	(void)context;
	if (m != NULL)
		guard_mark(m->guard, E_DAMAGED);
	if (back != NULL && !sent)
		siglongjmp(*back, 1);
	if (m != NULL && zeros_put((uintptr_t)info->si_addr, m->protection))
		return;
	/* It comes again when we return, unless somebody sent it. */
	(void)sigaction(number, &before[number == SIGSEGV], NULL);
	if (sent)
		(void)raise(number);
}

/* Only writers are outside of guard_get() then: nothing is committed. */
static void
on_assert(MDB_env *env, const char *what)
{
	(void)env;
	if (back != NULL)
		siglongjmp(*back, 1);
	log_error("store: it is damaged, nothing is written: %s", what);
	_exit(1);
}

/* Others may have set theirs since: they are what comes after us. */
static void
handler_set(int number, struct sigaction *was)
{
	const struct sigaction act = { .sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART };
	struct sigaction is;

	if (sigaction(number, NULL, &is) != 0 || is.sa_sigaction == on_fault)
		return;
	*was = is;
	(void)sigaction(number, &act, NULL);
}

void
guard_thread(void)
{
	sigset_t faults;

	(void)sigemptyset(&faults);
	(void)sigaddset(&faults, SIGBUS);
	(void)sigaddset(&faults, SIGSEGV);
	(void)pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

void
guard_begin(struct guard *g, MDB_env *env)
{
	(void)mdb_env_set_assert(env, on_assert);
	(void)mdb_env_set_userctx(env, g);
	handler_set(SIGBUS, &before[0]);
	handler_set(SIGSEGV, &before[1]);
}

static void
map_add(struct guard *g, uintptr_t from, uintptr_t to, bool writes)
{
	for (unsigned i = 0; i < MAPS; i++) {
		if (atomic_load(&maps[i].to) != 0)
			continue;
		maps[i].guard = g;
		maps[i].protection = PROT_READ | (writes ? PROT_WRITE : 0);
		atomic_store(&maps[i].from, from);
		atomic_store(&maps[i].to, to);
		return;
	}
}

/* A line of /proc/self/maps (proc(5)); LMDB does not say where it maps. */
static void
map_read(struct guard *g, const char *line)
{
	unsigned long from, to, offset;
	char how[5];
	bool locks = strstr(line, "/lock.mdb") != NULL;

	if ((!locks && strstr(line, "/data.mdb") == NULL) ||
	    sscanf(line, "%lx-%lx %4s %lx", &from, &to, how, &offset) != 4 ||
	    how[3] != 's' || offset != 0 || map_around(from) != NULL)
		return;
	map_add(g, from, to, how[1] == 'w');
	if (locks)
		g->locks = true;
	else
		g->data = (const char *)from;
}

void
guard_opened(struct guard *g)
{
	FILE *f = fopen("/proc/self/maps", "re");
	size_t room = 0;
	char *line = NULL;

	while (f != NULL && getline(&line, &room, f) > 0)
		map_read(g, line);
	free(line);
	if (f != NULL)
		(void)fclose(f);
}

void
guard_end(struct guard *g)
{
	for (unsigned i = 0; i < MAPS; i++)
		if (maps[i].guard == g) {
			atomic_store(&maps[i].to, 0);
			maps[i].guard = NULL;
		}
}

bool
guard_run(struct guard *g, void (*run)(void *), void *arg)
{
	sigjmp_buf here;

	if (back != NULL) {
		run(arg);
		return true;
	}
	if (sigsetjmp(here, 0) != 0) {
		back = NULL;
		guard_mark(g, E_DAMAGED);
		return false;
	}
	back = &here;
	run(arg);
	back = NULL;
	return true;
}

struct asked {
	MDB_cursor *cursor; /* or NULL: */
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val *key, *value;
	MDB_cursor_op op;
	int rc;
};

static void
asked_run(void *arg)
{
	struct asked *a = arg;

	a->rc = a->cursor != NULL
	    ? mdb_cursor_get(a->cursor, a->key, a->value, a->op)
	    : mdb_get(a->txn, a->dbi, a->key, a->value);
}

/* Where no one else is there to be gone back to. */
static int
asked_alone(struct asked *a)
{
	struct guard *g = mdb_env_get_userctx(mdb_txn_env(a->txn));

	return guard_run(g, asked_run, a) ? a->rc : MDB_CORRUPTED;
}

/* LMDB said so: what is no damage is not there, or the caller's mistake. */
static int
damage_heard(MDB_txn *txn, int rc, const MDB_val *value)
{
	if (rc == 0 && value->mv_size > VALUE_MOST)
		rc = MDB_CORRUPTED;
	if (rc < 0 && rc != MDB_NOTFOUND)
		guard_mark(mdb_env_get_userctx(mdb_txn_env(txn)), E_DAMAGED);
	return rc;
}

int
guard_get(MDB_cursor *c, MDB_val *key, MDB_val *value, MDB_cursor_op op)
{
	struct asked a;
	int rc;

	if (back != NULL) {
		rc = mdb_cursor_get(c, key, value, op);
	} else {
		a = (struct asked){ c, mdb_cursor_txn(c), 0, key, value, op,
			0 };
		rc = asked_alone(&a);
	}
	if (rc == 0 && value->mv_size <= VALUE_MOST)
		return 0;
	return damage_heard(mdb_cursor_txn(c), rc, value);
}

int
guard_find(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
	struct asked a = { NULL, txn, dbi, key, value, MDB_SET, 0 };

	return damage_heard(txn, asked_alone(&a), value);
}
