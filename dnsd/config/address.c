/*
 * address.c - where to listen and whom to ask, as text.
 */
#include "impl.h"

#include <arpa/inet.h>

#include "base/addr_parse.h"
#include "base/log.h"
#include "zones/names/dname.h"

#define ENDPOINT_TEXT (INET6_ADDRSTRLEN + IF_NAMESIZE + sizeof("[%]:65535"))

static bool
endpoint_port_read(const char *text, uint16_t *port)
{
	unsigned long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	n = strtoul(text, &end, 10);
	*port = (uint16_t)n;
	return *end == '\0' && n > 0 && n <= UINT16_MAX;
}

/*
 * "192.0.2.1:53", "[2001:db8::1%eth0]:53"; without the port as well, if *PORT
 * is not zero.  IPv6 stands in brackets, so that the port is never guessed.
 */
static bool
endpoint_read(const char *from, size_t len, struct addr *addr,
    struct config_link *link, uint16_t *port)
{
	char text[ENDPOINT_TEXT], *address = text, *rest;
	bool bracketed = from[0] == '[';

	if (len >= sizeof(text))
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)len, from);
	rest = text + strcspn(text, bracketed ? "]" : ":");
	if (bracketed && *rest == '\0')
		return false;
	if (bracketed) {
		address++;
		*rest++ = '\0';
	}
	if (*rest == '\0' ? *port == 0
			  : *rest != ':' || !endpoint_port_read(rest + 1, port))
		return false;
	*rest = '\0';
	return config_address(addr, link, address) &&
	    addr_is_v4(addr) != bracketed;
}

bool
config_address(struct addr *addr, struct config_link *link, char *text)
{
	char *name = strchr(text, '%');
	bool local;

	if (name != NULL)
		*name++ = '\0';
	if (!addr_parse(addr, text))
		return false;
	local = addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80;
	if (local != (name != NULL))
		return false;
	if (name == NULL)
		return true;
	if (name[0] == '\0' || strlen(name) >= sizeof(link->name))
		return false;
	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	link->index = if_nametoindex(name);
	if (link->index == 0)
		log_warn(
		    "there is no interface %s; it is waited for", link->name);
	return true;
}

enum err
config_set_listen(void *to, const struct config_value *v)
{
	struct config_listen *out = to;
	struct addr addr;
	uint16_t port = 0;

	if (!endpoint_read(v->text, strlen(v->text), &addr, &out->link, &port))
		return E_INPUT;
	out->address = addr_to_sockaddr(&addr, port);
	if (out->link.index != 0)
		out->address.v6.sin6_scope_id = out->link.index;
	return E_OK;
}

bool
config_listen_is_wildcard(const struct config_listen *l)
{
	return l->address.any.sa_family == AF_INET
	    ? l->address.v4.sin_addr.s_addr == htonl(INADDR_ANY)
	    : IN6_IS_ADDR_UNSPECIFIED(&l->address.v6.sin6_addr);
}

bool
config_listen_is_same(
    const struct config_listen *a, const struct config_listen *b)
{
	struct addr one = addr_from_sockaddr(&a->address);
	struct addr two = addr_from_sockaddr(&b->address);

	/* The port is at the same place in both families. */
	return a->address.any.sa_family == b->address.any.sa_family &&
	    a->address.v4.sin_port == b->address.v4.sin_port &&
	    addr_is_same(&one, &two) && a->link.index == b->link.index &&
	    (a->link.index != 0 || strcmp(a->link.name, b->link.name) == 0);
}

const struct config_upstream *
config_upstream(const struct config *c, unsigned i)
{
	if (i < c->upstream_count)
		return &c->upstreams[i];
	i -= c->upstream_count;
	for (unsigned z = 0; z < c->zone_count; z++) {
		if (i < c->zones[z].upstream_count)
			return &c->zones[z].upstreams[i];
		i -= c->zones[z].upstream_count;
	}
	return NULL;
}

unsigned
config_upstream_count(const struct config *c)
{
	unsigned count = c->upstream_count;

	for (unsigned z = 0; z < c->zone_count; z++)
		count += c->zones[z].upstream_count;
	return count;
}

/* The I-th of all; NULL: no more. */
static const struct config_link *
link_at(const struct config *c, unsigned i)
{
	const struct config_upstream *u;

	if (i < c->listen_count)
		return &c->listen[i].link;
	u = config_upstream(c, i - c->listen_count);
	return u == NULL ? NULL : &u->link;
}

bool
config_has_links(const struct config *c)
{
	const struct config_link *l;
	unsigned i = 0;

	while ((l = link_at(c, i)) != NULL && l->name[0] == '\0')
		i++;
	return l != NULL;
}

bool
config_links_have_changed(const struct config *c)
{
	const struct config_link *l;
	unsigned i = 0;

	while ((l = link_at(c, i)) != NULL &&
	    (l->name[0] == '\0' || if_nametoindex(l->name) == l->index))
		i++;
	return l != NULL;
}

const char *
config_listen_text(const struct config_listen *l, char out[CONFIG_LISTEN_TEXT])
{
	bool four = l->address.any.sa_family == AF_INET;
	char text[INET6_ADDRSTRLEN];

	(void)inet_ntop(l->address.any.sa_family,
	    four ? (const void *)&l->address.v4.sin_addr
		 : &l->address.v6.sin6_addr,
	    text, sizeof(text));
	(void)snprintf(out, CONFIG_LISTEN_TEXT, "%s%s%s%s%s:%u",
	    four ? "" : "[", text, l->link.name[0] == '\0' ? "" : "%",
	    l->link.name, four ? "" : "]", ntohs(l->address.v4.sin_port));
	return out;
}

static const struct transport {
	const char *scheme;
	uint16_t port;
} transports[] = {
	[UPSTREAM_UDP] = { "udp://", 53 },
	[UPSTREAM_TCP] = { "tcp://", 53 },
	[UPSTREAM_TLS] = { "tls://", 853 },
};

#define TRANSPORTS (sizeof(transports) / sizeof(transports[0]))
#define SCHEME     6 /* octets of each */

/* The name that a certificate must be for: TLS has one, others have none. */
static enum err
upstream_name(
    struct config_upstream *out, const char *name, struct config_block **owned)
{
	char text[DNAME_TEXT];
	struct dname d;

	if ((out->transport == UPSTREAM_TLS) != (name != NULL))
		return E_INPUT;
	if (name == NULL)
		return E_OK;
	if (!dname_parse(&d, name) || d.labels == 0)
		return E_INPUT;
	/* Certificates have it in any letters, and without the final dot. */
	out->name = config_copy(owned, dname_text(&d, text));
	return out->name == NULL ? E_NOMEM : E_OK;
}

enum err
config_set_upstream(void *to, const struct config_value *v)
{
	struct config_upstream *out = to;
	const char *hash = strchr(v->text, '#'), *start;
	unsigned t = 0;

	while (t < TRANSPORTS &&
	    strncmp(v->text, transports[t].scheme, SCHEME) != 0)
		t++;
	if (t == TRANSPORTS)
		return E_INPUT;
	start = v->text + SCHEME;
	out->line = v->line;
	out->transport = (enum config_transport)t;
	out->port = transports[t].port;
	return endpoint_read(start, strcspn(start, "#"), &out->address,
		   &out->link, &out->port)
	    ? upstream_name(out, hash == NULL ? NULL : hash + 1, v->owned)
	    : E_INPUT;
}
