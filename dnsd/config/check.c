/*
 * check.c - what options ask of each other.
 */
#include "impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static enum err
listeners_check(const struct config *c, char *why)
{
	if (c->listen_count == 0)
		return config_complain(
		    why, c->file, 1, "listen: at least one address is needed");
	for (unsigned i = 0; i < c->listen_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (config_listen_is_same(&c->listen[i], &c->listen[j]))
				return config_complain(why, c->file,
				    c->listen[i].line,
				    "listen.address: the same as in line %u",
				    c->listen[j].line);
	return E_OK;
}

/* Only an address of this machine can be bound; packets are not sent. */
static bool
addr_is_local(const struct addr *a)
{
	union sockaddr_ip s = addr_to_sockaddr(a, 0);
	int fd = socket(s.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int bound;

	if (fd < 0)
		return false;
	bound = bind(fd, &s.any, sockaddr_len(&s));
	(void)close(fd);
	return bound == 0;
}

bool
config_is_ourselves(const struct config *c, const struct config_upstream *u)
{
	sa_family_t family = addr_is_v4(&u->address) ? AF_INET : AF_INET6;

	for (unsigned i = 0; i < c->listen_count; i++) {
		const struct config_listen *l = &c->listen[i];
		struct addr here = addr_from_sockaddr(&l->address);

		if (l->address.any.sa_family != family ||
		    l->address.v4.sin_port != htons(u->port))
			continue;
		if (config_listen_is_wildcard(l)
			? addr_is_local(&u->address)
			: addr_is_same(&here, &u->address))
			return true;
	}
	return false;
}

static enum err
upstream_list_check(const struct config *c, char *why)
{
	const struct config_upstream *u;

	for (unsigned i = 0; (u = config_upstream(c, i)) != NULL; i++)
		if (config_is_ourselves(c, u))
			return config_complain(why, c->file, u->line,
			    "forward.%supstreams: questions sent there would "
			    "come back to this server; allowed are addresses "
			    "that it does not listen on",
			    i < c->upstream_count ? "" : "zones.");
	return E_OK;
}

static bool
zone_is_same(const struct config_zone *a, const struct config_zone *b)
{
	const char *one = a->network == NULL ? "" : a->network;
	const char *two = b->network == NULL ? "" : b->network;

	return strcmp(a->suffix, b->suffix) == 0 && strcmp(one, two) == 0;
}

static enum err
zone_check(const struct config *c, unsigned i, char *why)
{
	const struct config_zone *z = &c->zones[i];
	bool forwards = z->action == ZONE_FORWARD;

	if (forwards && z->upstream_count == 0)
		return config_complain(why, c->file, z->line,
		    "forward.zones: \"%s\" has no upstreams; allowed are at "
		    "least one, or action: refuse or nxdomain",
		    z->suffix);
	if (!forwards && z->upstream_count > 0)
		return config_complain(why, c->file, z->line,
		    "forward.zones: \"%s\" has upstreams that its action "
		    "never asks",
		    z->suffix);
	for (unsigned j = 0; j < i; j++)
		if (zone_is_same(z, &c->zones[j]))
			return config_complain(why, c->file, z->line,
			    "forward.zones: \"%s\" is the same as in line %u",
			    z->suffix, c->zones[j].line);
	return E_OK;
}

enum err
config_check(const struct config *c, char why[CONFIG_WHY])
{
	enum err err = listeners_check(c, why);

	for (unsigned i = 0; err == E_OK && i < c->zone_count; i++)
		err = zone_check(c, i, why);
	return err == E_OK ? upstream_list_check(c, why) : err;
}
