/*
 * feed_stream.c - see feed_stream.h.
 */
#include "zones/feed_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

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

struct feed_stream {
	struct feed feed;
	const char *name;
	uint64_t number; /* of the line read last */
	bool follow;
	bool writing; /* lines go straight into the transaction */
	struct arena memory;
	STAILQ_HEAD(, waiting) queue;
	size_t lines, octets; /* in the queue */
	int64_t began_ms;     /* when the open transaction began */
};

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
queue_drop(struct feed_stream *s)
{
	STAILQ_INIT(&s->queue);
	s->lines = s->octets = 0;
	arena_reset(&s->memory);
}

enum err
feed_stream_open(struct feed_stream **out, struct store *store,
    const struct feed_report *report, const char *name, bool follow)
{
	struct feed_stream *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return E_NOMEM;
	s->name = name;
	s->follow = follow;
	s->writing = !follow;
	feed_init(&s->feed, store, report, follow ? name : NULL, !follow);
	queue_drop(s);
	return E_OK;
}

void
feed_stream_close(struct feed_stream *s)
{
	if (s == NULL)
		return;
	feed_release(&s->feed);
	arena_release(&s->memory);
	free(s);
}

static bool
ends_transaction(const struct feed_line *line)
{
	return line->verb == FEED_COMMIT ||
	    (line->verb == FEED_SNAPSHOT_END && line->cursor != NULL);
}

static enum err
take(struct feed_stream *s, const struct feed_line *line, uint64_t number)
{
	const struct feed_where where = { s->name, number };

	if (s->feed.txn == NULL)
		s->began_ms = now_ms();
	return feed_take(&s->feed, line, &where);
}

static enum err
queue_take(struct feed_stream *s)
{
	const struct waiting *w;
	enum err err;

	STAILQ_FOREACH(w, &s->queue, next)
	{
		err = take(s, &w->line, w->number);
		if (err != E_OK)
			return err;
	}
	queue_drop(s);
	return E_OK;
}

/* What is whole is stored first, so that it does not wait for the rest. */
static enum err
start_writing(struct feed_stream *s)
{
	enum err err = feed_store(&s->feed);

	if (err != E_OK)
		return err;
	s->writing = true;
	return queue_take(s);
}

static enum err
enough_is_whole(struct feed_stream *s)
{
	if (s->feed.whole < GROUP_COMMITS && now_ms() - s->began_ms < GROUP_MS)
		return E_OK;
	return feed_store(&s->feed);
}

/* A commit in a snapshot was refused: then the transaction goes on. */
static enum err
transaction_end(struct feed_stream *s)
{
	enum err err = queue_take(s);

	if (err != E_OK || !s->follow)
		return err;
	s->writing = s->feed.in_snapshot;
	return s->writing ? E_OK : enough_is_whole(s);
}

/* What is kept is bounded, be it facts or mistakes. */
static enum err
queue_count(struct feed_stream *s, size_t len)
{
	if (STAILQ_EMPTY(&s->queue)) {
		queue_drop(s);
		return E_OK;
	}
	s->lines++;
	s->octets += len;
	if (s->lines < QUEUE_LINES && s->octets < QUEUE_OCTETS)
		return E_OK;
	return start_writing(s);
}

/* W is of the arena, which is emptied when nothing in it waits. */
static enum err
line_accept(struct feed_stream *s, struct waiting *w, size_t len)
{
	enum err err = E_OK;

	if (s->writing)
		err = take(s, &w->line, w->number);
	else if (w->line.verb != FEED_NOTHING)
		STAILQ_INSERT_TAIL(&s->queue, w, next);
	if (err == E_OK && ends_transaction(&w->line))
		return transaction_end(s);
	return err == E_OK ? queue_count(s, len) : err;
}

static enum err
line_read(struct feed_stream *s, struct waiting *w, const char *text,
    size_t len, struct complaint *why)
{
	if (len > FEED_LINE_MAX)
		return complain(
		    why, "", "must have at most 1048576 octets", "");
	return feed_line_read(&w->line, &s->memory, text, len, why);
}

enum err
feed_stream_line(struct feed_stream *s, const char *text, size_t len)
{
	struct waiting *w = arena_take(&s->memory, sizeof(*w));
	struct feed_where where = { s->name, ++s->number };
	struct complaint why;
	enum err err;

	w->number = s->number;
	w->line.verb = FEED_NOTHING;
	err = line_read(s, w, text, len, &why);
	if (err == E_INPUT)
		err = feed_complain(&s->feed, &where, &w->line, &why);
	return err == E_OK ? line_accept(s, w, len) : err;
}

enum err
feed_stream_rest(struct feed_stream *s)
{
	return s->writing ? E_OK : feed_store(&s->feed);
}

/* A strict stream ends inside a snapshot: half of the facts are missing. */
static enum err
snapshot_unended(struct feed_stream *s)
{
	const struct feed_where where = { s->name, s->number };
	const struct feed_line line = { .verb = FEED_NOTHING };
	struct complaint why;

	(void)complain(&why, "snapshot", "must end before the file does", "");
	return feed_complain(&s->feed, &where, &line, &why);
}

enum err
feed_stream_end(struct feed_stream *s)
{
	if (s->follow) {
		if (s->writing)
			feed_abort(&s->feed);
		queue_drop(s);
		return feed_store(&s->feed);
	}
	if (s->feed.in_snapshot)
		return snapshot_unended(s);
	return feed_store(&s->feed);
}

const struct feed_counts *
feed_stream_counts(const struct feed_stream *s)
{
	return &s->feed.counts;
}
