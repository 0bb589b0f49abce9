/*
 * span.h - text that is borrowed, and not ended by a zero.
 */
#ifndef ZONES_FACTS_SPAN_H
#define ZONES_FACTS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

static inline struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

/* Words mostly differ where they begin, which needs no call. */
static inline bool
span_is(struct span s, const char *word)
{
	return (s.len == 0 || s.at[0] == word[0]) &&
	    strncmp(s.at, word, s.len) == 0 && word[s.len] == '\0';
}

#endif
