/*
 * commit.c - a transaction as a whole: begun, marked, committed or not.
 *
 * What is worked out once, from all that a transaction changed, is written
 * here, before its end.
 */
#include "zones/store/write/txn.h"

#include <stdlib.h>

#include "base/clock.h"
#include "left_impl.h"
#include "zones/store/read/pages.h"

/* A store that never saw a commit has no head: it gets its first here. */
static void
read_head(struct store_txn *t)
{
	struct store_key key;
	MDB_val k, v;

	key_init(&key, NETWORK_NONE, KEY_HEAD);
	if (txn_get(t, &key, &v) == 0) {
		t->err = store_head_read(&t->head, &v);
		t->sum =
		    -pages_pair(key.buf, key.out.len, v.mv_data, v.mv_size);
	} else {
		t->head.next_network = 1;
	}
	key_init(&key, NETWORK_NONE, KEY_LEFT);
	k = key_val(&key);
	t->left = guard_get(t->cursor, &k, &v, MDB_SET_RANGE) == 0 &&
	    val_begins(&k, &key);
}

/*
 * LMDB takes the number of the last commit from the lock file, which readers
 * may write: by a false one what was committed would be written over.
 */
static bool
lock_fits(struct store_txn *t)
{
	MDB_envinfo info;

	if (mdb_env_info(t->store->env->env, &info) != 0 ||
	    mdb_txn_id(t->txn) - 1 != info.me_last_txnid)
		t->err = E_LOCK;
	return t->err == E_OK;
}

void
store_begin(struct store *s, struct store_txn **out)
{
	struct store_txn *t = calloc(1, sizeof(*t));

	if (t == NULL)
		no_memory();
	*out = t;
	t->store = s;
	t->err = store_enter(s);
	if (t->err != E_OK)
		return;
	if (txn_holds(t, slots_begin(s->env, 0, &t->txn)) && lock_fits(t) &&
	    txn_holds(t, mdb_dbi_open(t->txn, NULL, 0, &s->env->dbi)) &&
	    txn_holds(t, mdb_cursor_open(t->txn, s->env->dbi, &t->cursor)))
		read_head(t);
}

void
txn_touch(struct store_txn *t, uint32_t network)
{
	uint64_t commit = t->head.meta.commits + 1;
	struct store_key key;
	uint8_t buf[12];
	struct wire_out out = wire_out(buf, sizeof(buf));
	uint32_t count = 0;
	MDB_val v;

	if (t->touched == network)
		return;
	t->touched = network;
	key_init(&key, network, KEY_COMMITS);
	if (txn_get(t, &key, &v) == 0) {
		struct wire_in in = val_in(&v);

		count = wire_get32(&in);
		if (wire_get64(&in) == commit)
			return;
	}
	wire_put32(&out, count + 1);
	wire_put64(&out, commit);
	txn_put(t, &key, buf, out.len);
}

static void
set_text(char out[CURSOR_MAX + 1], const char *text, bool *changed)
{
	size_t len = strnlen(text, CURSOR_MAX);

	if (strlen(out) == len && memcmp(out, text, len) == 0)
		return;
	memset(out, 0, CURSOR_MAX + 1);
	memcpy(out, text, len);
	*changed = true;
}

void
store_mark(struct store_txn *t, const char *cursor)
{
	set_text(t->head.meta.cursor, cursor, &t->changed);
	left_goes_on(t);
}

void
store_heard(struct store_txn *t, const char *source)
{
	set_text(t->head.meta.source, source, &t->changed);
	t->head.meta.heard_ms = clock_ms(CLOCK_REALTIME);
	t->heard = true;
}

bool
store_changed(const struct store_txn *t)
{
	return t->changed || t->heard;
}

enum err
store_txn_meta(struct store_txn *t, struct store_meta *meta)
{
	*meta = t->head.meta;
	return t->err;
}

const struct store_changes *
store_changes(const struct store_txn *t)
{
	return &t->changes;
}

void
store_watch(struct store_txn *t, store_each_change *each, void *arg)
{
	t->watch = each;
	t->watch_arg = arg;
}

void
txn_changes(struct store_txn *t, enum store_change what, const struct fact *f)
{
	t->changes.count[what][f->kind]++;
	t->unsettled = true;
	if (t->watch != NULL)
		t->watch(t->watch_arg, what, f);
}

const char *
store_conflict(const struct store_txn *t)
{
	return t->conflict[0] == '\0' ? NULL : t->conflict;
}

static void
put_store_head(const struct store_head *h, struct wire_out *out)
{
	wire_put16(out, STORE_FORMAT);
	wire_put64(out, h->facts);
	wire_put32(out, h->next_network);
	wire_put64(out, h->meta.commits);
	wire_put64(out, (uint64_t)h->meta.committed_ms);
	wire_put64(out, (uint64_t)h->meta.heard_ms);
	text_put(out, h->meta.cursor);
	text_put(out, h->meta.source);
}

static void
write_head(struct store_txn *t)
{
	uint8_t buf[STORE_HEAD_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;
	uint64_t sum;

	/* Word without news is no commit: the store's age is its facts'. */
	if (t->changed || t->head.meta.commits == 0) {
		t->head.meta.commits++;
		t->head.meta.committed_ms = clock_ms(CLOCK_REALTIME);
		journal_write(t);
	}
	txn_flush(t);
	put_store_head(&t->head, &out);
	key_init(&key, NETWORK_NONE, KEY_HEAD);
	/* Of all pairs together the sum is 0. */
	wire_put64(&out, 0);
	sum = t->sum + pages_pair(key.buf, key.out.len, buf, out.len);
	out.len -= sizeof(sum);
	wire_put64(&out, sum);
	txn_put(t, &key, buf, out.len);
}

/* Names and ranks are looked for with a cursor, so all else comes first. */
static void
write_rest(struct store_txn *t)
{
	txn_flush(t);
	names_write(t);
	if (t->ranks_changed)
		rank_write(t);
	write_head(t);
	txn_flush(t);
}

/* So many facts changed, and their pages and keys, that memory is given back.
 */
#define LARGE 4096

static bool
is_large(const struct store_txn *t)
{
	uint32_t sum = 0;

	for (int i = 0; i < STORE_CHANGES; i++)
		for (int kind = 0; kind < FACT_KINDS; kind++)
			sum += t->changes.count[i][kind];
	return sum >= LARGE;
}

static void
free_txn(struct store_txn *t)
{
	arena_release(&t->arena);
	arena_release(&t->network_arena);
	overlay_release(&t->overlay);
	overlay_release(&t->names);
	overlay_release(&t->ends);
	paged_room_release(&t->paged);
	seen_end(t);
	if (t->err == E_OK && is_large(t))
		store_slim(t->store);
	store_leave(t->store);
	free(t);
}

enum err
store_commit(struct store_txn *t)
{
	enum err err;

	write_rest(t);
	if (t->err == E_OK) {
		MDB_txn *txn = t->txn;

		mdb_cursor_close(t->cursor);
		t->txn = NULL; /* gone, whatever commit says */
		if (txn_holds(t, mdb_txn_commit(txn))) {
			store_lengthen(t->store->env);
			store_mind_readers(t->store);
		}
	} else if (t->txn != NULL) {
		mdb_txn_abort(t->txn);
	}
	err = t->err;
	free_txn(t);
	return err;
}

void
store_abort(struct store_txn *t)
{
	if (t == NULL)
		return;
	if (t->txn != NULL)
		mdb_txn_abort(t->txn);
	free_txn(t);
}

enum err
store_standing(struct store *s, struct store_meta *meta)
{
	struct store_txn *txn;
	enum err err;

	store_begin(s, &txn);
	err = store_txn_meta(txn, meta);
	store_abort(txn);
	return err;
}
