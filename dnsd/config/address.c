/*
 * address.c - where to listen and whom to ask, as text.
 */
#include "impl.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "zones/names/dname.h"

/* Taken apart; ADDRESS is without brackets, and may be "fe80::1%wg0". */
struct endpoint {
	char address[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
	bool bracketed;
	uint16_t port;
};

static bool
port_parse(const char *text, uint16_t *port)
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
 * "192.0.2.1:53", "[2001:db8::1]:53"; without the port as well, if PORT is
 * not zero.  IPv6 stands in brackets, so that the port is never guessed.
 */
static bool
endpoint_parse(struct endpoint *out, const char *text, uint16_t port)
{
	size_t len = strcspn(text, text[0] == '[' ? "]" : ":");
	const char *rest = text + len;

	out->bracketed = text[0] == '[';
	if (out->bracketed) {
		if (*rest++ != ']')
			return false;
		text++;
		len--;
	}
	if (len == 0 || len >= sizeof(out->address))
		return false;
	memcpy(out->address, text, len);
	out->address[len] = '\0';
	out->port = port;
	if (*rest == '\0')
		return port != 0;
	return *rest == ':' && port_parse(rest + 1, &out->port);
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
	struct endpoint e;
	struct addr addr;

	if (!endpoint_parse(&e, v->text, 0) ||
	    !config_address(&addr, &out->link, e.address) ||
	    addr_is_v4(&addr) == e.bracketed)
		return E_INPUT;
	out->address = addr_to_sockaddr(&addr, e.port);
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

static bool
link_is_named(const struct config_link *l)
{
	return l->name[0] != '\0';
}

static bool
link_has_changed(const struct config_link *l)
{
	return link_is_named(l) && if_nametoindex(l->name) != l->index;
}

/* Whether one of C's HOLDS. */
static bool
any_link(const struct config *c, bool (*holds)(const struct config_link *))
{
	bool any = false;

	for (unsigned i = 0; i < c->listen_count; i++)
		any |= holds(&c->listen[i].link);
	for (unsigned i = 0; i < c->upstream_count; i++)
		any |= holds(&c->upstreams[i].link);
	for (unsigned z = 0; z < c->zone_count; z++)
		for (unsigned i = 0; i < c->zones[z].upstream_count; i++)
			any |= holds(&c->zones[z].upstreams[i].link);
	return any;
}

bool
config_has_links(const struct config *c)
{
	return any_link(c, link_is_named);
}

bool
config_links_have_changed(const struct config *c)
{
	return any_link(c, link_has_changed);
}

const char *
config_listen_text(const struct config_listen *l, char out[CONFIG_LISTEN_TEXT])
{
	struct addr addr = addr_from_sockaddr(&l->address);
	unsigned port = ntohs(l->address.v4.sin_port);
	char text[ADDR_TEXT];

	if (l->address.any.sa_family == AF_INET) {
		(void)snprintf(out, CONFIG_LISTEN_TEXT, "%s:%u",
		    addr_text(&addr, text), port);
		return out;
	}
	(void)snprintf(out, CONFIG_LISTEN_TEXT, "[%s%s%s]:%u",
	    inet_ntop(AF_INET6, &l->address.v6.sin6_addr, text, sizeof(text)),
	    l->link.name[0] == '\0' ? "" : "%", l->link.name, port);
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

static const struct transport *
transport_of(const char *url)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (strncmp(url, transports[i].scheme,
			strlen(transports[i].scheme)) == 0)
			return &transports[i];
	return NULL;
}

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
	const struct transport *t = transport_of(v->text);
	struct config_upstream *out = to;
	char text[sizeof(struct endpoint) + 16];
	const char *start, *hash;
	struct endpoint e;
	size_t len;

	if (t == NULL)
		return E_INPUT;
	start = v->text + strlen(t->scheme);
	hash = strchr(start, '#');
	len = hash == NULL ? strlen(start) : (size_t)(hash - start);
	if (len >= sizeof(text))
		return E_INPUT;
	memcpy(text, start, len);
	text[len] = '\0';
	if (!endpoint_parse(&e, text, t->port) ||
	    !config_address(&out->address, &out->link, e.address) ||
	    addr_is_v4(&out->address) == e.bracketed)
		return E_INPUT;
	out->line = v->line;
	out->port = e.port;
	out->transport = (enum config_transport)(t - transports);
	return upstream_name(out, hash == NULL ? NULL : hash + 1, v->owned);
}
