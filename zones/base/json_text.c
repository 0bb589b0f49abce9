/*
 * json_text.c - see json_text.h.
 */
#include "base/json_text.h"

#include <stdio.h>

const char *
json_text(char *out, size_t size, const char *text)
{
	size_t len = 0;

	out[len++] = '"';
	/* Six octets for the longest way to write one, and the end. */
	for (; *text != '\0' && len + 8 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			out[len++] = '\\';
		if (c >= ' ' && c != 0x7f)
			out[len++] = (char)c;
		else
			len += (size_t)snprintf(
			    out + len, size - len, "\\u%04x", c);
	}
	out[len++] = '"';
	out[len] = '\0';
	return out;
}
