/*
 * check.c - the rules that a fact can be held to alone.
 *
 * What needs other facts (a network that is not there, an address outside
 * its prefixes) the store checks.
 */
#include "zones/facts/check.h"

#include <stdio.h>

#include "base/addr_text.h"
#include "base/dns.h"
#include "zones/names/name.h"

#define DISTANCE_MAX 60000 /* ms; anything longer is no round trip */

static bool
is_label(const char *text, size_t len)
{
	if (len < 1 || len > DNS_LABEL_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= '0' && text[i] <= '9') && text[i] != '-' &&
		    text[i] != '_')
			return false;
	return true;
}

static enum err
label_check(const char *field, const char *text, struct complaint *why)
{
	if (text == NULL)
		return complain(why, field, "must be given", "");
	if (!is_label(text, strlen(text)))
		return complain(
		    why, field, "must be 1 to 63 of a-z, 0-9, - and _", text);
	return E_OK;
}

static enum err
optional_check(const char *field, const char *text, struct complaint *why)
{
	return text == NULL ? E_OK : label_check(field, text, why);
}

/* Apps, servers and peers: `_` begins the names of lists. */
static enum err
host_check(const char *field, const char *text, struct complaint *why)
{
	enum err err = label_check(field, text, why);

	if (err == E_OK && text[0] == '_')
		err = complain(why, field, "must not begin with _", text);
	return err;
}

static enum err
domain_check(const char *domain, struct complaint *why)
{
	const char *dot, *at = domain;

	if (domain == NULL)
		return E_OK;
	if (strlen(domain) > FACT_DOMAIN_MAX)
		return complain(
		    why, "domain", "must have at most 200 octets", domain);
	for (;; at = dot + 1) {
		dot = strchrnul(at, '.');
		if (!is_label(at, (size_t)(dot - at)))
			return complain(why, "domain",
			    "must be labels of 1 to 63 of a-z, 0-9, - and _,"
			    " with dots between",
			    domain);
		if (*dot == '\0')
			return E_OK;
	}
}

static enum err
count_check(const char *field, unsigned n, unsigned least, unsigned most,
    struct complaint *why)
{
	char rule[80], value[16];

	if (n >= least && n <= most)
		return E_OK;
	(void)snprintf(
	    rule, sizeof(rule), "must have %u to %u entries", least, most);
	(void)snprintf(value, sizeof(value), "%u", n);
	return complain(why, field, rule, value);
}

static enum err
addresses_check(const char *field, const struct fact *f, unsigned least,
    struct complaint *why)
{
	char text[ADDR_TEXT];
	enum err err;

	err = count_check(
	    field, f->address_count, least, FACT_ADDRESSES_MAX, why);
	if (err != E_OK)
		return err;
	for (unsigned i = 1; i < f->address_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (addr_is_same(&f->addresses[i], &f->addresses[j]))
				return complain(why, field,
				    "must not have an address twice",
				    addr_text(&f->addresses[i], text));
	return E_OK;
}

static enum err
prefixes_check(const struct fact *f, struct complaint *why)
{
	char text[PREFIX_TEXT];
	enum err err;

	err =
	    count_check("prefixes", f->prefix_count, 1, FACT_PREFIXES_MAX, why);
	if (err != E_OK)
		return err;
	for (unsigned i = 1; i < f->prefix_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (f->prefixes[i].len == f->prefixes[j].len &&
			    addr_is_same(
				&f->prefixes[i].addr, &f->prefixes[j].addr))
				return complain(why, "prefixes",
				    "must not have a prefix twice",
				    prefix_text(&f->prefixes[i], text));
	return E_OK;
}

/* MOST is inclusive; NAN is in no range. */
static enum err
range_check(const char *field, double v, double least, double most,
    struct complaint *why)
{
	char rule[80], value[32];

	if (v >= least && v <= most)
		return E_OK;
	(void)snprintf(
	    rule, sizeof(rule), "must be from %.0f to %.0f", least, most);
	(void)snprintf(value, sizeof(value), "%.15g", v);
	return complain(why, field, rule, value);
}

static enum err
metadata_check(const struct fact *f, struct complaint *why)
{
	enum err err;

	err = count_check(
	    "metadata", f->metadata_count, 0, FACT_METADATA_MAX, why);
	for (unsigned i = 0; i < f->metadata_count && err == E_OK; i++) {
		const struct fact_pair *p = &f->metadata[i];

		if (p->key[0] == '\0' || strlen(p->key) > FACT_KEY_MAX)
			err = complain(why, "metadata",
			    "must have keys of 1 to 63 octets", p->key);
		else if (strlen(p->value) > FACT_VALUE_MAX)
			err = complain(why, p->key,
			    "must have at most 1024 octets", p->value);
		for (unsigned j = 0; j < i && err == E_OK; j++)
			if (strcmp(p->key, f->metadata[j].key) == 0)
				err = complain(why, "metadata",
				    "must not have a key twice", p->key);
	}
	return err;
}

static enum err
region_key_check(const struct fact *f, struct complaint *why)
{
	enum err err = label_check("id", f->id, why);

	if (err == E_OK && name_is_qualifier(f->id))
		err = complain(why, "id",
		    "must not be a word that names use for something else",
		    f->id);
	return err;
}

static enum err
distance_key_check(const struct fact *f, struct complaint *why)
{
	enum err err = label_check("from", f->id, why);

	if (err == E_OK)
		err = label_check("to", f->to, why);
	if (err == E_OK && strcmp(f->id, f->to) == 0)
		err = complain(why, "to", "must be another region", f->to);
	return err;
}

static enum err
instance_key_check(const struct fact *f, struct complaint *why)
{
	enum err err = label_check("network", f->network, why);

	if (err == E_OK)
		err = host_check("app", f->app, why);
	return err == E_OK ? label_check("id", f->id, why) : err;
}

enum err
fact_check_key(const struct fact *f, struct complaint *why)
{
	enum err err;

	switch (f->kind) {
	case FACT_NETWORK:
		return label_check("id", f->network, why);
	case FACT_REGION:
		return region_key_check(f, why);
	case FACT_DISTANCE:
		return distance_key_check(f, why);
	case FACT_APP:
		err = label_check("network", f->network, why);
		return err == E_OK ? host_check("name", f->app, why) : err;
	case FACT_INSTANCE:
		return instance_key_check(f, why);
	case FACT_PEER:
		err = label_check("network", f->network, why);
		return err == E_OK ? host_check("name", f->id, why) : err;
	case FACT_KINDS:
		break;
	}
	return complain(why, "", "must be of a known kind", "");
}

static enum err
network_check(const struct fact *f, struct complaint *why)
{
	enum err err = prefixes_check(f, why);

	if (err == E_OK)
		err = addresses_check("resolvers", f, 0, why);
	return err == E_OK ? range_check("ttl", f->ttl, 0, FACT_TTL_MAX, why)
			   : err;
}

static enum err
region_check(const struct fact *f, struct complaint *why)
{
	enum err err = range_check("latitude", f->latitude, -90, 90, why);

	return err == E_OK
	    ? range_check("longitude", f->longitude, -180, 180, why)
	    : err;
}

static enum err
distance_check(const struct fact *f, struct complaint *why)
{
	return range_check("ms", f->ms, 0, DISTANCE_MAX, why);
}

static enum err
app_check(const struct fact *f, struct complaint *why)
{
	enum err err = domain_check(f->domain, why);

	return err == E_OK ? addresses_check("flycast", f, 0, why) : err;
}

static enum err
instance_check(const struct fact *f, struct complaint *why)
{
	enum err err = label_check("region", f->region, why);

	if (err == E_OK)
		err = addresses_check("addresses", f, 1, why);
	if (err == E_OK && f->name != NULL)
		err = host_check("name", f->name, why);
	if (err == E_OK)
		err = optional_check("group", f->group, why);
	return err == E_OK ? metadata_check(f, why) : err;
}

static enum err
peer_check(const struct fact *f, struct complaint *why)
{
	enum err err = addresses_check("addresses", f, 1, why);

	return err == E_OK ? optional_check("region", f->region, why) : err;
}

enum err
fact_check(const struct fact *f, struct complaint *why)
{
	static enum err (*const check[FACT_KINDS])(
	    const struct fact *, struct complaint *) = {
		[FACT_NETWORK] = network_check,
		[FACT_REGION] = region_check,
		[FACT_DISTANCE] = distance_check,
		[FACT_APP] = app_check,
		[FACT_INSTANCE] = instance_check,
		[FACT_PEER] = peer_check,
	};
	enum err err = fact_check_key(f, why);

	return err == E_OK ? check[f->kind](f, why) : err;
}
