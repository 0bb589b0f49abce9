/*
 * compact.c - the store in a file of its own, without pages that hold nothing.
 *
 * In a writer's turn: copied beside, synced, renamed.  The copy goes on with
 * the number of the last commit, so that it agrees with the lock file and
 * with the slots in it, whatever order a process opens them in.  Who reads the
 * old file does so undisturbed until it looks which one is there.
 */
#include "zones/store/write/compact.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/log.h"
#include "impl.h"
#include "zones/store/write/readers.h"

/* Octets of its page before the number of a commit: LMDB's format 1. */
#define COMMIT_AT 144

#define ACL     "system.posix_acl_access"
#define ACL_MAX 4096

static int
last_commit(MDB_env *env, size_t *number)
{
	MDB_envinfo info;
	int rc = mdb_env_info(env, &info);

	*number = rc == 0 ? info.me_last_txnid : 0;
	return rc;
}

/* Commits of odd numbers are in the second page, where LMDB's copy has its. */
static int
commit_odd(const struct store *s, size_t *number)
{
	MDB_txn *txn;
	MDB_dbi dbi;
	struct store_key key;
	uint8_t head[STORE_HEAD_MAX];
	MDB_val k, v;
	int rc = last_commit(s->env->env, number);

	if (rc != 0 || *number % 2 == 1)
		return rc;
	if ((rc = slots_begin(s->env, 0, &txn)) != 0)
		return rc;
	key_init(&key, NETWORK_NONE, KEY_HEAD);
	k = key_val(&key);
	if ((rc = mdb_dbi_open(txn, NULL, 0, &dbi)) == 0 &&
	    (rc = mdb_get(txn, dbi, &k, &v)) == 0) {
		v.mv_size =
		    v.mv_size < STORE_HEAD_MAX ? v.mv_size : STORE_HEAD_MAX;
		memcpy(head, v.mv_data, v.mv_size);
		v.mv_data = head;
		rc = mdb_put(txn, dbi, &k, &v, 0);
	}
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return rc == 0 ? last_commit(s->env->env, number) : rc;
}

/* Where the second page has the commit's number; a copy's is 1. */
static enum err
set_number(MDB_env *env, int fd, size_t number)
{
	size_t one = 0;
	MDB_stat stat;
	off_t at;

	if (mdb_env_stat(env, &stat) != 0)
		return E_SYSTEM;
	at = (off_t)stat.ms_psize + COMMIT_AT;
	if (pread(fd, &one, sizeof(one), at) != sizeof(one) || one != 1)
		return E_DAMAGED;
	if (pwrite(fd, &number, sizeof(number), at) != sizeof(number) ||
	    fsync(fd) != 0)
		return store_err(errno);
	return E_OK;
}

/* LMDB reads it as it read the original. */
static enum err
check_copy(const struct store *s, const char *path, size_t number)
{
	MDB_stat is, was;
	MDB_env *env;
	size_t says = 0;
	int rc = mdb_env_create(&env);

	if (rc != 0)
		return store_err(rc);
	rc = mdb_env_open(env, path, MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR, 0);
	if (rc == 0 && (rc = last_commit(env, &says)) == 0 &&
	    (rc = mdb_env_stat(env, &is)) == 0 &&
	    (rc = mdb_env_stat(s->env->env, &was)) == 0 &&
	    (says != number || is.ms_entries != was.ms_entries))
		rc = MDB_INCOMPATIBLE;
	mdb_env_close(env);
	return store_err(rc);
}

/* As far as we may: of a folder's default ACL a file has the same already. */
static void
copy_rights(int from, int to)
{
	uint8_t acl[ACL_MAX];
	ssize_t len = fgetxattr(from, ACL, acl, sizeof(acl));
	struct stat st;

	if (fstat(from, &st) == 0 &&
	    (fchown(to, st.st_uid, st.st_gid) != 0 ||
		fchmod(to, st.st_mode) != 0))
		log_info("store: its new file is ours: %s", strerror(errno));
	if (len > 0)
		(void)fsetxattr(to, ACL, acl, (size_t)len, 0);
}

static enum err
make_copy(const struct store *s, const char *path, int fd)
{
	MDB_env *env = s->env->env;
	size_t number;
	int rc, from;
	enum err err;

	if ((rc = commit_odd(s, &number)) != 0 ||
	    (rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT)) != 0 ||
	    (rc = mdb_env_get_fd(env, &from)) != 0)
		return store_err(store_rc(s, rc));
	err = set_number(env, fd, number);
	if (err == E_OK)
		err = check_copy(s, path, number);
	copy_rights(from, fd);
	return err;
}

/* While it has a name more, its next writer knows that it is new: turn.c. */
static enum err
take_copy(const struct store *s, const char *path)
{
	char data[4096], fresh[4096];

	(void)snprintf(data, sizeof(data), "%s/data.mdb", s->path);
	(void)snprintf(fresh, sizeof(fresh), "%s/" STORE_FRESH, s->path);
	(void)unlink(fresh);
	if (link(path, fresh) != 0 || rename(path, data) != 0)
		return store_err(errno);
	return store_sync_folder(s);
}

/* In a turn, which ends with the old file. */
static enum err
compact(const struct store *s)
{
	char path[4096];
	enum err err;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb.new", s->path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0664);
	if (fd < 0)
		return store_err(errno);
	err = make_copy(s, path, fd);
	if (err == E_OK)
		err = take_copy(s, path);
	if (err != E_OK)
		(void)unlink(path);
	(void)close(fd);
	return err;
}

/* A file of so many pages that has grown by as many is looked at: a reader that
 * keeps half of it is left behind. */
#define KEPT_MOST 16384

/* What a reader keeps that is older than the last commit; 0: nothing. */
static uint64_t
count_kept(const struct store_env *e, size_t last, struct reader *oldest)
{
	uint64_t pages = 0;
	MDB_txn *txn;

	if (readers_oldest(e, oldest) != E_OK || oldest->txnid >= last ||
	    slots_begin(e, MDB_RDONLY, &txn) != 0)
		return 0;
	if (readers_keep(txn, oldest->txnid, &pages) != E_OK)
		pages = 0;
	mdb_txn_abort(txn);
	return pages;
}

static void
leave_behind(struct store *s, const struct reader *r, uint64_t pages)
{
	char text[READER_TEXT];
	enum err err = compact(s);

	(void)reader_text(r, text);
	if (err != E_OK)
		log_warn("store %s: %s reads what is old and keeps %" PRIu64
			 " pages; they cannot be given back: %s",
		    s->path, text, pages, err_str(err));
	else
		log_warn("store %s: %s reads what is old and kept %" PRIu64
			 " pages; it is left behind with the old file until "
			 "it looks for another",
		    s->path, text, pages);
}

void
store_mind_readers(struct store *s)
{
	struct reader oldest;
	MDB_envinfo info;
	uint64_t pages;

	if (mdb_env_info(s->env->env, &info) != 0 ||
	    info.me_last_pgno < s->minded + KEPT_MOST)
		return;
	s->minded = info.me_last_pgno;
	pages = count_kept(s->env, info.me_last_txnid, &oldest);
	if (pages < info.me_last_pgno / 2)
		return;
	leave_behind(s, &oldest, pages);
	s->minded = 0;
}

static enum err
count_octets(const struct store *s, uint64_t *octets)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (mdb_env_info(s->env->env, &info) != 0 ||
	    mdb_env_stat(s->env->env, &stat) != 0)
		return E_SYSTEM;
	*octets = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
	return info.me_last_txnid == 0 ? E_ABSENT : E_OK;
}

enum err
store_compact(struct store *s, uint64_t *before, uint64_t *after)
{
	enum err err = store_enter(s);

	if (err == E_OK)
		err = count_octets(s, before);
	if (err == E_OK)
		err = compact(s);
	store_leave(s);
	/* The file that is there now. */
	if (err == E_OK && (err = store_enter(s)) == E_OK)
		err = count_octets(s, after);
	store_leave(s);
	return err;
}
