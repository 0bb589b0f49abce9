/*
 * route.c - what a configuration makes of a question: where it arrives, and
 * where it goes on to.
 */
#include "base/addr_text.h"
#include "impl.h"

static bool
is_of_family(const struct config_listen *l, const struct addr *to)
{
	return (l->address.any.sa_family == AF_INET) == addr_is_v4(to);
}

/* An address of its own before a wildcard, as the kernel has it. */
const struct config_listen *
explain_listener(const struct config *c, const struct addr *to)
{
	const struct config_listen *found = NULL;

	for (unsigned i = 0; i < c->listen_count; i++) {
		const struct config_listen *l = &c->listen[i];
		struct addr here = addr_from_sockaddr(&l->address);

		if (!is_of_family(l, to))
			continue;
		if (addr_is_same(&here, to))
			return l;
		if (config_listen_is_wildcard(l))
			found = l;
	}
	return found;
}

static bool
zone_takes(
    const struct config_zone *z, const struct dname *name, struct label network)
{
	struct dname suffix;

	return (z->network == NULL ||
		   (network.at != NULL && strlen(z->network) == network.len &&
		       memcmp(z->network, network.at, network.len) == 0)) &&
	    dname_parse(&suffix, z->suffix) && dname_is_below(name, &suffix);
}

/* The longest suffix decides; of two, the one of the asker's own network. */
static const struct config_zone *
zone_of(const struct config *c, const struct dname *name, struct label network)
{
	const struct config_zone *best = NULL;
	size_t most = 0;

	for (unsigned i = 0; i < c->zone_count; i++) {
		const struct config_zone *z = &c->zones[i];
		size_t len = strlen(z->suffix) + (z->network != NULL);

		if (!zone_takes(z, name, network) ||
		    (best != NULL && len < most))
			continue;
		best = z;
		most = len;
	}
	return best;
}

static void
route_upstreams_print(
    FILE *out, const struct config_upstream *u, unsigned count)
{
	static const char *const scheme[] = { [UPSTREAM_UDP] = "udp",
		[UPSTREAM_TCP] = "tcp",
		[UPSTREAM_TLS] = "tls" };
	char text[ADDR_TEXT];

	for (unsigned i = 0; i < count; i++)
		(void)fprintf(out, "%s%s://%s", i == 0 ? " to " : ", ",
		    scheme[u[i].transport], addr_text(&u[i].address, text));
	(void)putc('\n', out);
}

void
explain_route(FILE *out, const struct config *c, const struct dname *name,
    struct label network)
{
	const struct config_zone *z = zone_of(c, name, network);

	if (z == NULL) {
		(void)fputs("outcome   forwarded", out);
		route_upstreams_print(out, c->upstreams, c->upstream_count);
		return;
	}
	(void)fprintf(out, "zone      %s, line %u of %s\noutcome   ", z->suffix,
	    z->line, c->file);
	switch (z->action) {
	case ZONE_FORWARD:
		(void)fputs("forwarded", out);
		route_upstreams_print(out, z->upstreams, z->upstream_count);
		break;
	case ZONE_REFUSE:
		(void)fputs("refused, as the zone says\n", out);
		break;
	case ZONE_NXDOMAIN:
		(void)fputs("NXDOMAIN, as the zone says\n", out);
		break;
	}
}
