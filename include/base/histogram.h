/*
 * histogram.h - how often a number was how large, to an eighth of itself.
 *
 * Each octave has eight buckets, so that counting one is a few shifts and an
 * addition, whatever comes.  Numbers below 8 are exact, those from 2^34 on (17
 * seconds in nanoseconds) share the last bucket.  Nothing but uint64_t, so
 * that histograms are added as their numbers are.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 256

struct histogram {
	uint64_t sum;
	uint64_t count[HISTOGRAM_BUCKETS];
};

static inline unsigned
histogram_bucket(uint64_t number)
{
	unsigned bits, bucket;

	if (number < 8)
		return (unsigned)number;
	bits = 63 - (unsigned)__builtin_clzll(number);
	bucket = (bits - 2) * 8 + (unsigned)(number >> (bits - 3) & 7);
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest number that belongs to a bucket. */
static inline uint64_t
histogram_bound(unsigned bucket)
{
	if (bucket < 8)
		return bucket;
	return ((uint64_t)(bucket % 8 + 9) << (bucket / 8 - 1)) - 1;
}

/* TIMES times; negative numbers, of clocks that were set, are zero. */
static inline void
histogram_add(struct histogram *h, int64_t number, uint64_t times)
{
	uint64_t n = number < 0 ? 0 : (uint64_t)number;

	h->sum += n * times;
	h->count[histogram_bucket(n)] += times;
}

#endif
