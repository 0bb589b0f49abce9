/*
 * open.c - opening a store for writing, and keeping its file long enough.
 */
#include "zones/store/write/txn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "impl.h"

/*
 * LMDB does not write a page that a transaction took and gave back, even
 * the last one of the file.  Readers hold the file to its pages, so it is
 * made to end where they end; within a transaction, as another writer must
 * not lengthen it meanwhile.
 */
void
store_lengthen(struct store_env *e)
{
	off_t is, says;
	MDB_txn *txn;
	int fd;

	if (store_lengths(e->env, &is, &says) != E_OK || is >= says ||
	    mdb_txn_begin(e->env, NULL, 0, &txn) != 0)
		return;
	if (store_lengths(e->env, &is, &says) == E_OK && is < says &&
	    mdb_env_get_fd(e->env, &fd) == 0 && ftruncate(fd, says) != 0)
		log_warn("store: its file cannot be lengthened to %lld octets: "
			 "%s; readers may take it for damaged",
		    (long long)says, strerror(errno));
	mdb_txn_abort(txn);
}

enum err
store_open_writer(struct store **out, const struct store_options *options)
{
	struct store *s =
	    store_new(options->path, options->no_sync ? MDB_NOSYNC : 0);
	enum err err;

	*out = NULL;
	if (s == NULL)
		return E_NOMEM;
	s->map_bytes = options->map_bytes;
	if (mkdir(s->path, 0775) != 0 && errno != EEXIST)
		err = E_SYSTEM;
	else
		err = store_open_file(s, NULL, &s->env);
	if (err != E_OK) {
		store_close(s);
		return err;
	}
	store_lengthen(s->env); /* a writer may have died before it could */
	*out = s;
	return E_OK;
}
