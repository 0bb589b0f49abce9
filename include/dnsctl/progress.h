/*
 * progress.h - how far something is that takes long, on a terminal.
 *
 * A line of standard error that is written again and again, and gone in the
 * end; nothing where that is no terminal, or before a second has passed.
 */
#ifndef DNSCTL_PROGRESS_H
#define DNSCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* is counted: "facts" */
	uint64_t total;   /* parts that there are; 0: nobody knows */
	int64_t start_us, next_us;
	bool shown, off;
};

void progress_start(struct progress *, const char *what, uint64_t total);
/* COUNT of what is counted were done, which are PART of the total. */
void progress_step(struct progress *, uint64_t count, uint64_t part);
void progress_end(struct progress *);

#endif
