/*
 * apply.c - see apply.h.
 *
 * Reading and checking facts takes a third as long as storing them, and
 * longer where lines are not plain, so that is done in a thread of its own, a
 * batch ahead: while the store takes one, the next is decoded.  A batch
 * belongs to one side at a time; nothing else is shared.
 */
#include "zones/feed/apply.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

#define BATCH_LINES  512
#define BATCH_OCTETS (256 * 1024)

struct batch_line {
	const char *text; /* the batch's memory */
	size_t len;
	uint64_t number;
	struct feed_line line;
};

struct batch {
	struct arena memory;
	size_t octets;
	unsigned count;
	struct batch_line lines[BATCH_LINES];
};

/* The thread: GO says that there is work or no more, DONE that it is. */
struct decoder {
	pthread_t thread;
	sem_t go, done;
	struct batch *work; /* NULL: end */
};

struct apply {
	struct feed feed;
	struct feed_input in;
	const char *name;
	uint64_t number; /* of the line read last */
	uint64_t octets; /* of lines taken */
	struct decoder decoder;
	struct batch batch[2];
};

static void
semaphore_wait(sem_t *s)
{
	while (sem_wait(s) != 0)
		; /* a signal */
}

static void *
decoder_run(void *arg)
{
	struct decoder *d = arg;

	for (;;) {
		semaphore_wait(&d->go);
		if (d->work == NULL)
			return NULL;
		for (unsigned i = 0; i < d->work->count; i++)
			feed_line_read(&d->work->lines[i].line,
			    &d->work->memory, d->work->lines[i].text,
			    d->work->lines[i].len);
		(void)sem_post(&d->done);
	}
}

static enum err
decoder_start(struct decoder *d)
{
	(void)sem_init(&d->go, 0, 0);
	(void)sem_init(&d->done, 0, 0);
	if (pthread_create(&d->thread, NULL, decoder_run, d) == 0)
		return E_OK;
	(void)sem_destroy(&d->go);
	(void)sem_destroy(&d->done);
	return E_NOMEM;
}

static void
decoder_give(struct decoder *d, struct batch *work)
{
	d->work = work;
	(void)sem_post(&d->go);
}

static void
decoder_stop(struct decoder *d)
{
	decoder_give(d, NULL);
	(void)pthread_join(d->thread, NULL);
	(void)sem_destroy(&d->go);
	(void)sem_destroy(&d->done);
}

static void
batch_add(struct apply *a, struct batch *b, const char *text, size_t len)
{
	struct batch_line *l = &b->lines[b->count++];

	l->text = arena_copy(&b->memory, text, len);
	l->len = len;
	l->number = ++a->number;
	b->octets += len;
}

/* As many lines as make a batch; fewer, and in the end none, at the end. */
static enum err
batch_fill(struct apply *a, struct batch *b)
{
	const char *text;
	enum err err = E_OK;
	size_t len;

	arena_reset(&b->memory);
	b->count = 0;
	b->octets = 0;
	while (
	    err == E_OK && b->count < BATCH_LINES && b->octets < BATCH_OCTETS) {
		if (feed_input_line(&a->in, &text, &len))
			batch_add(a, b, text, len);
		else if (a->in.ended)
			break;
		else
			err = feed_input_fill(&a->in);
	}
	return err;
}

static enum err
batch_take(struct apply *a, const struct batch *b)
{
	enum err err = E_OK;

	for (unsigned i = 0; i < b->count && err == E_OK; i++) {
		const struct batch_line *l = &b->lines[i];
		const struct feed_where where = { a->name, l->number };

		err = feed_take(&a->feed, &l->line, &where);
	}
	return err;
}

static void
progress_tell(struct apply *a, const struct batch *b)
{
	a->octets += b->octets;
	if (a->feed.report->progress != NULL)
		a->feed.report->progress(
		    a->feed.report->arg, a->number, a->octets);
}

/* While the decoder has one batch, the other is written, then filled. */
static enum err
batches_take(struct apply *a)
{
	struct batch *next = &a->batch[0], *ready = &a->batch[1], *swap;
	enum err err = batch_fill(a, next);

	while (err == E_OK && (next->count > 0 || ready->count > 0)) {
		decoder_give(&a->decoder, next);
		err = batch_take(a, ready);
		progress_tell(a, ready);
		if (err == E_OK)
			err = batch_fill(a, ready);
		semaphore_wait(&a->decoder.done);
		swap = ready;
		ready = next;
		next = swap;
	}
	return err;
}

/* Half of the facts would look like all of them. */
static enum err
snapshot_check_ended(struct apply *a)
{
	const struct feed_where where = { a->name, a->number };
	const struct feed_line none = { .verb = FEED_NOTHING };
	struct complaint why;

	if (!a->feed.in_snapshot)
		return E_OK;
	(void)complain(&why, "snapshot", "must end before the file does", "");
	return feed_complain(&a->feed, &where, &none, &why);
}

static enum err
apply_read(struct apply *a)
{
	enum err err = decoder_start(&a->decoder);

	if (err != E_OK)
		return err;
	err = batches_take(a);
	decoder_stop(&a->decoder);
	if (err == E_OK)
		err = snapshot_check_ended(a);
	return err == E_OK ? feed_store(&a->feed) : err;
}

enum err
feed_apply(struct store *store, const struct feed_report *report,
    const char *name, int fd, enum feed_apply what, bool allow_delete)
{
	struct apply *a = calloc(1, sizeof(*a));
	enum err err;

	if (a == NULL)
		return E_NOMEM;
	a->name = name;
	feed_init(&a->feed, store, report, NULL, true);
	a->feed.dry = what == FEED_TRY;
	a->feed.allow_delete = allow_delete;
	err = feed_input_init(&a->in, fd);
	if (err == E_OK)
		err = apply_read(a);
	feed_release(&a->feed);
	feed_input_release(&a->in);
	arena_release(&a->batch[0].memory);
	arena_release(&a->batch[1].memory);
	free(a);
	return err;
}
