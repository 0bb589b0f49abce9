/*
 * client.c - who follows us: what it reads next, and how it waits.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "dnsctl/source/cursor.h"
#include "impl.h"

#define LAG_MS 10000

void
relay_wake(struct relay *r)
{
	struct client *c;

	while ((c = LIST_FIRST(&r->waiting)) != NULL) {
		LIST_REMOVE(c, waiting);
		c->waits = false;
		MHD_resume_connection(c->connection);
	}
	(void)pthread_cond_broadcast(&r->news);
}

struct rendering *
rendering_take(struct relay *r, uint64_t least)
{
	struct rendering *of = r->rendering;

	if (of == NULL || of->next < r->backlog->first || of->next < least)
		return NULL;
	of->refs++;
	return of;
}

void
rendering_drop(struct rendering *of)
{
	if (of == NULL || --of->refs > 0)
		return;
	if (of->len > 0)
		(void)munmap(of->text, of->len);
	free(of);
}

void
client_close(void *arg)
{
	struct client *c = arg;
	struct relay *r = c->relay;

	(void)pthread_mutex_lock(&r->lock);
	if (c->waits)
		LIST_REMOVE(c, waiting);
	rendering_drop(c->rendering);
	(void)pthread_mutex_unlock(&r->lock);
	free(c->networks);
	free(c->had);
	free(c->ahead);
	free(c);
}

/* Until something new is there. */
static ssize_t
client_wait(struct client *c)
{
	MHD_suspend_connection(c->connection);
	c->waits = true;
	LIST_INSERT_HEAD(&c->relay->waiting, c, waiting);
	return 0;
}

/* A rendering, from its start; NULL: it is being made. */
static bool
rendering_find(struct client *c)
{
	struct relay *r = c->relay;

	c->rendering = rendering_take(r, c->brings ? c->number : 0);
	if (c->rendering == NULL) {
		if (!c->asked)
			c->failed = r->failed;
		c->asked = r->wanted = true;
		(void)pthread_cond_broadcast(&r->news);
		return false;
	}
	c->wants_rendering = false;
	if (!c->brings)
		c->number = c->rendering->next;
	return true;
}

static ssize_t
rendering_read(struct client *c, char *to, size_t room)
{
	struct rendering *of = c->rendering;
	size_t n = lines_copy(&c->lines, of->text, of->len, to, room);

	if (c->lines.at == of->len) {
		c->lines.at = 0;
		c->lines.had = NULL;
		c->rendering = NULL;
		rendering_drop(of);
	}
	return (ssize_t)n;
}

/* Changes of the networks that it had, as far as the rendering of all. */
static ssize_t
had_read(struct client *c, char *to, size_t room)
{
	uint64_t end = c->rendering->next;
	ssize_t n;

	c->lines.networks = c->had == NULL ? "" : c->had;
	n = backlog_read(
	    c->relay->backlog, &c->number, end, &c->lines, to, room);
	if (n < 0 || c->number < end)
		return n;
	c->brings = false;
	c->lines.had = c->lines.networks;
	c->lines.networks = c->networks;
	return n;
}

/*
 * We may have been away and lag behind who asks: nobody is led backwards then.
 * Who is ahead of us when we have heard of our source for some while stands in
 * what a restore took away.
 */
static bool
is_ahead(struct client *c)
{
	struct relay *r = c->relay;

	if (c->ahead == NULL)
		return false;
	c->wants_rendering = !backlog_find(r->backlog, c->ahead, &c->number);
	if (c->wants_rendering &&
	    cursor_reaches(c->ahead, backlog_stands(r->backlog)) &&
	    r->heard_ms < c->ahead_ms + LAG_MS)
		return true;
	free(c->ahead);
	c->ahead = NULL;
	c->brings = c->brings && !c->wants_rendering;
	c->wants_rendering = c->wants_rendering || c->brings;
	return false;
}

static ssize_t
read_locked(struct client *c, char *to, size_t room)
{
	ssize_t n = 0;

	if (c->relay->ends)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (is_ahead(c))
		return client_wait(c);
	if (c->wants_rendering &&
	    !rendering_find(c)) /* ours pauses, if it fails */
		return c->failed == c->relay->failed
		    ? client_wait(c)
		    : MHD_CONTENT_READER_END_WITH_ERROR;
	if (c->brings)
		n = had_read(c, to, room);
	if (n == 0 && c->rendering != NULL)
		n = rendering_read(c, to, room);
	if (n == 0)
		n = backlog_read(c->relay->backlog, &c->number,
		    c->relay->backlog->next, &c->lines, to, room);
	if (n < 0) /* it reads too slowly, and has to begin anew */
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return n > 0 ? n : client_wait(c);
}

ssize_t
client_read(void *arg, uint64_t at, char *to, size_t room)
{
	struct client *c = arg;
	ssize_t n;

	(void)at;
	(void)pthread_mutex_lock(&c->relay->lock);
	n = read_locked(c, to, room);
	(void)pthread_mutex_unlock(&c->relay->lock);
	return n;
}
