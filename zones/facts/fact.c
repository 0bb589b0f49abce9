/*
 * fact.c - kinds of facts, a fact's name, and what is wrong with one.
 */
#include "zones/facts/fact.h"

#include <stdio.h>

#include "base/dns.h"

/* To add a kind: its rows in field.c, its words here. */
static const struct {
	const char *word, *plural;
} kinds[] = {
	[FACT_NETWORK] = { "network", "networks" },
	[FACT_REGION] = { "region", "regions" },
	[FACT_DISTANCE] = { "distance", "distances" },
	[FACT_APP] = { "app", "apps" },
	[FACT_INSTANCE] = { "instance", "instances" },
	[FACT_PEER] = { "peer", "peers" },
	[FACT_GATEWAY] = { "gateway", "gateways" },
	[FACT_ALIAS] = { "alias", "aliases" },
	[FACT_ZONE] = { "zone", "zones" },
	[FACT_RECORD] = { "record", "records" },
	[FACT_EXPORT] = { "export", "exports" },
};

static_assert(sizeof(kinds) / sizeof(kinds[0]) == FACT_KINDS, "one row a kind");

const char *
fact_kind_str(enum fact_kind kind)
{
	return kinds[kind].word;
}

const char *
fact_kind_plural(enum fact_kind kind)
{
	return kinds[kind].plural;
}

const char *
fact_kinds_text(bool plural, char out[FACT_KINDS_TEXT])
{
	size_t len = 0;

	for (int k = 0; k < FACT_KINDS && len < FACT_KINDS_TEXT; k++)
		len +=
		    (size_t)snprintf(out + len, FACT_KINDS_TEXT - len, "%s%s",
			k == 0                    ? ""
			    : k == FACT_KINDS - 1 ? " or "
						  : ", ",
			plural ? kinds[k].plural : kinds[k].word);
	return out;
}

const char *
fact_title(const struct fact *f, char out[FACT_TITLE])
{
	const char *const key[] = { f->network, f->app, f->id, f->to };
	const char *before = " ";
	size_t len;

	len = (size_t)snprintf(out, FACT_TITLE, "%s", fact_kind_str(f->kind));
	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++) {
		if (key[i] == NULL)
			continue;
		len += (size_t)snprintf(out + len, FACT_TITLE - len, "%s%.*s",
		    before, key[i] == f->id ? FACT_NAME_MAX : DNS_LABEL_MAX,
		    key[i]);
		before = "/";
	}
	return out;
}

/* Cut where a character of UTF-8 begins; nothing that moves a cursor. */
static void
shorten(char *out, size_t cap, const char *text)
{
	size_t len = strlen(text);
	bool cut = len >= cap;

	if (cut) {
		len = cap - 4;
		while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++)
		out[i] =
		    (uint8_t)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	memcpy(out + len, "...", cut ? 3 : 0);
	out[len + (cut ? 3 : 0)] = '\0';
}

enum err
complain(
    struct complaint *w, const char *field, const char *rule, const char *value)
{
	shorten(w->field, sizeof(w->field), field);
	shorten(w->rule, sizeof(w->rule), rule);
	shorten(w->value, sizeof(w->value), value);
	return E_INPUT;
}
