/*
 * input.c - a file descriptor, a line at a time.
 */
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of the largest size and its end, and room to read more at once. */
#define CAP (FEED_LINE_MAX + 65536)

enum err
feed_input_init(struct feed_input *in, int fd)
{
	memset(in, 0, sizeof(*in));
	in->fd = fd;
	in->buf = malloc(CAP);
	return in->buf == NULL ? E_NOMEM : E_OK;
}

void
feed_input_release(struct feed_input *in)
{
	free(in->buf);
	in->buf = NULL;
}

/* Of a line that is too long only so much is kept as shows that it is. */
static void
cut(struct feed_input *in)
{
	if (in->len - in->at > FEED_LINE_MAX)
		in->len = in->at + FEED_LINE_MAX + 1;
	in->scanned = in->len - in->at;
}

bool
feed_input_line(struct feed_input *in, const char **line, size_t *len)
{
	const char *start = in->buf + in->at;
	size_t left = in->len - in->at;
	const char *end = memchr(start + in->scanned, '\n', left - in->scanned);

	if (end == NULL && (!in->ended || left == 0)) {
		cut(in);
		return false;
	}
	*line = start;
	*len = end == NULL ? left : (size_t)(end - start);
	in->at += *len + (end != NULL);
	in->scanned = 0;
	/* Some editors begin a file with a byte order mark. */
	if (!in->begun && *len >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
		*line += 3;
		*len -= 3;
	}
	in->begun = true;
	return true;
}

bool
feed_input_waits(const struct feed_input *in)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/*
 * A signal between looking at *STOP and sleeping would be slept over, so
 * it is kept off until the sleep itself lets it in.
 */
void
feed_input_wait(const struct feed_input *in, const volatile sig_atomic_t *stop)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	if (!*stop)
		(void)ppoll(&p, 1, NULL, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

enum err
feed_input_fill(struct feed_input *in)
{
	ssize_t got;

	memmove(in->buf, in->buf + in->at, in->len - in->at);
	in->len -= in->at;
	in->at = 0;
	got = read(in->fd, in->buf + in->len, CAP - in->len);
	if (got < 0)
		return errno == EINTR ? E_OK : E_SYSTEM;
	in->len += (size_t)got;
	in->ended = got == 0;
	return E_OK;
}
