/*
 * secret.h - random numbers that nobody can guess, for ids and ports.
 *
 * Each worker owns its own.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

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
