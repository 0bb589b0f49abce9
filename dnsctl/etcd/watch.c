/*
 * watch.c - changes as etcd tells them, each revision whole.
 *
 * A quiet etcd is told from a dead one by asking it: a watch may be silent
 * for minutes, and stays silent on a member that lost its cluster.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "impl.h"

#define KEPT ((size_t)1 << 20) /* octets of a buffer between messages */

static void
watch_start(struct etcd *e)
{
	json_t *body = json_object(), *create = json_object();
	char below[512];

	(void)snprintf(below, sizeof(below), "%s/", e->options->prefix);
	etcd_range_set(create, below);
	(void)json_object_set_new(
	    create, "start_revision", json_integer(e->revision + 1));
	(void)json_object_set_new(create, "progress_notify", json_true());
	(void)json_object_set_new(body, "create_request", create);
	e->created = false;
	etcd_call_start(e, &e->watch, "/v3/watch", body, 0);
}

static bool
is_delete(const json_t *event)
{
	const char *type = json_string_value(json_object_get(event, "type"));

	return type != NULL && strcmp(type, "DELETE") == 0;
}

static int64_t
revision_of(const json_t *event)
{
	return etcd_number(json_object_get(event, "kv"), "mod_revision");
}

/* Events FIRST to BEHIND are one revision, and judged as one. */
static enum etcd_outcome
revision_take(struct etcd *e, const json_t *events, size_t first, size_t behind)
{
	enum etcd_outcome outcome = ETCD_OK;

	for (size_t i = first; i < behind && outcome == ETCD_OK; i++) {
		const json_t *event = json_array_get(events, i);

		outcome = etcd_take(
		    e, json_object_get(event, "kv"), is_delete(event));
	}
	if (outcome != ETCD_OK)
		return outcome;
	return etcd_mark(e, revision_of(json_array_get(events, first)));
}

/* etcd never splits a revision over two messages. */
static enum etcd_outcome
events_take(struct etcd *e, const json_t *events)
{
	enum etcd_outcome outcome = ETCD_OK;
	size_t first = 0, behind, count = json_array_size(events);

	for (; first < count && outcome == ETCD_OK; first = behind) {
		int64_t revision = revision_of(json_array_get(events, first));

		for (behind = first + 1; behind < count; behind++)
			if (revision_of(json_array_get(events, behind)) !=
			    revision)
				break;
		if (revision > e->revision)
			outcome = revision_take(e, events, first, behind);
	}
	return outcome;
}

static enum etcd_outcome
canceled(struct etcd *e, const json_t *result)
{
	const char *why =
	    json_string_value(json_object_get(result, "cancel_reason"));

	if (etcd_number(result, "compact_revision") != 0) {
		enum etcd_outcome outcome = etcd_store(e);

		return outcome == ETCD_OK ? etcd_lost(e) : outcome;
	}
	return etcd_fail(
	    e, "watch canceled: %s", why == NULL ? "no reason" : why);
}

/* Without events, and not the first: all up to its revision was told. */
static enum etcd_outcome
progress_take(struct etcd *e, const json_t *result)
{
	int64_t revision =
	    etcd_number(json_object_get(result, "header"), "revision");

	if (json_is_true(json_object_get(result, "created")) ||
	    revision <= e->revision)
		return ETCD_OK;
	return etcd_mark(e, revision);
}

static enum etcd_outcome
watch_message_take(struct etcd *e, const json_t *message)
{
	const json_t *result = json_object_get(message, "result");
	const json_t *events = json_object_get(result, "events");

	if (result == NULL)
		return etcd_fail(e, "%s",
		    json_string_value(json_object_get(
			json_object_get(message, "error"), "message")) == NULL
			? "watch refused"
			: json_string_value(json_object_get(
			      json_object_get(message, "error"), "message")));
	if (json_is_true(json_object_get(result, "canceled")))
		return canceled(e, result);
	e->created = true;
	e->endpoints.failures = 0;
	if (json_array_size(events) > 0)
		return events_take(e, events);
	return progress_take(e, result);
}

static enum etcd_outcome
watch_line_take(struct etcd *e, const char *line, size_t len)
{
	enum etcd_outcome outcome;
	json_error_t wrong;
	json_t *message = json_loadb(line, len, 0, &wrong);

	if (message == NULL)
		return etcd_fail(e, "watch sent no JSON: %s", wrong.text);
	outcome = watch_message_take(e, message);
	json_decref(message);
	return outcome;
}

/* What a large revision took is given back: the next may come in a week. */
static void
slim(struct etcd_call *w)
{
	if (w->len > 0 || w->cap < KEPT)
		return;
	free(w->in);
	w->in = NULL;
	w->cap = 0;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

/* All whole lines that arrived; they are stored together, whatever came behind
 * them. */
static enum etcd_outcome
watch_lines_take(struct etcd *e)
{
	struct etcd_call *w = &e->watch;
	enum etcd_outcome outcome = ETCD_OK, stored;
	size_t at = 0;
	const char *end;

	while (outcome == ETCD_OK && w->scanned < w->len &&
	    (end = memchr(w->in + w->scanned, '\n', w->len - w->scanned)) !=
		NULL) {
		size_t len = (size_t)(end - (w->in + at));

		if (len > 0)
			outcome = watch_line_take(e, w->in + at, len);
		w->scanned = at += len + 1;
	}
	if (at > 0) /* else there may be no buffer yet */
		memmove(w->in, w->in + at, w->len - at);
	w->len -= at;
	w->scanned = w->len;
	if (outcome != ETCD_OK && outcome != ETCD_FAILED)
		return outcome;
	stored = etcd_store(e);
	return stored == ETCD_OK ? outcome : stored;
}

/* After some silence etcd has to show a sign, or it is taken for dead. */
static enum etcd_outcome
ping(struct etcd *e)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);
	enum etcd_outcome outcome;
	json_t *reply;

	if (e->ping.done) {
		outcome = etcd_call_reply(e, &e->ping, &reply);
		etcd_call_end(e, &e->ping);
		if (outcome == ETCD_OK)
			outcome = etcd_header_check(e, reply);
		/* It asks for users now; a watch from before that goes on. */
		else if (outcome == ETCD_FAILED && e->options->user == NULL &&
		    etcd_said(e, "user name is empty"))
			outcome = ETCD_OK;
		json_decref(reply);
		return outcome;
	}
	if (!e->ping.running && now - e->watch.heard_ms >= PING_MS &&
	    now - e->ping.heard_ms >= PING_MS)
		etcd_call_start(e, &e->ping, "/v3/kv/range",
		    etcd_header_request(e), PONG_MS);
	return ETCD_OK;
}

/* That etcd was heard of is kept, but not a disk's write for each word. */
static enum etcd_outcome
watch_heard(struct etcd *e)
{
	int64_t word = e->watch.heard_ms > e->ping.heard_ms ? e->watch.heard_ms
							    : e->ping.heard_ms;
	enum etcd_outcome outcome;

	if (word < e->heard_stored_ms ||
	    clock_ms(CLOCK_MONOTONIC) - e->heard_stored_ms < HEARD_MS)
		return ETCD_OK;
	outcome = etcd_mark(e, e->revision);
	return outcome == ETCD_OK ? etcd_store(e) : outcome;
}

static enum etcd_outcome
watch_step(struct etcd *e)
{
	enum etcd_outcome outcome;

	etcd_run(e, 1000);
	outcome = watch_lines_take(e);
	slim(&e->watch);
	if (outcome == ETCD_OK && e->watch.done)
		outcome = etcd_fail(e, "watch ended: %s",
		    e->watch.result == CURLE_OK ? "closed by etcd"
						: etcd_call_error(&e->watch));
	if (outcome == ETCD_OK && !e->created &&
	    clock_ms(CLOCK_MONOTONIC) - e->watch.heard_ms > REPLY_MS)
		outcome = etcd_fail(e, "watch was not begun");
	if (outcome == ETCD_OK)
		outcome = ping(e);
	return outcome == ETCD_OK ? watch_heard(e) : outcome;
}

enum etcd_outcome
etcd_watch(struct etcd *e)
{
	enum etcd_outcome outcome = ETCD_OK;

	watch_start(e);
	while (outcome == ETCD_OK && !networks_changed(e->options->networks))
		outcome = *e->options->stop ? ETCD_STOP : watch_step(e);
	etcd_call_end(e, &e->watch);
	etcd_call_end(e, &e->ping);
	return outcome;
}
