/*
 * text.c - text that may hold a private key: what it leaves behind is
 * cleansed.
 */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"

/* For MORE octets and the zero behind them. */
static void
text_room_make(struct text *t, size_t more)
{
	struct text bigger = { NULL, t->len, (t->len + more + 1) * 2 };

	if (t->len + more < t->room)
		return;
	bigger.at = calloc(1, bigger.room);
	if (bigger.at == NULL)
		no_memory();
	if (t->len > 0)
		memcpy(bigger.at, t->at, t->len);
	text_release(t);
	*t = bigger;
}

void
text_add_octets(struct text *t, const void *octets, size_t len)
{
	text_room_make(t, len);
	memcpy(t->at + t->len, octets, len);
	t->len += len;
	t->at[t->len] = '\0';
}

void
text_add(struct text *t, const char *format, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, format);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	text_room_make(t, (size_t)len);
	(void)vsnprintf(t->at + t->len, t->room - t->len, format, again);
	va_end(again);
	t->len += (size_t)len;
}

void
text_release(struct text *t)
{
	if (t->at != NULL)
		OPENSSL_cleanse(t->at, t->room);
	free(t->at);
	memset(t, 0, sizeof(*t));
}

bool
text_write(const struct text *t, int fd)
{
	for (size_t at = 0; at < t->len;) {
		ssize_t n = write(fd, t->at + at, t->len - at);

		if (n < 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

bool
text_read(struct text *t, int fd)
{
	char some[4096];
	ssize_t n;

	while ((n = read(fd, some, sizeof(some))) > 0)
		text_add_octets(t, some, (size_t)n);
	OPENSSL_cleanse(some, sizeof(some));
	return n == 0;
}
