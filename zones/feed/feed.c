/*
 * feed.c - see feed.h.
 */
#include "zones/feed/feed.h"

#include <string.h>

#include "zones/facts/check.h"

struct feed_cursor {
	struct feed_cursor *next;
	const char *cursor;
};

static void
cursors_drop(struct feed *f)
{
	arena_reset(&f->cursors_memory);
	f->cursors = NULL;
	f->cursors_end = &f->cursors;
	f->whole = 0;
}

void
feed_init(struct feed *f, struct store *store, const struct feed_report *report,
    const char *source, bool strict)
{
	memset(f, 0, sizeof(*f));
	f->store = store;
	f->report = report;
	f->source = source;
	f->strict = strict;
	cursors_drop(f);
}

void
feed_abort(struct feed *f)
{
	store_abort(f->txn);
	f->txn = NULL;
	f->in_snapshot = false;
	cursors_drop(f);
	if (f->report->dropped != NULL)
		f->report->dropped(f->report->arg);
}

void
feed_release(struct feed *f)
{
	feed_abort(f);
	arena_release(&f->cursors_memory);
}

enum err
feed_complain(struct feed *f, const struct feed_where *where,
    const struct feed_line *line, const struct complaint *why)
{
	char title[FACT_TITLE];

	f->counts.bad++;
	f->report->bad(f->report->arg, where,
	    line->named ? fact_title(&line->fact, title) : NULL, why);
	return f->strict ? E_INPUT : E_OK;
}

static void
conflict_tell(struct feed *f, const struct feed_line *line,
    const struct feed_where *where)
{
	const char *other = store_conflict(f->txn);
	char title[FACT_TITLE];

	if (other == NULL)
		return;
	f->counts.conflicts++;
	f->report->conflict(
	    f->report->arg, where, fact_title(&line->fact, title), other);
}

static enum err
put_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	enum err err = store_put(f->txn, &line->fact, why);

	if (err != E_OK)
		return err;
	f->counts.puts++;
	conflict_tell(f, line, where);
	return E_OK;
}

static enum err
delete_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	enum err err;

	(void)where;
	if (f->in_snapshot)
		return complain(why, "delete", "must not be in a snapshot",
		    fact_kind_str(line->fact.kind));
	err = line->verb == FEED_DELETE
	    ? store_delete(f->txn, &line->fact, why)
	    : store_withdraw(f->txn, &line->fact, why);
	if (err == E_OK)
		f->counts.deletes++;
	return err;
}

/* What was taken so far is whole, and stands at CURSOR. */
static void
mark(struct feed *f, const char *cursor)
{
	struct feed_cursor *c = arena_take(&f->cursors_memory, sizeof(*c));

	c->cursor = arena_copy(&f->cursors_memory, cursor, strlen(cursor));
	*f->cursors_end = c;
	f->cursors_end = &c->next;
	f->whole++;
	f->counts.commits++;
	store_mark(f->txn, cursor);
}

static enum err
commit_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	(void)where;
	if (f->in_snapshot)
		return complain(why, "commit",
		    "must come with the end of the snapshot", line->cursor);
	mark(f, line->cursor);
	return E_OK;
}

static enum err
begin_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	(void)where;
	if (f->in_snapshot)
		return complain(
		    why, "snapshot", "must end before another begins", "begin");
	f->in_snapshot = true;
	store_snapshot_begin(f->txn, line->network);
	return E_OK;
}

static enum err
end_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	(void)where;
	if (!f->in_snapshot)
		return complain(
		    why, "snapshot", "must have begun before it ends", "end");
	f->in_snapshot = false;
	store_snapshot_end(f->txn);
	if (line->cursor != NULL)
		mark(f, line->cursor);
	return E_OK;
}

/* What the snapshot has of it is not known: nothing is to go by mistake. */
static enum err
keep_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	(void)where;
	if (f->in_snapshot)
		store_snapshot_keep(f->txn,
		    line->named && fact_check_key(&line->fact, why) == E_OK
			? &line->fact
			: NULL);
	return E_OK;
}

static enum err
nothing_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	(void)f;
	(void)line;
	(void)where;
	(void)why;
	return E_OK;
}

static void
transaction_begin(struct feed *f)
{
	store_begin(f->store, &f->txn);
	if (f->report->change != NULL)
		store_watch(f->txn, f->report->change, f->report->arg);
}

enum err
feed_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where)
{
	static enum err (*const take[])(struct feed *, const struct feed_line *,
	    const struct feed_where *, struct complaint *) = {
		[FEED_PUT] = put_take,
		[FEED_DELETE] = delete_take,
		[FEED_WITHDRAW] = delete_take,
		[FEED_COMMIT] = commit_take,
		[FEED_SNAPSHOT_BEGIN] = begin_take,
		[FEED_SNAPSHOT_END] = end_take,
		[FEED_KEEP] = keep_take,
		[FEED_NOTHING] = nothing_take,
	};
	struct complaint why;
	enum err err;

	if (f->txn == NULL)
		transaction_begin(f);
	err = take[line->verb](f, line, where, &why);
	if (err != E_INPUT)
		return err;
	err = feed_complain(f, where, line, &why);
	return err == E_OK && line->verb == FEED_PUT
	    ? keep_take(f, line, where, &why)
	    : err;
}

static void
committed_tell(struct feed *f)
{
	for (const struct feed_cursor *c = f->cursors; c != NULL; c = c->next)
		f->report->committed(f->report->arg, c->cursor);
	cursors_drop(f);
}

static enum err
transaction_end(struct feed *f)
{
	struct store_txn *txn = f->txn;
	enum err err;

	if (f->dry) {
		feed_abort(f);
		return E_OK;
	}
	if (f->source != NULL)
		store_heard(txn, f->source);
	f->txn = NULL;
	f->in_snapshot = false;
	err = store_commit(txn);
	if (err == E_OK)
		committed_tell(f);
	else
		feed_abort(f);
	return err;
}

enum err
feed_store(struct feed *f)
{
	struct store_changes changes;
	enum err err;

	if (f->txn == NULL)
		return E_OK;
	changes = *store_changes(f->txn);
	err = transaction_end(f);
	if (err == E_OK && f->report->stored != NULL)
		f->report->stored(f->report->arg, &changes);
	return err;
}
