/*
 * feed_read.c - the feed's spine: a descriptor's lines into the store.
 */
#include "feed_input.h"

static enum err
lines_read(struct feed_stream *s, struct feed_input *in,
    const volatile sig_atomic_t *stop)
{
	const char *line;
	size_t len;
	enum err err = E_OK;

	while (err == E_OK && !*stop) {
		if (feed_input_line(in, &line, &len)) {
			err = feed_stream_line(s, line, len);
		} else if (in->ended) {
			break;
		} else if (feed_input_waits(in)) {
			err = feed_stream_rest(s);
			feed_input_wait(in, stop);
		} else {
			err = feed_input_fill(in);
		}
	}
	return err;
}

enum err
feed_stream_read(
    struct feed_stream *s, int fd, const volatile sig_atomic_t *stop)
{
	struct feed_input in;
	enum err err = feed_input_init(&in, fd);

	if (err == E_OK)
		err = lines_read(s, &in, stop);
	if (err == E_OK)
		err = feed_stream_end(s);
	feed_input_release(&in);
	return err;
}
