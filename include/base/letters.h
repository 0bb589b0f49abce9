/*
 * letters.h - names compare without case, in ASCII alone (RFC 4343).
 */
#ifndef BASE_LETTERS_H
#define BASE_LETTERS_H

#include <stdint.h>

static inline uint8_t
letter_lower(uint8_t c)
{
	return c | (uint8_t)((uint8_t)(c - 'A') < 26 ? 0x20 : 0);
}

static inline void
text_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)letter_lower((uint8_t)*text);
}

#endif
