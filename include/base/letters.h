/*
 * letters.h - names compare without case, in ASCII alone (RFC 4343).
 */
#ifndef BASE_LETTERS_H
#define BASE_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t
letter_lower(uint8_t c)
{
	return c | (uint8_t)((uint8_t)(c - 'A') < 26 ? 0x20 : 0);
}

/* 0x20 for each of eight octets that is one of the 26 from FIRST on. */
static inline uint64_t
letters_of(uint64_t eight, uint8_t first)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t low = eight & each * 0x7f;
	uint64_t from = low + each * (0x80U - first);
	uint64_t above = low + each * (0x80U - 26 - first);

	return (from & ~above & ~eight & each * 0x80) >> 2;
}

static inline bool
letters_are_lower(const uint8_t *at, size_t n)
{
	for (; n > 0; at++, n--)
		if (*at != letter_lower(*at))
			return false;
	return true;
}

static inline void
text_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)letter_lower((uint8_t)*text);
}

#endif
