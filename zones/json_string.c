/*
 * json_string.c - strings of JSON: UTF-8 (RFC 3629) and escapes.
 */
#include "json_impl.h"

#include <string.h>

/* Octets of the UTF-8 sequence at P, by RFC 3629 4; 0 where it is none. */
static size_t
utf8_len(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0; /* would be too long a form */
	if (p[0] == 0xed)
		high = 0x9f; /* surrogates */
	if (p[0] == 0xf0)
		low = 0x90;
	if (p[0] == 0xf4)
		high = 0x8f;
	if (left < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static char *
utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

static uint32_t
hex4_read(struct json_reader *r)
{
	uint32_t v = 0;

	if (r->end - r->at < 4) {
		json_fail(r, "must have four digits after \\u");
		return 0;
	}
	for (int i = 0; i < 4; i++) {
		char c = *r->at++;

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v |= (uint32_t)((c | 0x20) - 'a' + 10);
		else {
			json_fail(r, "must have four digits after \\u");
			return 0;
		}
	}
	return v;
}

/* What follows \u: one character, which may take two escapes. */
static uint32_t
unicode_read(struct json_reader *r)
{
	uint32_t high = hex4_read(r), low;

	if (high == 0)
		json_fail(r, "must not hold \\u0000");
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || r->end - r->at < 2 || r->at[0] != '\\' ||
	    r->at[1] != 'u') {
		json_fail(r, "must not hold half a surrogate pair");
		return 0;
	}
	r->at += 2;
	low = hex4_read(r);
	if (low < 0xdc00 || low > 0xdfff)
		json_fail(r, "must not hold half a surrogate pair");
	return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

static char *
escape_read(struct json_reader *r, char *out)
{
	static const char name[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c = r->at < r->end ? *r->at++ : '\0';

	if (c == 'u')
		return utf8_put(out, unicode_read(r));
	found = c == '\0' ? NULL : strchr(name, c);
	if (found == NULL)
		json_fail(r, "must not hold an unknown \\ escape");
	else
		*out++ = is[found - name];
	return out;
}

/* Octets to the closing quote, SIZE_MAX where there is none. */
static size_t
string_span(const struct json_reader *r)
{
	const char *p = r->at;

	while (p < r->end && *p != '"')
		p += *p == '\\' && p + 1 < r->end ? 2 : 1;
	return p < r->end ? (size_t)(p - r->at) : SIZE_MAX;
}

/* Moves what one character of the text stands for to OUT. */
static char *
char_read(struct json_reader *r, char *out)
{
	size_t n;

	if (*r->at == '\\') {
		r->at++;
		return escape_read(r, out);
	}
	n = utf8_len((const uint8_t *)r->at, (size_t)(r->end - r->at));
	if (n == 0)
		json_fail(r, "must be valid UTF-8");
	else if ((uint8_t)*r->at < ' ')
		json_fail(r, "must not hold control characters");
	for (; n > 0 && r->at < r->end; n--)
		*out++ = *r->at++;
	return out;
}

static char *
string_read_slowly(struct json_reader *r, size_t *len)
{
	size_t span = string_span(r);
	char *text, *out;

	if (span == SIZE_MAX) {
		json_fail(r, "must close its strings");
		return NULL;
	}
	/* No escape is shorter than what it stands for. */
	text = out = arena_take(r->arena, span + 1);
	while (r->at < r->end && *r->at != '"')
		out = char_read(r, out);
	if (r->wrong != NULL)
		return NULL;
	r->at++;
	*out = '\0';
	*len = (size_t)(out - text);
	return text;
}

/* After the opening quote.  Nearly all strings are plain ASCII. */
char *
json_string_read(struct json_reader *r, size_t *len)
{
	const char *p = r->at, *start = r->at;

	while (p < r->end && *p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	if (p == r->end || *p != '"')
		return string_read_slowly(r, len);
	r->at = p + 1;
	*len = (size_t)(p - start);
	return arena_copy(r->arena, start, *len);
}

void
json_print(FILE *out, const char *text)
{
	(void)putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)fprintf(out, "\\%c", *text);
		else if ((uint8_t)*text < ' ' || *text == 0x7f)
			(void)fprintf(out, "\\u%04x", (unsigned)*text);
		else
			(void)putc(*text, out);
	}
	(void)putc('"', out);
}
