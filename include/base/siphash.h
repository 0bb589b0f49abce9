/*
 * siphash.h - a keyed hash for tables that strangers fill, and for cookies.
 *
 * SipHash-1-3 (Aumasson and Bernstein): without the key nobody can find
 * names that fall into one bucket.  By hand because libcrypto's costs an
 * allocated context a call, and this is on the path of every question.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct siphash_key {
	uint64_t half[2]; /* random */
};

struct siphash_state {
	uint64_t a, b, c, d;
};

static inline uint64_t
siphash_rotate(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static inline void
siphash_round(struct siphash_state *s)
{
	s->a += s->b;
	s->b = siphash_rotate(s->b, 13) ^ s->a;
	s->a = siphash_rotate(s->a, 32);
	s->c += s->d;
	s->d = siphash_rotate(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = siphash_rotate(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = siphash_rotate(s->b, 17) ^ s->c;
	s->c = siphash_rotate(s->c, 32);
}

static inline void
siphash_word(struct siphash_state *s, uint64_t word, int rounds)
{
	s->d ^= word;
	for (int i = 0; i < rounds; i++)
		siphash_round(s);
	s->a ^= word;
}

static inline struct siphash_state
siphash_start(const struct siphash_key *key)
{
	return (struct siphash_state){ key->half[0] ^ 0x736f6d6570736575,
		key->half[1] ^ 0x646f72616e646f6d,
		key->half[0] ^ 0x6c7967656e657261,
		key->half[1] ^ 0x7465646279746573 };
}

/* ROUNDS for each word of the N octets, and two more at the end. */
static inline uint64_t
siphash_end(struct siphash_state s, const void *octets, size_t n, int rounds)
{
	const uint8_t *at = octets;
	uint64_t word;

	for (size_t left = n; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		siphash_word(&s, word, rounds);
	}
	word = 0;
	memcpy(&word, at, n % 8);
	siphash_word(&s, word | (uint64_t)n << 56, rounds);
	s.c ^= 0xff;
	for (int i = 0; i < rounds + 2; i++)
		siphash_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

/* SipHash-2-4 of octets alone, as RFC 9018 has it: on little-endian only. */
static inline uint64_t
siphash_2_4(const struct siphash_key *key, const void *octets, size_t n)
{
	return siphash_end(siphash_start(key), octets, n, 2);
}

/* MORE is hashed with the N octets, as if it stood before them. */
static inline uint64_t
siphash(
    const struct siphash_key *key, uint64_t more, const void *octets, size_t n)
{
	struct siphash_state s = siphash_start(key);

	siphash_word(&s, more, 1);
	return siphash_end(s, octets, n, 1);
}

#endif
