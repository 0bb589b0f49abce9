/*
 * serve.c - the spine: from the feed, all in its thread, to who follows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "impl.h"
#include "zones/facts/json.h"

static bool
open_start(struct relay *r)
{
	if (r->open == NULL)
		r->open = open_memstream(&r->open_text, &r->open_len);
	return r->open != NULL;
}

static void
open_drop(struct relay *r)
{
	if (r->open == NULL)
		return;
	(void)fclose(r->open);
	free(r->open_text);
	r->open = NULL;
}

/*
 * An app that goes by itself leaves its instances; each has its own line.  Who
 * has our facts has nothing that waits: with a network goes all that is in it.
 */
static void
on_change(void *arg, enum store_change what, const struct fact *f)
{
	struct relay *r = arg;

	if (!open_start(r))
		return;
	if (what == STORE_DELETED)
		fact_json_print_key(r->open,
		    f->kind == FACT_NETWORK ? "delete" : "withdraw", f);
	else
		fact_json_print_aged(r->open, f);
	(void)putc('\n', r->open);
}

static void
on_committed(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	struct relay *r = arg;

	(void)snprintf(r->cursor, sizeof(r->cursor), "%s", cursor);
	r->below.committed(r->below.arg, cursor, left, more);
}

static void
on_bad(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	const struct relay *r = arg;

	r->below.bad(r->below.arg, where, title, why);
}

static void
on_warning(void *arg, const struct feed_where *where, const char *title,
    const char *text)
{
	const struct relay *r = arg;

	r->below.warning(r->below.arg, where, title, text);
}

static void
on_dropped(void *arg)
{
	open_drop(arg);
}

static void
on_stored(void *arg, const struct store_changes *changes)
{
	struct relay *r = arg;
	char *text;

	(void)changes;
	if (!open_start(r))
		return;
	(void)fputs("{\"commit\":", r->open);
	fact_json_print_text(r->open, r->cursor);
	(void)fputs("}\n", r->open);
	(void)fclose(r->open);
	r->open = NULL;
	text = r->open_text;
	(void)pthread_mutex_lock(&r->lock);
	backlog_add(r->backlog, r->cursor, text, r->open_len);
	r->heard_ms = clock_ms(CLOCK_MONOTONIC);
	relay_wake(r);
	(void)pthread_mutex_unlock(&r->lock);
}

void
relay_hear(struct relay *r, struct feed_report *report)
{
	r->below = *report;
	*report = (struct feed_report){ .arg = r,
		.bad = on_bad,
		.warning = on_warning,
		.committed = on_committed,
		.change = on_change,
		.stored = on_stored,
		.dropped = on_dropped };
}

static enum err
standing_read(struct relay *r)
{
	struct store_meta meta;
	enum err err = store_standing(r->store, &meta);

	if (err != E_OK)
		return err;
	memcpy(r->cursor, meta.cursor, sizeof(r->cursor));
	backlog_init(r->backlog, meta.cursor);
	return E_OK;
}

enum err
relay_open(struct relay **out, struct store *store, const char *address,
    const struct relay_identity *identity)
{
	struct relay *r = calloc(1, sizeof(*r));
	enum err err = E_NOMEM;

	*out = r;
	if (r == NULL)
		return E_NOMEM;
	r->store = store;
	LIST_INIT(&r->waiting);
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->news, NULL);
	r->backlog = calloc(1, sizeof(*r->backlog));
	if (r->backlog != NULL)
		err = standing_read(r);
	if (err == E_OK)
		err = render_start(r) ? relay_listen(r, address, identity)
				      : E_SYSTEM;
	if (err == E_OK)
		return E_OK;
	relay_close(r);
	*out = NULL;
	return err;
}

void
relay_close(struct relay *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->lock);
	r->ends = true;
	relay_wake(r);
	(void)pthread_mutex_unlock(&r->lock);
	if (r->daemon != NULL)
		MHD_stop_daemon(r->daemon);
	render_end(r);
	open_drop(r);
	if (r->backlog != NULL)
		backlog_release(r->backlog);
	free(r->backlog);
	free(r->cert);
	free(r->key);
	free(r->cacert);
	(void)pthread_cond_destroy(&r->news);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}
