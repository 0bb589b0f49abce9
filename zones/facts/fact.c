/*
 * fact.c - a fact's name, a fact's defaults, and what is wrong with one.
 */
#include "zones/facts/fact.h"

#include <stdio.h>

#include "base/dns.h"

const char *
fact_kind_str(enum fact_kind kind)
{
	static const char *const word[] = {
		[FACT_NETWORK] = "network",
		[FACT_REGION] = "region",
		[FACT_DISTANCE] = "distance",
		[FACT_APP] = "app",
		[FACT_INSTANCE] = "instance",
		[FACT_PEER] = "peer",
	};

	static_assert(
	    sizeof(word) / sizeof(word[0]) == FACT_KINDS, "one word a kind");
	return word[kind];
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
		    before, DNS_LABEL_MAX, key[i]);
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

/* The address 3 of each /48: what a peer's configuration says by habit. */
static unsigned
resolvers_default(const struct fact *network, struct addr *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < network->prefix_count; i++) {
		const struct prefix *p = &network->prefixes[i];

		if (p->len != 48 || addr_is_v4(&p->addr))
			continue;
		out[n] = p->addr;
		out[n++].ip[15] = 3;
	}
	return n;
}

unsigned
fact_resolvers(const struct fact *network,
    struct addr out[FACT_ADDRESSES_MAX + FACT_PREFIXES_MAX])
{
	if (network->address_count == 0)
		return resolvers_default(network, out);
	memcpy(
	    out, network->addresses, network->address_count * sizeof(out[0]));
	return network->address_count;
}
