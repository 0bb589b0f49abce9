/*
 * backlog.c - see backlog.h.
 */
#include "dnsctl/relay/backlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct commit *
commit_of(struct backlog *b, uint64_t number)
{
	return &b->commit[number % BACKLOG_COMMITS];
}

void
backlog_init(struct backlog *b, const char *cursor)
{
	b->first = b->next = 0;
	b->octets = 0;
	(void)snprintf(b->before, sizeof(b->before), "%s", cursor);
}

static void
drop_first(struct backlog *b)
{
	struct commit *c = commit_of(b, b->first++);

	memcpy(b->before, c->cursor, sizeof(b->before));
	b->octets -= c->len;
	free(c->text);
}

void
backlog_release(struct backlog *b)
{
	while (b->first < b->next)
		drop_first(b);
}

void
backlog_add(struct backlog *b, const char *cursor, char *text, size_t len)
{
	struct commit *c;

	while (b->first < b->next &&
	    (b->next - b->first == BACKLOG_COMMITS ||
		b->octets + len > BACKLOG_OCTETS))
		drop_first(b);
	c = commit_of(b, b->next++);
	c->text = text;
	c->len = len;
	b->octets += len;
	(void)snprintf(c->cursor, sizeof(c->cursor), "%s", cursor);
	if (b->octets > BACKLOG_OCTETS) /* it alone: as good as a snapshot */
		drop_first(b);
}

/* Of some with one cursor the last: nothing was changed between them. */
bool
backlog_find(const struct backlog *b, const char *cursor, uint64_t *number)
{
	for (*number = b->next; *number > b->first; --*number)
		if (strcmp(b->commit[(*number - 1) % BACKLOG_COMMITS].cursor,
			cursor) == 0)
			return true;
	return strcmp(b->before, cursor) == 0;
}

const char *
backlog_stands(const struct backlog *b)
{
	return b->first == b->next
	    ? b->before
	    : b->commit[(b->next - 1) % BACKLOG_COMMITS].cursor;
}

ssize_t
backlog_read(const struct backlog *b, uint64_t *number, uint64_t end,
    struct lines *l, char *to, size_t room)
{
	size_t n = 0;

	if (*number < b->first)
		return -1;
	while (*number < end && n < room) {
		const struct commit *c = &b->commit[*number % BACKLOG_COMMITS];

		n += lines_copy(l, c->text, c->len, to + n, room - n);
		if (l->at < c->len)
			break;
		l->at = 0;
		++*number;
	}
	return (ssize_t)n;
}
