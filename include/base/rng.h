/*
 * rng.h - random numbers: a fast one for rotation, a secret one for ids.
 *
 * Each worker owns its own; none is shared.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

/* For spreading load only: anybody may guess it. */
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

/* The kernel's random bytes, in bulk: a system call each 128 numbers. */
struct secret {
	uint16_t pool[128];
	unsigned left;
};

static inline uint16_t
secret_next(struct secret *s)
{
	if (s->left == 0) {
		/* Up to 256 octets come whole, see getrandom(2). */
		if (getrandom(s->pool, sizeof(s->pool), 0) != sizeof(s->pool))
			abort();
		s->left = sizeof(s->pool) / sizeof(s->pool[0]);
	}
	return s->pool[--s->left];
}

#endif
