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
