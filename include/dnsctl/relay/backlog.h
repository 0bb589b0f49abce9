/*
 * backlog.h - what was committed last, as lines of the feed.
 *
 * Bounded: the oldest goes when there is too much, and who had not read it
 * yet reads a snapshot.  A writer and many readers, each call of which holds
 * the lock of its user.
 */
#ifndef DNSCTL_RELAY_BACKLOG_H
#define DNSCTL_RELAY_BACKLOG_H

#include <sys/types.h>

#include "dnsctl/relay/lines.h"
#include "zones/store/write/txn.h"

#define BACKLOG_COMMITS 65536
#define BACKLOG_OCTETS  ((size_t)64 << 20)

struct commit {
	char *text; /* its lines, the last of which is its commit */
	size_t len;
	char cursor[CURSOR_MAX + 1];
};

struct backlog {
	struct commit
	    commit[BACKLOG_COMMITS]; /* number N at N modulo of them */
	uint64_t first, next;        /* numbers: those there are */
	size_t octets;
	char before[CURSOR_MAX + 1]; /* where all stood before the first */
};

void backlog_init(struct backlog *, const char *cursor);
void backlog_release(struct backlog *);

/* TEXT, from malloc(), is the backlog's. */
void backlog_add(struct backlog *, const char *cursor, char *text, size_t len);

/* The number of the first commit behind CURSOR; false: it is not remembered. */
bool backlog_find(const struct backlog *, const char *cursor, uint64_t *number);

/* Where what is remembered ends. */
const char *backlog_stands(const struct backlog *);

/*
 * Lines from commit *NUMBER on, before END, which is at most the next one; 0:
 * there are none yet; -1: they are gone.
 */
ssize_t backlog_read(const struct backlog *, uint64_t *number, uint64_t end,
    struct lines *, char *to, size_t room);

#endif
