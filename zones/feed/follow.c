/*
 * follow.c - see follow.h.
 */
#include "zones/feed/follow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "input.h"

/* A transaction larger than this is written as it comes. */
#define QUEUE_LINES  1024
#define QUEUE_OCTETS (1024 * 1024)

/* What is whole waits for no more than this to be stored together. */
#define GROUP_COMMITS 1024
#define GROUP_MS      20

struct waiting {
	STAILQ_ENTRY(waiting) next;
	struct feed_line line;
	uint64_t number;
};

struct feed_follow {
	struct feed feed;
	const char *name;
	uint64_t number;  /* of the line read last */
	bool writing;     /* lines go straight into the transaction */
	bool in_snapshot; /* after the line read last */
	uint64_t begun;   /* the line of its begin */
	struct arena memory;
	STAILQ_HEAD(waiting_list, waiting) queue;
	size_t lines, octets; /* in the queue */
	int64_t began_ms;     /* when the open transaction began */
};

static void
queue_drop(struct feed_follow *f)
{
	STAILQ_INIT(&f->queue);
	f->lines = f->octets = 0;
	arena_reset(&f->memory);
}

enum err
feed_follow_open(struct feed_follow **out, struct store *store,
    const struct feed_report *report, const char *name, bool allow_delete)
{
	struct feed_follow *f = calloc(1, sizeof(*f));

	*out = f;
	if (f == NULL)
		return E_NOMEM;
	f->name = name;
	feed_init(&f->feed, store, report, name, false);
	f->feed.allow_delete = allow_delete;
	queue_drop(f);
	return E_OK;
}

void
feed_follow_close(struct feed_follow *f)
{
	if (f == NULL)
		return;
	feed_release(&f->feed);
	arena_release(&f->memory);
	free(f);
}

/* A commit inside a snapshot and an end outside will be refused. */
static bool
ends_transaction(const struct feed_follow *f, const struct feed_line *line)
{
	if (line->verb == FEED_COMMIT)
		return !f->in_snapshot;
	return line->verb == FEED_SNAPSHOT_END && f->in_snapshot &&
	    line->cursor != NULL;
}

static void
snapshot_note(struct feed_follow *f, const struct feed_line *line)
{
	if (line->verb == FEED_SNAPSHOT_BEGIN && !f->in_snapshot)
		f->begun = f->number;
	if (line->verb == FEED_SNAPSHOT_BEGIN)
		f->in_snapshot = true;
	else if (line->verb == FEED_SNAPSHOT_END)
		f->in_snapshot = false;
}

static enum err
line_follow(
    struct feed_follow *f, const struct feed_line *line, uint64_t number)
{
	const struct feed_where where = { f->name, number };

	if (f->feed.txn == NULL)
		f->began_ms = clock_ms(CLOCK_MONOTONIC);
	return feed_take(&f->feed, line, &where);
}

static enum err
queue_take(struct feed_follow *f)
{
	const struct waiting *w;
	enum err err;

	for (w = STAILQ_FIRST(&f->queue); w != NULL; w = STAILQ_NEXT(w, next)) {
		err = line_follow(f, &w->line, w->number);
		if (err != E_OK)
			return err;
	}
	queue_drop(f);
	return E_OK;
}

/* What is whole is stored first, so that it does not wait for the rest. */
static enum err
start_writing(struct feed_follow *f)
{
	enum err err = feed_store(&f->feed);

	if (err != E_OK)
		return err;
	f->writing = true;
	return queue_take(f);
}

static enum err
enough_is_whole(struct feed_follow *f)
{
	if (f->feed.whole < GROUP_COMMITS &&
	    clock_ms(CLOCK_MONOTONIC) - f->began_ms < GROUP_MS)
		return E_OK;
	return feed_store(&f->feed);
}

static enum err
transaction_end(struct feed_follow *f)
{
	enum err err = queue_take(f);

	f->writing = false;
	return err == E_OK ? enough_is_whole(f) : err;
}

/* What is kept is bounded, be it facts or mistakes. */
static enum err
queue_count(struct feed_follow *f, size_t len)
{
	if (STAILQ_EMPTY(&f->queue)) {
		queue_drop(f);
		return E_OK;
	}
	f->lines++;
	f->octets += len;
	if (f->lines < QUEUE_LINES && f->octets < QUEUE_OCTETS)
		return E_OK;
	return start_writing(f);
}

/* W is of the arena, which is emptied when nothing in it waits. */
static enum err
line_accept(struct feed_follow *f, struct waiting *w, size_t len)
{
	bool ends = ends_transaction(f, &w->line);
	enum err err = E_OK;

	/* What is whole is stored before it, as it may be refused. */
	if (w->line.verb == FEED_SNAPSHOT_BEGIN && !f->writing)
		err = feed_store(&f->feed);
	if (err != E_OK)
		return err;
	snapshot_note(f, &w->line);
	if (f->writing)
		err = line_follow(f, &w->line, w->number);
	else if (w->line.verb != FEED_NOTHING)
		STAILQ_INSERT_TAIL(&f->queue, w, next);
	if (err == E_OK && ends)
		return transaction_end(f);
	return err == E_OK ? queue_count(f, len) : err;
}

enum err
feed_follow_line(struct feed_follow *f, const char *text, size_t len)
{
	struct waiting *w = arena_take(&f->memory, sizeof(*w));

	w->number = ++f->number;
	feed_line_read(&w->line, &f->memory, text, len);
	return line_accept(f, w, len);
}

enum err
feed_follow_rest(struct feed_follow *f)
{
	return f->writing ? E_OK : feed_store(&f->feed);
}

/* All since its begin was of it, commits too, and is dropped. */
static enum err
snapshot_complain(struct feed_follow *f)
{
	const struct feed_line none = { .verb = FEED_NOTHING };
	const struct feed_where where = { f->name, f->begun };
	struct complaint why;

	(void)complain(
	    &why, "snapshot", "must end: what came since is dropped", "begin");
	return feed_complain(&f->feed, &where, &none, &why);
}

enum err
feed_follow_end(struct feed_follow *f)
{
	if (f->in_snapshot && snapshot_complain(f) != E_OK)
		return E_INPUT;
	if (f->writing)
		feed_abort(&f->feed);
	f->writing = f->in_snapshot = false;
	queue_drop(f);
	return feed_store(&f->feed);
}

static enum err
lines_read(struct feed_follow *f, struct feed_input *in,
    const volatile sig_atomic_t *stop)
{
	const char *line;
	size_t len;
	enum err err = E_OK;

	while (err == E_OK && !*stop) {
		if (feed_input_line(in, &line, &len)) {
			err = feed_follow_line(f, line, len);
		} else if (in->ended) {
			break;
		} else if (feed_input_waits(in)) {
			err = feed_follow_rest(f);
			feed_input_wait(in, stop);
		} else {
			err = feed_input_fill(in);
		}
	}
	return err;
}

enum err
feed_follow_read(
    struct feed_follow *f, int fd, const volatile sig_atomic_t *stop)
{
	struct feed_input in;
	enum err err = feed_input_init(&in, fd);

	if (err == E_OK)
		err = lines_read(f, &in, stop);
	if (err == E_OK)
		err = feed_follow_end(f);
	feed_input_release(&in);
	return err;
}
