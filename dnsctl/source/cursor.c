/*
 * cursor.c - see cursor.h.
 */
#include "dnsctl/source/cursor.h"

#include <string.h>

/* The number behind the last slash, or NULL. */
static const char *
tail(const char *cursor)
{
	const char *slash = strrchr(cursor, '/');
	const char *number = slash == NULL ? cursor : slash + 1;

	if (number[0] == '\0' || number[strspn(number, "0123456789")] != '\0')
		return NULL;
	return number;
}

/* As many digits as they have: cursors are longer than any integer. */
static bool
is_as_large(const char *a, const char *b)
{
	size_t a_len, b_len;

	a += strspn(a, "0");
	b += strspn(b, "0");
	a_len = strlen(a);
	b_len = strlen(b);
	return a_len != b_len ? a_len > b_len : strcmp(a, b) >= 0;
}

bool
cursor_reaches(const char *stands, const char *wanted)
{
	const char *a = tail(stands), *b = tail(wanted);

	if (strcmp(stands, wanted) == 0)
		return true;
	return a != NULL && b != NULL && a - stands == b - wanted &&
	    memcmp(stands, wanted, (size_t)(a - stands)) == 0 &&
	    is_as_large(a, b);
}
