/*
 * field.c - the fields that each kind of fact has, in the order in which they
 * are written and stored, those of the key first.
 */
#include "zones/facts/field.h"

#include <stddef.h>

#include "field_type.h"
#include "zones/names/name.h"

#define AT(member)           .at = offsetof(struct fact, member)
#define LIST(member, number) AT(member), .count = offsetof(struct fact, number)

static const char *const states[] = { "started", "stopped", NULL };

/* clang-format off */
static const struct field network[] = {
	{ "id", &field_label, FIELD_KEY, AT(network) },
	{ "prefixes", &field_prefixes, FIELD_NEEDED,
	    LIST(prefixes, prefix_count), .bare = true,
	    .text = "v6 or v4, no bit set behind the length" },
	{ "resolvers", &field_resolvers, FIELD_OPTIONAL,
	    LIST(addresses, address_count),
	    .text = "default P::3 for each v6 /48 prefix P" },
	{ "ttl", &field_whole, FIELD_OPTIONAL, AT(ttl),
	    .most = 86400, .usual = NAME_TTL_DEFAULT, .text = "whole seconds" },
	{ .key = NULL },
};

static const struct field region[] = {
	{ "id", &field_region, FIELD_KEY, AT(id),
	    .text = "not a word that names use (`vm`, `nearest`, `global` ...)" },
	{ "latitude", &field_number, FIELD_NEEDED, AT(latitude),
	    .least = -90, .most = 90, .bare = true },
	{ "longitude", &field_number, FIELD_NEEDED, AT(longitude),
	    .least = -180, .most = 180, .bare = true },
	{ .key = NULL },
};

static const struct field distance[] = {
	{ "from", &field_label, FIELD_KEY, AT(id), .text = "a region" },
	{ "to", &field_label, FIELD_KEY, AT(to), .text = "another" },
	{ "ms", &field_number, FIELD_NEEDED, AT(ms), .most = 60000 },
	{ .key = NULL },
};

static const struct field app[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "name", &field_host, FIELD_KEY, AT(app) },
	{ "domain", &field_domain, FIELD_OPTIONAL, AT(domain),
	    .like = offsetof(struct fact, app),
	    .text = "labels with dots, up to 200 octets, default the name" },
	{ "flycast", &field_addresses, FIELD_OPTIONAL,
	    LIST(addresses, address_count) },
	{ .key = NULL },
};

static const struct field instance[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "app", &field_host, FIELD_KEY, AT(app) },
	{ "id", &field_label, FIELD_KEY, AT(id) },
	{ "region", &field_label, FIELD_NEEDED, AT(region), .bare = true },
	{ "addresses", &field_addresses, FIELD_NEEDED,
	    LIST(addresses, address_count), .bare = true },
	{ "name", &field_host, FIELD_OPTIONAL, AT(name),
	    .text = "the server's, for `.apn`" },
	{ "group", &field_label, FIELD_OPTIONAL, AT(group) },
	{ "state", &field_words, FIELD_OPTIONAL, AT(stopped),
	    .words = states, .bare = true },
	{ "metadata", &field_pairs, FIELD_OPTIONAL,
	    LIST(metadata, metadata_count), .bare = true,
	    .text = "strings: keys of 1 to 63 octets, values up to 1024" },
	{ .key = NULL },
};

static const struct field peer[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "name", &field_host, FIELD_KEY, AT(id) },
	{ "region", &field_label, FIELD_OPTIONAL, AT(region), .bare = true },
	{ "addresses", &field_addresses, FIELD_NEEDED,
	    LIST(addresses, address_count), .bare = true },
	{ "expires", &field_time, FIELD_OPTIONAL, AT(expires),
	    .text = "RFC 3339, after which the peer is in no answer, whoever"
		" is running" },
	{ .key = NULL },
};
/* clang-format on */

static const struct field *const fields[FACT_KINDS] = {
	[FACT_NETWORK] = network,
	[FACT_REGION] = region,
	[FACT_DISTANCE] = distance,
	[FACT_APP] = app,
	[FACT_INSTANCE] = instance,
	[FACT_PEER] = peer,
};

const struct field *
fact_fields(enum fact_kind kind)
{
	return fields[kind];
}
