/*
 * special.c - names that are nobody's: their meaning is in an RFC.
 *
 * They are answered alike for everybody and never forwarded; most of all those
 * that would lead clients round the private names.
 */
#include "zones/names/name.h"

#include <string.h>

#define SIX_ZEROS "\0010\0010\0010\0010\0010\0010"
#define LOOPBACK                                                               \
	"\0011" SIX_ZEROS SIX_ZEROS SIX_ZEROS SIX_ZEROS SIX_ZEROS              \
	"\0010\003ip6\004arpa"

/* To add a name: its row here, in docs/names.md and in test_special.c. */
static const struct special {
	const char *text; /* as the option `forward.ordinary` has it */
	const char *wire; /* as it travels */
	uint8_t labels;
	enum name_kind kind;
} rows[NAME_SPECIALS] = {
	{ "localhost", "\011localhost", 1, NAME_LOCALHOST }, /* 6761 */
	{ "invalid", "\007invalid", 1, NAME_NEVER },         /* 6761 */
	{ "test", "\004test", 1, NAME_NEVER },               /* 6761 */
	{ "local", "\005local", 1, NAME_NEVER },             /* 6762 */
	{ "onion", "\005onion", 1, NAME_NEVER },             /* 7686 */
	{ "alt", "\003alt", 1, NAME_NEVER },                 /* 9476 */
	{ "home.arpa", "\004home\004arpa", 2, NAME_NEVER },  /* 8375 */
	/* Discovery would lead clients round us: RFC 9462, 6.4. */
	{ "resolver.arpa", "\010resolver\004arpa", 2, NAME_EMPTY },
	/* And so would browsers go: Mozilla's canary domain. */
	{ "use-application-dns.net", "\023use-application-dns\003net", 2,
	    NAME_NEVER },
	/* RFC 6303, 4.2 and 4.3. */
	{ "127.in-addr.arpa", "\003127\007in-addr\004arpa", 3, NAME_LOOPBACK },
	{ "::1", LOOPBACK, 34, NAME_LOOPBACK },
};

/* Where texts are the same up to a zero, so are the lengths in them. */
static inline bool
is_at_or_below(const struct dname *d, const struct special *s)
{
	const char *tail;

	if (d->labels < s->labels)
		return false;
	tail = (const char *)d->wire + d->at[d->labels - s->labels];
	return tail[0] == s->wire[0] && strcmp(tail, s->wire) == 0;
}

bool
special_read(struct name *name, const struct dname *d, special_set without)
{
	for (unsigned i = 0; i < NAME_SPECIALS; i++) {
		if (!is_at_or_below(d, &rows[i]) || (without >> i & 1) != 0)
			continue;
		name->kind = rows[i].kind;
		name->apex = rows[i].labels;
		return true;
	}
	return false;
}

bool
special_named(const char *text, special_set *out)
{
	for (unsigned i = 0; i < NAME_SPECIALS; i++) {
		if (strcmp(rows[i].text, text) != 0)
			continue;
		*out = 1U << i;
		return true;
	}
	return false;
}
