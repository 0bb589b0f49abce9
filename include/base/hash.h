/*
 * hash.h - where to look in a table of keys that no attacker chooses; for
 * the others there is siphash.h.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t
hash_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15; /* 2^64 by the golden ratio */
	return h ^ h >> 32;
}

static inline uint64_t
hash_bytes(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t h = len, v;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&v, p, 8);
		h = hash_mix(h, v);
	}
	v = 0;
	memcpy(&v, p, len);
	return hash_mix(h, v);
}

#endif
