/*
 * feed.c - see feed.h.
 */
#include "zones/feed/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "region.h"
#include "zones/facts/asked.h"
#include "zones/facts/check.h"

struct feed_cursor {
	struct feed_cursor *next;
	const char *cursor;
	const struct feed_left *left;
	uint64_t more;
};

static void
left_drop(struct feed *f)
{
	f->left = NULL;
	f->left_end = &f->left;
	f->left_count = 0;
}

static void
cursors_drop(struct feed *f)
{
	arena_reset(&f->cursors_memory);
	f->cursors = NULL;
	f->cursors_end = &f->cursors;
	f->whole = 0;
	f->place_count = 0;
	f->regions = NULL;
	left_drop(f);
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
	if (f->report != NULL && f->report->dropped != NULL)
		f->report->dropped(f->report->arg);
}

void
feed_release(struct feed *f)
{
	feed_abort(f);
	arena_release(&f->cursors_memory);
	free(f->places);
	f->places = NULL;
}

static void
left_note(struct feed *f, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	struct arena *a = &f->cursors_memory;
	struct feed_left *l;

	if (f->left_count++ >= FEED_LEFT_MAX)
		return;
	l = arena_take(a, sizeof(*l));
	*l = (struct feed_left){ .where = { arena_text(a, where->name),
				     where->line },
		.title = arena_text(a, title),
		.why = *why };
	*f->left_end = l;
	f->left_end = &l->next;
}

static enum err
complain_of(struct feed *f, const struct feed_where *where,
    const struct fact *fact, const struct complaint *why)
{
	char buf[FACT_TITLE];
	const char *title = fact == NULL ? NULL : fact_title(fact, buf);

	f->counts.bad++;
	f->report->bad(f->report->arg, where, title, why);
	f->failed = f->strict;
	if (!f->strict)
		left_note(f, where, title, why);
	return f->strict ? E_INPUT : E_OK;
}

enum err
feed_complain(struct feed *f, const struct feed_where *where,
    const struct feed_line *line, const struct complaint *why)
{
	return complain_of(f, where, line->named ? &line->fact : NULL, why);
}

struct warning {
	struct feed *feed;
	const struct fact *fact;
	const struct feed_where *where;
};

static void
unasked_tell(void *arg, const struct complaint *why)
{
	const struct warning *w = arg;
	char title[FACT_TITLE], text[sizeof(*why) + 8];

	(void)snprintf(text, sizeof(text), "%s: %s: \"%s\"", why->field,
	    why->rule, why->value);
	w->feed->report->warning(
	    w->feed->report->arg, w->where, fact_title(w->fact, title), text);
}

/* Who applies a file looks at what it says; who follows was told once. */
static void
taken_look(
    struct feed *f, const struct fact *fact, const struct feed_where *where)
{
	struct warning w = { f, fact, where };

	if (!f->strict)
		return;
	fact_unasked(fact, unasked_tell, &w);
	feed_region_note(f, fact, where, false);
}

static void
conflict_tell(struct feed *f, const struct fact *fact,
    const struct feed_where *where, const char *other)
{
	char title[FACT_TITLE];

	if (other == NULL)
		return;
	f->counts.conflicts++;
	f->report->warning(
	    f->report->arg, where, fact_title(fact, title), other);
}

/* WHERE, until the end of what belongs together. */
static uint64_t
line_place(struct feed *f, const struct feed_where *where)
{
	f->places = array_grow(
	    f->places, f->place_count, &f->place_room, sizeof(*f->places));
	f->places[f->place_count] =
	    (struct feed_where){ arena_copy(&f->cursors_memory, where->name,
				     strlen(where->name)),
		    where->line };
	return f->place_count++;
}

/* WHOLE: it was read, and may fit yet. */
static enum err
leave_out(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, bool whole, const struct complaint *why)
{
	if (store_leave_out(
		f->txn, &line->fact, whole, why, line_place(f, where)))
		return E_OK;
	return complain_of(f, where, &line->fact, why);
}

static enum err
put_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	enum err err = store_put(f->txn, &line->fact, why);

	if (err == E_INPUT)
		return leave_out(f, line, where, true, why);
	if (err != E_OK)
		return err;
	f->counts.puts++;
	conflict_tell(f, &line->fact, where, store_conflict(f->txn));
	taken_look(f, &line->fact, where);
	return E_OK;
}

static enum err
delete_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	enum err err;

	if (f->in_snapshot)
		return complain(why, "delete", "must not be in a snapshot",
		    fact_kind_str(line->fact.kind));
	err = line->verb == FEED_DELETE
	    ? store_delete(f->txn, &line->fact, why)
	    : store_withdraw(f->txn, &line->fact, why);
	if (err != E_OK)
		return err;
	f->counts.deletes++;
	if (f->strict)
		feed_region_note(f, &line->fact, where, true);
	return E_OK;
}

static void
settled_tell(void *arg, uint64_t place, const struct fact *fact,
    const struct complaint *why, const char *other)
{
	struct feed *f = arg;
	const struct feed_where *where = &f->places[place];

	if (why == NULL) {
		f->counts.puts++;
		conflict_tell(f, fact, where, other);
		taken_look(f, fact, where);
	} else if (!f->failed) { /* the first ends it, if it is strict */
		(void)complain_of(f, where, fact, why);
	}
}

/* All that a file has belongs together. */
static enum err
feed_settle(struct feed *f, const char *cursor)
{
	enum err err;

	f->failed = false;
	err = store_settle(f->txn, cursor, settled_tell, f);
	f->place_count = 0;
	return err == E_OK && f->failed ? E_INPUT : err;
}

/* What was taken so far is whole, and stands at CURSOR. */
static enum err
mark(struct feed *f, const char *cursor)
{
	struct feed_cursor *c = arena_take(&f->cursors_memory, sizeof(*c));
	enum err err = f->strict ? E_OK : feed_settle(f, cursor);

	if (err != E_OK)
		return err;
	c->cursor = arena_text(&f->cursors_memory, cursor);
	c->left = f->left;
	c->more =
	    f->left_count <= FEED_LEFT_MAX ? 0 : f->left_count - FEED_LEFT_MAX;
	left_drop(f);
	*f->cursors_end = c;
	f->cursors_end = &c->next;
	f->whole++;
	f->counts.commits++;
	store_mark(f->txn, cursor);
	return E_OK;
}

static enum err
commit_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	(void)where;
	if (f->in_snapshot)
		return complain(why, "commit",
		    "must come with the end of the snapshot", line->cursor);
	return mark(f, line->cursor);
}

static void
transaction_begin(struct feed *f)
{
	store_begin(f->store, &f->txn);
	if (f->report->change != NULL)
		store_watch(f->txn, f->report->change, f->report->arg);
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
	f->snapshot_any = line->allow_delete || f->allow_delete;
	store_snapshot_begin(f->txn, line->network);
	return E_OK;
}

/* Nothing of the snapshot is stored but why: the source stands still. */
static enum err
halt(
    struct feed *f, const struct feed_where *where, const struct complaint *why)
{
	const char *const part[] = { why->field, why->rule, why->value };
	char text[HALTED_MAX + 1] = "";
	size_t len = 0;
	enum err err;

	if (complain_of(f, where, NULL, why) != E_OK)
		return E_INPUT;
	feed_abort(f);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (part[i][0] != '\0')
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s", len == 0 ? "" : ": ", part[i]);
	store_begin(f->store, &f->txn);
	store_halt(f->txn, text);
	err = store_commit(f->txn);
	f->txn = NULL;
	return err == E_OK ? E_INPUT : err;
}

static enum err
end_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	enum err err;

	if (!f->in_snapshot)
		return complain(
		    why, "snapshot", "must have begun before it ends", "end");
	f->in_snapshot = false;
	err = store_snapshot_end(f->txn, f->snapshot_any, why);
	if (err == E_INPUT)
		return halt(f, where, why);
	return err == E_OK && line->cursor != NULL ? mark(f, line->cursor)
						   : err;
}

/* Of a snapshot that may have any fact nothing can be deleted. */
static enum err
keep_take(struct feed *f, const struct feed_line *line,
    const struct feed_where *where, struct complaint *why)
{
	if (f->strict)
		return feed_complain(f, where, line, line->why);
	if (line->named && fact_check_key(&line->fact, why) == E_OK)
		return leave_out(f, line, where, false, line->why);
	return f->in_snapshot ? halt(f, where, line->why)
			      : feed_complain(f, where, line, line->why);
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
	struct complaint why = { .rule = "" };
	enum err err;

	if (f->txn == NULL)
		transaction_begin(f);
	err = take[line->verb](f, line, where, &why);
	/* Some have told it already, and why it cannot go on. */
	if (err != E_INPUT || f->txn == NULL || f->failed)
		return err;
	return feed_complain(f, where, line, &why);
}

static void
committed_tell(struct feed *f)
{
	for (const struct feed_cursor *c = f->cursors; c != NULL; c = c->next)
		f->report->committed(
		    f->report->arg, c->cursor, c->left, c->more);
	cursors_drop(f);
}

static enum err
feed_transaction_end(struct feed *f)
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
	err = f->strict ? feed_settle(f, NULL) : E_OK;
	if (err == E_OK)
		err = feed_regions_tell(f);
	if (err != E_OK)
		return err;
	changes = *store_changes(f->txn);
	err = feed_transaction_end(f);
	if (err == E_OK && f->report->stored != NULL)
		f->report->stored(f->report->arg, &changes);
	return err;
}
