/*
 * progress.c - see progress.h.
 */
#include "dnsctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define FIRST_US 1000000
#define EVERY_US 200000

void
progress_start(struct progress *p, const char *what, uint64_t total)
{
	int64_t now = clock_us(CLOCK_MONOTONIC);

	*p = (struct progress){ .what = what,
		.total = total,
		.start_us = now,
		.next_us = now + FIRST_US,
		.off = !isatty(STDERR_FILENO) };
}

void
progress_step(struct progress *p, uint64_t count, uint64_t part)
{
	int64_t now, passed;

	if (p->off || (now = clock_us(CLOCK_MONOTONIC)) < p->next_us)
		return;
	p->next_us = now + EVERY_US;
	p->shown = true;
	passed = now - p->start_us;
	(void)fprintf(stderr, "\r%" PRIu64 " %s, %.0f a second", count, p->what,
	    (double)count * 1e6 / (double)passed);
	if (part > 0 && p->total > part)
		(void)fprintf(stderr, ", %.0f s left",
		    (double)passed * (double)(p->total - part) / (double)part /
			1e6);
	(void)fputs("\033[K", stderr);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}
