/*
 * listen.c - are the addresses that clients are told of this host's, and
 * listened on?
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/addr_parse.h"
#include "base/addr_text.h"
#include "impl.h"
#include "zones/store/write/facts.h"

/* What instances are told, whichever network's they are. */
#define SHARED "fdaa::3"

static void
mend_address(char mend[MEND], const char *address)
{
	(void)snprintf(mend, MEND, "ip address add %s/%d dev lo", address,
	    strchr(address, ':') == NULL ? 32 : 128);
}

static void
listener_check(struct doctor *d, const struct config_listen *l)
{
	struct addr a = addr_from_sockaddr(&l->address);
	char text[CONFIG_LISTEN_TEXT], address[ADDR_TEXT], mend[MEND];

	(void)config_listen_text(l, text);
	if (l->link.name[0] != '\0' && l->link.index == 0) {
		doctor_say(d, FINDING_MIND, "address", "",
		    "%s: there is no interface %s yet", text, l->link.name);
	} else if (config_listen_is_wildcard(l)) {
		doctor_say(d, FINDING_GOOD, "address", "",
		    "%s: all addresses of this host", text);
	} else if (l->link.index != 0 || route_is_local(&a)) {
		doctor_say(d, FINDING_GOOD, "address", "",
		    "%s: an address of this host", text);
	} else {
		mend_address(mend, addr_text(&a, address));
		doctor_say(d, FINDING_BAD, "address", mend,
		    "%s: no address of this host", text);
	}
}

void
listen_check(struct doctor *d)
{
	for (unsigned i = 0; i < d->config->listen_count; i++)
		listener_check(d, &d->config->listen[i]);
}

static bool
is_listened_on(const struct config *c, const struct addr *a)
{
	for (unsigned i = 0; i < c->listen_count; i++) {
		const struct config_listen *l = &c->listen[i];
		struct addr at = addr_from_sockaddr(&l->address);
		bool v4 = l->address.any.sa_family == AF_INET;

		if (addr_is_same(&at, a) ||
		    (config_listen_is_wildcard(l) && v4 == addr_is_v4(a)))
			return true;
	}
	return false;
}

/* How many networks have a resolver here, and one that has none. */
struct resolvers {
	const struct config *config;
	unsigned here, away;
	char network[64], address[ADDR_TEXT];
};

static bool
network_count(void *arg, const struct fact *f, bool implied)
{
	struct resolvers *r = arg;
	bool here = false;

	(void)implied;
	for (unsigned i = 0; i < f->address_count && !here; i++)
		here = route_is_local(&f->addresses[i]) &&
		    is_listened_on(r->config, &f->addresses[i]);
	if (here)
		r->here++;
	else if (f->address_count > 0 && r->away++ == 0) {
		(void)snprintf(
		    r->network, sizeof(r->network), "%s", f->network);
		(void)addr_text(&f->addresses[0], r->address);
	}
	return true;
}

static void
resolvers_say(struct doctor *d, const struct resolvers *r, bool shared)
{
	char mend[MEND];

	if (r->away == 0)
		doctor_say(d, FINDING_GOOD, "resolver", "",
		    "the resolver of each network is here");
	else if (r->here == 0 && shared)
		doctor_say(d, FINDING_GOOD, "resolver", "",
		    SHARED " is here, for instances; no network's own is, for "
			   "peers");
	else if (r->here > 0) {
		mend_address(mend, r->address);
		doctor_say(d, FINDING_MIND, "resolver", mend,
		    "%u networks have their resolver here and %u have not, as "
		    "%s: %s",
		    r->here, r->away, r->network, r->address);
	} else {
		mend_address(mend, SHARED);
		doctor_say(d, FINDING_MIND, "resolver", mend,
		    "neither " SHARED " nor a network's resolver is an address "
		    "here that is listened on: no instance or peer can ask");
	}
}

void
resolvers_check(struct doctor *d)
{
	struct resolvers r = { .config = d->config };
	struct addr shared;
	bool here;

	if (d->snapshot == NULL || snapshot_refresh(d->snapshot) != E_OK)
		return;
	here = addr_parse(&shared, SHARED) && route_is_local(&shared) &&
	    is_listened_on(d->config, &shared);
	if (snapshot_facts(
		d->snapshot, FACT_NETWORK, NULL, network_count, &r) == E_OK &&
	    r.here + r.away > 0)
		resolvers_say(d, &r, here);
	snapshot_rest(d->snapshot);
}
