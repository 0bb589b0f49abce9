/*
 * config.c - what wg-quick reads (wg-quick(8)).
 *
 * One [Peer], the gateway, has all prefixes of the network, so that servers
 * come and go without a new configuration.  Every text in it is labels,
 * addresses, base64: nothing that a line could begin with.
 */
#include <string.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "impl.h"

#define PORT_DEFAULT ":51820"

static void
block_add(struct text *t, const char *before, const struct addr *a, uint8_t len)
{
	const struct prefix block = { *a, len };
	char text[PREFIX_TEXT];

	text_add(t, "%s%s", before, prefix_text(&block, text));
}

static const char *
comma(unsigned i)
{
	return i == 0 ? "" : ", ";
}

static void
resolvers_add(struct text *t, const struct fact *network, const char *between)
{
	char text[ADDR_TEXT];

	for (unsigned i = 0; i < network->address_count; i++)
		text_add(t, "%s%s", i == 0 ? "" : between,
		    addr_text(&network->addresses[i], text));
}

/* Reverse zones of IPv4 prefixes, where they end with an octet. */
static void
reverse_zones_add(struct text *t, const struct fact *network)
{
	for (unsigned i = 0; i < network->prefix_count; i++) {
		const struct prefix *p = &network->prefixes[i];

		if (!prefix_is_v4(p) || p->len == 96 || p->len % 8 != 0)
			continue;
		text_add(t, " ~");
		for (unsigned at = p->len / 8u; at > 12; at--)
			text_add(t, "%u.", p->addr.ip[at - 1]);
		text_add(t, "in-addr.arpa");
	}
}

/* For who has systemd-resolved: only private names go through the tunnel. */
static void
dns_add(struct text *t, const struct wireguard_options *o,
    const struct fact *network)
{
	if (network->address_count == 0)
		return;
	text_add(t, o->split_dns ? "PostUp = resolvectl dns %%i " : "DNS = ");
	resolvers_add(t, network, o->split_dns ? " " : ", ");
	if (o->split_dns) {
		text_add(t,
		    "\nPostUp = resolvectl domain %%i %s~internal ~apn"
		    " ~flycast ~c.f.ip6.arpa ~d.f.ip6.arpa",
		    o->search ? "internal apn " : "");
		reverse_zones_add(t, network);
	} else if (o->search) {
		text_add(t, ", internal, apn");
	}
	text_add(t, "\n");
}

static void
interface_add(struct text *t, const struct book *b, const struct fact *peer,
    const struct keys *keys)
{
	text_add(t, "[Interface]\n");
	if (keys->private[0] != '\0')
		text_add(t, "PrivateKey = %s\n", keys->private);
	else
		text_add(t, "# PrivateKey = the one of %s\n", peer->public_key);
	text_add(t, "Address = ");
	for (unsigned i = 0; i < peer->address_count; i++)
		block_add(t, comma(i), &peer->addresses[i], peer->blocks[i]);
	text_add(t, "\n");
	dns_add(t, b->o, b->network);
	if (b->o->mtu != NULL)
		text_add(t, "MTU = %s\n", b->o->mtu);
}

static void
endpoint_add(struct text *t, const char *endpoint)
{
	const char *bracket = strchr(endpoint, ']');
	const char *colon = strchr(bracket == NULL ? endpoint : bracket, ':');

	text_add(t, "Endpoint = %s%s\n", endpoint,
	    colon == NULL ? PORT_DEFAULT : "");
}

static bool
is_in_prefix(const struct prefix *p, const struct prefix *all, unsigned count,
    unsigned self)
{
	for (unsigned i = 0; i < count; i++)
		if (i != self && all[i].len <= p->len &&
		    prefix_holds(&all[i], &p->addr))
			return true;
	return false;
}

static void
allowed_add(struct text *t, const struct fact *network)
{
	const char *before = "AllowedIPs = ";

	for (unsigned i = 0; i < network->prefix_count; i++) {
		const struct prefix *p = &network->prefixes[i];

		if (is_in_prefix(
			p, network->prefixes, network->prefix_count, i))
			continue;
		block_add(t, before, &p->addr, p->len);
		before = ", ";
	}
	for (unsigned i = 0; i < network->address_count; i++) {
		const struct prefix p = { network->addresses[i], 128 };

		if (!is_in_prefix(&p, network->prefixes, network->prefix_count,
			network->prefix_count))
			block_add(t, before, &p.addr, p.len);
	}
	text_add(t, "\n");
}

static bool
sees(const struct fact *peer, const char *app)
{
	for (unsigned i = 0; i < peer->app_count; i++)
		if (strcmp(peer->apps[i], app) == 0)
			return true;
	return peer->app_count == 0;
}

/* Each server that can be reached by itself. */
static void
mesh_add(struct text *t, const struct book *b, const struct fact *peer)
{
	const struct facts *all = &b->read[FACT_INSTANCE];

	for (size_t i = 0; i < all->count; i++) {
		const struct fact *f = &all->at[i];

		if (f->public_key == NULL || f->endpoint == NULL ||
		    f->state != FACT_STARTED || !sees(peer, f->app))
			continue;
		text_add(t, "\n[Peer]\n# %s.vm.%s.internal\nPublicKey = %s\n",
		    f->id, f->app, f->public_key);
		endpoint_add(t, f->endpoint);
		text_add(t, "AllowedIPs = ");
		for (unsigned j = 0; j < f->address_count; j++)
			block_add(t, comma(j), &f->addresses[j], 128);
		text_add(t, "\nPersistentKeepalive = 15\n");
	}
}

static bool
mtu_check(const char *mtu)
{
	if (mtu == NULL ||
	    (strspn(mtu, "0123456789") == strlen(mtu) && strlen(mtu) < 6 &&
		strlen(mtu) > 2))
		return true;
	log_error("--mtu %s: must be a number of octets", mtu);
	return false;
}

bool
config_write(const struct book *b, const struct fact *peer,
    const struct keys *keys, struct text *t)
{
	const struct fact *gateway = peer->gateway == NULL
	    ? NULL
	    : facts_find(&b->read[FACT_GATEWAY], peer->gateway);

	if (!mtu_check(b->o->mtu))
		return false;
	if (gateway == NULL && !b->o->mesh) {
		log_error("%s: there is no such gateway",
		    peer->gateway == NULL ? peer->id : peer->gateway);
		return false;
	}
	interface_add(t, b, peer, keys);
	if (b->o->mesh) {
		mesh_add(t, b, peer);
		return true;
	}
	text_add(t, "\n[Peer]\nPublicKey = %s\n", gateway->public_key);
	endpoint_add(t, gateway->endpoint);
	allowed_add(t, b->network);
	text_add(t, "PersistentKeepalive = 15\n");
	return true;
}
