/*
 * clock.h - what time it is, in the unit that is asked for.
 *
 * CLOCK_MONOTONIC measures how long something takes, CLOCK_REALTIME is for
 * what people and other programs read.  The coarse clocks cost less, and are
 * up to a tick late.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int64_t
clock_us(clockid_t clock)
{
	return clock_ns(clock) / 1000;
}

static inline int64_t
clock_ms(clockid_t clock)
{
	return clock_ns(clock) / 1000000;
}

/* The second that runs, not the nearest one. */
static inline int64_t
clock_seconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec;
}

#endif
