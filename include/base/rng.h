/*
 * rng.h - random numbers for spreading load only: anybody may guess them.
 *
 * Each worker owns its own.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <assert.h>
#include <stdint.h>

struct rng {
	uint64_t state; /* not zero */
};

static inline uint32_t
rng_next(struct rng *r)
{
	assert(r->state != 0);
	/* xorshift64*, Vigna 2016 */
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)(r->state * 0x2545f4914f6cdd1d >> 32);
}

/* Below N, which is not zero.  The bias is N / 2^32: no matter here. */
static inline uint32_t
rng_below(struct rng *r, uint32_t n)
{
	assert(n > 0);
	return (uint32_t)((uint64_t)rng_next(r) * n >> 32);
}

#endif
