/*
 * check_say.c - lines about what a check finds.
 */
#include <ctype.h>
#include <stdarg.h>

#include "check_impl.h"

void
check_say(struct check *c, bool damage, const char *format, ...)
{
	char line[2 * KEY_MAX + 256];
	va_list ap;

	c->damaged = c->damaged || damage;
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	c->report->finding(c->report->arg, damage, line);
}

static bool
is_text(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isgraph(at[i]) && (at[i] != 0 || i == 0))
			return false;
	return true;
}

/* Parts of text with a / between them, or else hex. */
static size_t
put_octets(char *text, const uint8_t *at, size_t len)
{
	bool as_text = is_text(at, len);
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (as_text)
			text[n++] = at[i] == 0 ? '/' : (char)at[i];
		else
			n += (size_t)snprintf(text + n, 3, "%02x", at[i]);
	text[n] = '\0';
	return n;
}

/* Octets of an address are no text; what follows it in a claim's key is. */
static void
put_rest(char *text, const struct store_key *key)
{
	const uint8_t *at = key->buf + KEY_START;
	size_t len = key->out.len - KEY_START, n;
	enum key_kind kind = key_kind(key->buf);
	size_t claimed = kind == KEY_BLOCKS ? 17 : 16;

	if ((kind != KEY_CLAIMS && kind != KEY_BLOCKS) || len <= claimed) {
		(void)put_octets(text, at, len);
		return;
	}
	n = put_octets(text, at, claimed);
	text[n++] = '/';
	(void)put_octets(text + n, at + claimed, len - claimed);
}

static void
put_kind(char *text, size_t size, enum key_kind kind)
{
	struct key_row row = key_row(kind);
	uint8_t octet = (uint8_t)kind;

	if (row.name != NULL)
		(void)snprintf(text, size, "%s", row.name);
	else
		(void)snprintf(text, size,
		    isgraph(octet) ? "kind '%c'" : "kind %02x", octet);
}

void
check_say_key(struct check *c, const struct store_key *key, const char *why)
{
	char network[80] = "no network", kind[64], rest[2 * KEY_MAX + 2];
	size_t len = key->out.len;

	if (len < KEY_START) {
		(void)put_octets(rest, key->buf, len);
		check_say(c, true, "key %s: %s", rest, why);
		return;
	}
	if (c->number != NETWORK_NONE)
		(void)snprintf(
		    network, sizeof(network), "network %s", c->network);
	put_kind(kind, sizeof(kind), key_kind(key->buf));
	put_rest(rest, key);
	check_say(c, true, "%s, %s%s%s: %s", network, kind,
	    len > KEY_START ? ", key " : "", rest, why);
}
