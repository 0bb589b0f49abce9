/*
 * check.c - is every summary what its facts make, and nothing else?
 */
#include "zones/store/write/check.h"

#include <assert.h>

#include "check_impl.h"
#include "zones/store/read/pages.h"

/* What is wrong with a key, whatever its value. */
static const char *
why_no_key(struct check *c, const struct store_key *key)
{
	struct wire_in in = wire_in(key->buf, key->out.len);
	uint32_t number = wire_get32(&in);

	if (key->out.len < KEY_START)
		return "has no kind";
	if (number != c->number)
		check_enter(c, number);
	if (key_row(key_kind(key->buf)).name == NULL)
		return "there is no such kind";
	return c->has_network ? NULL : "there is no such network";
}

static void
read_stored(struct check *c, const struct store_key *key, const MDB_val *k,
    const MDB_val *v)
{
	struct fact f;

	if (fact_read(&f, c->network, k, v, &c->arena))
		check_fact(c, &f, false);
	else if (c->pass == CHECK_SUM)
		check_say_key(c, key, "cannot be read");
	arena_reset(&c->arena);
}

/* An app's first page, where no fact has put the app. */
static void
read_implied(struct check *c, const MDB_val *k)
{
	struct wire_in name = key_rest(k);
	struct fact f = { .kind = FACT_APP, .network = c->network };
	struct store_key key;
	MDB_val v;

	key_init(&key, c->number, KEY_APP);
	key_bytes(&key, name.buf, name.len);
	if (memchr(name.buf, 0, name.len) != NULL || check_get(c, &key, &v))
		return;
	f.app = arena_copy(&c->arena, (const char *)name.buf, name.len);
	check_fact(c, &f, true);
	arena_reset(&c->arena);
}

static void
read_key(struct check *c, const MDB_val *k, const MDB_val *v)
{
	const char *why;
	struct store_key key;
	enum key_value value;

	key_copy(&key, k->mv_data, k->mv_size);
	why = why_no_key(c, &key);
	if (why != NULL && c->pass == CHECK_SUM)
		check_say_key(c, &key, why);
	if (why != NULL)
		return;
	value = key_row(key_kind(key.buf)).value;
	c->uses[USE_IMPORTS] += key_kind(key.buf) == KEY_IMPORT;
	if (value == VALUE_FACT && c->pass != CHECK_NAME)
		read_stored(c, &key, k, v);
	if (value == VALUE_PACK && c->pass != CHECK_NAME) {
		read_implied(c, k);
		check_count(c, k, val_in(v));
	}
	if (value == VALUE_NAMES && c->pass != CHECK_NAME)
		check_end(c, k, v);
	if (c->pass != CHECK_GATHER)
		check_summary(c, value, k, v);
}

static enum err
run_pass(struct check *c, enum check_pass pass)
{
	struct snapshot *s = c->snapshot;
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc = mdb_cursor_open(s->txn, s->env->dbi, &cursor);

	if (rc != 0)
		return store_err(rc);
	c->pass = pass;
	check_enter(c, NETWORK_NONE);
	while ((rc = guard_get(cursor, &k, &v, MDB_NEXT)) == 0) {
		read_key(c, &k, &v);
		if (c->report->progress != NULL)
			c->report->progress(c->report->arg, ++c->keys, c->all);
	}
	mdb_cursor_close(cursor);
	check_enter(c, NETWORK_NONE);
	if (rc != MDB_NOTFOUND)
		return store_err(rc);
	return pass == CHECK_NAME ? E_OK : check_ranks(c);
}

/* How many keys a pass has. */
static enum err
count_keys(struct check *c)
{
	MDB_stat stat = { .ms_entries = 0 };
	int rc = mdb_stat(c->snapshot->txn, c->snapshot->env->dbi, &stat);

	c->all = stat.ms_entries;
	return store_err(rc);
}

/* Where the pages are good, what is in them is gone through: *ALL is not. */
static enum err
hold_pages(struct check *c, bool *all)
{
	size_t page;
	enum err err;
	int fd;

	if (mdb_env_get_fd(c->snapshot->env->env, &fd) != 0)
		return E_SYSTEM;
	err = pages_verify(fd, c->snapshot->env->guard.locks, &page);
	*all = err != E_DAMAGED || page != PAGES_ALL;
	if (err == E_DAMAGED && *all)
		check_say(c, true, "page %zu of data.mdb", page);
	return *all ? err : E_OK;
}

enum err
snapshot_check(struct snapshot *s, const struct check_report *report)
{
	struct check c = { .snapshot = s, .report = report };
	bool all = true;
	enum err err;

	assert(s->active);
	err = hold_pages(&c, &all);
	if (err == E_OK)
		err = count_keys(&c);
	if (err == E_OK)
		err = run_pass(&c, CHECK_SUM);

	if (err == E_OK && c.made_sum != c.there_sum) {
		c.damaged = true;
		c.all *= 3;
		err = run_pass(&c, CHECK_GATHER);
		if (err == E_OK)
			err = run_pass(&c, CHECK_NAME);
		check_missing(&c);
	}
	if (err == E_OK && !all && !c.damaged)
		check_say(&c, true,
		    "keys and values fit each other, but are not what was "
		    "written: put a backup in its place (dnsctl restore), or "
		    "remove the store and fill a new one");
	arena_release(&c.arena);
	arena_release(&c.made_arena);
	table_release(&c.made);
	return err == E_OK && c.damaged ? E_DAMAGED : err;
}
