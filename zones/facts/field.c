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

static const char *const roles[] = { "observer", "developer", "admin", "owner",
	NULL };
static const char *const states[] = { "started", "draining", "stopped", NULL };
static const char *const healths[] = { "passing", "warning", "critical", NULL };

#define PORTS                                                                  \
	"by name: a number from 1 to 65535, or `{\"port\":53,"                 \
	"\"protocol\":\"udp\"}`"

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
	{ "role", &field_words, FIELD_OPTIONAL, AT(role),
	    .words = roles, .usual = ROLE_DEVELOPER,
	    .text = "the least that a peer needs" },
	{ "pool", &field_pool, FIELD_OPTIONAL, LIST(pool, pool_count),
	    .text = "v4, of which peers get their addresses" },
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
	{ "ports", &field_ports, FIELD_OPTIONAL, LIST(ports, port_count),
	    .text = PORTS },
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
	{ "state", &field_words, FIELD_OPTIONAL, AT(state),
	    .words = states, .bare = true },
	{ "health", &field_words, FIELD_OPTIONAL, AT(health),
	    .words = healths, .bare = true },
	{ "weight", &field_whole, FIELD_OPTIONAL, AT(weight),
	    .most = UINT16_MAX, .usual = 1, .text = "of SRV records" },
	{ "ports", &field_ports, FIELD_OPTIONAL, LIST(ports, port_count),
	    .text = PORTS },
	{ "metadata", &field_pairs, FIELD_OPTIONAL,
	    LIST(metadata, metadata_count), .bare = true,
	    .text = "strings: keys of 1 to 63 octets, values up to 1024" },
	{ "public_key", &field_public_key, FIELD_OPTIONAL, AT(public_key),
	    .text = "WireGuard's" },
	{ "endpoint", &field_endpoint, FIELD_OPTIONAL, AT(endpoint),
	    .text = "where WireGuard finds it, as a gateway's" },
	{ .key = NULL },
};

static const struct field peer[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "name", &field_host, FIELD_KEY, AT(id) },
	{ "region", &field_label, FIELD_OPTIONAL, AT(region), .bare = true },
	{ "addresses", &field_blocks, FIELD_NEEDED,
	    LIST(addresses, address_count), .bare = true,
	    .text = "each alone or with its block (`fdaa:0:18::102/120`)" },
	{ "expires", &field_time, FIELD_OPTIONAL, AT(expires),
	    .text = "RFC 3339, after which the peer is gone from answers" },
	{ "role", &field_words, FIELD_OPTIONAL, AT(role),
	    .words = roles, .usual = ROLE_DEVELOPER },
	{ "apps", &field_hosts, FIELD_OPTIONAL, LIST(apps, app_count),
	    .text = "that it is to see, default all" },
	{ "gateway", &field_label, FIELD_OPTIONAL, AT(gateway) },
	{ "public_key", &field_public_key, FIELD_OPTIONAL, AT(public_key),
	    .text = "WireGuard's" },
	{ .key = NULL },
};

static const struct field gateway[] = {
	{ "id", &field_label, FIELD_KEY, AT(id) },
	{ "region", &field_label, FIELD_NEEDED, AT(region), .bare = true },
	{ "endpoint", &field_endpoint, FIELD_NEEDED, AT(endpoint),
	    .bare = true,
	    .text = "`host:port` or `[v6]:port`, default port 51820" },
	{ "public_key", &field_public_key, FIELD_NEEDED, AT(public_key),
	    .text = "WireGuard's" },
	{ "number", &field_whole, FIELD_NEEDED, AT(number),
	    .least = 1, .most = UINT32_MAX,
	    .text = "a part of its peers' addresses" },
	{ .key = NULL },
};
static const struct field alias[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "name", &field_host, FIELD_KEY, AT(id) },
	{ "app", &field_host, FIELD_NEEDED, AT(alias_of), .bare = true,
	    .text = "whose every name `name.internal` has too" },
	{ .key = NULL },
};
static const struct field zone[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "name", &field_zone, FIELD_KEY, AT(id),
	    .text = "a domain of the network's own" },
	{ "fallthrough", &field_flag, FIELD_OPTIONAL, AT(fallthrough),
	    .usual = true,
	    .text = "what the zone lacks is forwarded, else it does not exist" },
	{ .key = NULL },
};

static const struct field record[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "name", &field_owner, FIELD_KEY, AT(id),
	    .text = "in one of its zones; its first label may be `*`" },
	{ "type", &field_rrtype, FIELD_KEY, AT(to),
	    .text = "`A`, `AAAA`, `CNAME`, `TXT`, `MX`, `SRV`, `CAA` or `HTTPS`" },
	{ "ttl", &field_whole, FIELD_OPTIONAL, AT(ttl),
	    .most = INT32_MAX, .usual = NAME_TTL_DEFAULT,
	    .text = "whole seconds" },
	{ "values", &field_values, FIELD_NEEDED, LIST(values, value_count),
	    .bare = true, .text = "as zone files have them, up to 1024 octets"
	    " each" },
	{ .key = NULL },
};
static const struct field export[] = {
	{ "network", &field_label, FIELD_KEY, AT(network) },
	{ "app", &field_host, FIELD_KEY, AT(app) },
	{ "to", &field_label, FIELD_KEY, AT(to), .text = "another network" },
	{ "as", &field_host, FIELD_OPTIONAL, AT(as),
	    .like = offsetof(struct fact, app),
	    .text = "its name there, default the app's" },
	{ "flycast", &field_addresses, FIELD_OPTIONAL,
	    LIST(addresses, address_count),
	    .text = "inside the prefixes of that network" },
	{ "instances", &field_flag, FIELD_OPTIONAL, AT(instances),
	    .text = "every form of `AS.internal` too, not `AS.flycast` alone" },
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
	[FACT_GATEWAY] = gateway,
	[FACT_ALIAS] = alias,
	[FACT_ZONE] = zone,
	[FACT_RECORD] = record,
	[FACT_EXPORT] = export,
};

const struct field *
fact_fields(enum fact_kind kind)
{
	return fields[kind];
}
