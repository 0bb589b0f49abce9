/*
 * input.h - a file descriptor, a line at a time.
 */
#ifndef ZONES_FEED_INPUT_H
#define ZONES_FEED_INPUT_H

#include <signal.h>

#include "zones/feed/line.h"

struct feed_input {
	int fd; /* borrowed */
	char *buf;
	size_t at, len; /* what was not taken yet, in buf */
	size_t scanned; /* of that: has no newline */
	bool begun, ended;
};

enum err feed_input_init(struct feed_input *, int fd) MUST_CHECK;
void feed_input_release(struct feed_input *);

/*
 * The next line without its newline, borrowed until the next fill; false
 * where there is none before the next fill, or after the end.  A line
 * longer than FEED_LINE_MAX is cut somewhere behind that.
 */
bool feed_input_line(struct feed_input *, const char **line, size_t *len);

/* Reading would have to wait; and waiting, until *STOP is set by a signal. */
bool feed_input_waits(const struct feed_input *);
void feed_input_wait(
    const struct feed_input *, const volatile sig_atomic_t *stop);

/* Reads once, when every line was taken. */
enum err feed_input_fill(struct feed_input *) MUST_CHECK;

#endif
