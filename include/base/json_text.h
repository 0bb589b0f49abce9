/*
 * json_text.h - text as JSON has it, for who writes a little of it by hand.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stddef.h>

/*
 * TEXT in quotes, which is ASCII or UTF-8, or as much of it as SIZE octets hold
 * with a zero behind; returns OUT.
 */
#define JSON_TEXT(octets) (6 * (octets) + 3) /* SIZE that is enough */
const char *json_text(char *out, size_t size, const char *text);

#endif
