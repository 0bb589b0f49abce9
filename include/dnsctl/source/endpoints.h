/*
 * endpoints.h - the places where a source can be reached, one after the other.
 *
 *	SCHEME://HOST:PORT,HOST,[v6]:PORT,...
 */
#ifndef DNSCTL_SOURCE_ENDPOINTS_H
#define DNSCTL_SOURCE_ENDPOINTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/rng.h"

#define ENDPOINTS_MAX 32

struct endpoints {
	char *all[ENDPOINTS_MAX]; /* HOST:PORT each */
	unsigned count, at;       /* at: the one that is asked */
	unsigned failures;        /* since the source was heard of last */
	struct rng rng;
};

/* False where URL has a user in it, which was said without the password. */
bool endpoints_are_bare(const char *url) MUST_CHECK;

/*
 * Reads URL, which begins with SCHEME; PORT, as ":2379", is for who names none.
 * A fleet that starts together does not all ask the first.  False where it is
 * none, and it was said why.
 */
bool endpoints_read(struct endpoints *, const char *url, const char *scheme,
    const char *port) MUST_CHECK;
void endpoints_release(struct endpoints *);

static inline const char *
endpoints_now(const struct endpoints *e)
{
	return e->all[e->at];
}

/* The one that is asked failed; WHAT is the kind of source. */
void endpoints_next(struct endpoints *, const char *what, const char *why);

/*
 * Each endpoint once at once; then longer and longer, and not in step with
 * a thousand other nodes that lost the same source: anything from a tenth of
 * 0.2 s, 0.4 s, ... 10 s to all of it, as likely as anything else.
 */
uint32_t endpoints_pause_ms(struct endpoints *);
void endpoints_pause(struct endpoints *);

#endif
