/*
 * plain.h - facts as programs write them, read without a library.
 *
 * Nearly every line of a feed is an object of strings without escapes, in
 * printable ASCII, with nothing or a blank between them.  jansson takes
 * 3.5 us for such a line, which was half of a load's time; this takes 0.6.
 *
 * It says "plain" or "not plain" and nothing else.  What is not plain, or
 * breaks a rule, is read by jansson from its start, which alone says what
 * is JSON, and what is wrong.  So this need not be complete; but what it
 * takes, jansson must take as the same fact (fuzz_feed_line.c).
 */
#ifndef ZONES_FACTS_PLAIN_H
#define ZONES_FACTS_PLAIN_H

#include "base/arena.h"
#include "base/wire.h"
#include "zones/facts/fact.h"
#include "zones/facts/span.h"

static inline void
plain_skip_blanks(struct wire_in *in)
{
	while (wire_left(in) > 0 && in->buf[in->pos] == ' ')
		in->pos++;
}

/* The character, blanks before it skipped; else the cursor is bad. */
static inline bool
plain_take(struct wire_in *in, char c)
{
	plain_skip_blanks(in);
	in->bad = wire_get8(in) != c || in->bad;
	return !in->bad;
}

/* True where another member of a list follows, false at its end. */
static inline bool
plain_more(struct wire_in *in, char end)
{
	plain_skip_blanks(in);
	if (wire_left(in) > 0 && in->buf[in->pos] == ',') {
		in->pos++;
		return true;
	}
	(void)plain_take(in, end);
	return false;
}

/* Digits, few enough for any number type, that do not begin with a zero. */
double plain_number(struct wire_in *);

/* Of length 0 also where there is none. */
struct span plain_string(struct wire_in *);

/*
 * The members that follow the first, and the end of the object and of the
 * text; KEY_ONLY where nothing but a key may stand there.  F's kind is set.
 */
bool fact_plain_read(
    struct fact *f, struct arena *, struct wire_in *, bool key_only) MUST_CHECK;

#endif
