/*
 * apn.c - names below apn: servers, and the domains of apps.
 *
 * A name may be a server, a server in a domain, a domain, or the end of
 * one; they are tried in that order, and the first that exists answers.
 */
#include "impl.h"

#include "zones/store/read/brief.h"

static const struct label no_app = { 0 };

/* Labels before a service's are not the name's; nor is apn. */
static unsigned
begin(const struct reply *r)
{
	return r->q->name.skip;
}

static unsigned
end(const struct reply *r)
{
	return r->q->qname.labels - 1U;
}

static bool
has_server(const struct reply *r, struct label server, struct label app)
{
	struct range range;
	struct instance i;

	range_server(&range, r->env->snapshot, r->network, server, app);
	return range_instance(&range, &i);
}

/* Those of one tier, of the app OWN or of all; taken if it is SET. */
static bool
pick_servers_in(struct picked *p, struct label server, const struct label *own,
    enum tier set, enum tier tier)
{
	struct reply *r = p->reply;
	struct range range;
	struct instance i;
	bool any = false;

	range_server(&range, r->env->snapshot, r->network, server, no_app);
	while (range_instance(&range, &i)) {
		enum query_fate fate = FATE_OTHER_APP;

		p->exists = p->exists || !r->is_service || service_has(r, &i);
		if (i.tier != tier)
			continue;
		if (own == NULL || label_same(i.app, *own)) {
			any = true;
			fate = pick_of_tier(p, &i, set);
		}
		watch_instance(r, &i, fate);
	}
	return any;
}

/*
 * SERVER.apn: the asker's own app's, if it has one; else all.  One that is
 * stopped hides the others too: nobody's database is another app's because
 * its own is down.
 */
static void
pick_servers(struct picked *p, struct label server)
{
	struct reply *r = p->reply;
	struct claim asker;
	bool own = query_asker(r->q, r->env, &asker) && !asker.is_peer &&
	    has_server(r, server, asker.app);

	enum tier set = TIER_WELL;
	bool any = false;

	for (enum tier tier = TIER_WELL; tier <= TIER_STOPPED; tier++) {
		set = any ? set : tier;
		any = pick_servers_in(
			  p, server, own ? &asker.app : NULL, set, tier) ||
		    any;
		if (any && r->env->watch == NULL)
			break;
	}
}

/* SERVER.DOMAIN.apn: of this app, started or not. */
static void
pick_server_of(struct picked *p, struct label server, struct label app)
{
	struct reply *r = p->reply;
	struct range range;
	struct instance i;

	range_server(&range, r->env->snapshot, r->network, server, app);
	while (range_instance(&range, &i)) {
		i.app = app;
		watch_instance(r, &i, pick_add(p, &i));
	}
}

/* DOMAIN.apn: servers, which are instances with a server name. */
static void
pick_servers_of(struct picked *p, struct label name)
{
	struct reply *r = p->reply;
	bool any = false;
	struct app app;

	enum tier set = TIER_WELL;

	p->exists = p->exists || !r->is_service;
	for (enum tier tier = TIER_WELL; tier <= TIER_STOPPED; tier++) {
		struct instance i;

		if ((any && r->env->watch == NULL) ||
		    !lookup_app(r->env->snapshot, r->network, name, &app))
			return;
		set = any ? set : tier;
		while (app_instance(&app, &i)) {
			if ((i.flags & BRIEF_SERVER) == 0 || i.tier != tier)
				continue;
			any = true;
			watch_instance(r, &i, pick_of_tier(p, &i, set));
		}
	}
}

/* Where no domain was given, an app's domain is its name. */
static bool
has_default_domain(const struct reply *r, struct label name)
{
	struct instance flycast;
	struct label domain;
	struct app app;

	if (!lookup_app(r->env->snapshot, r->network, name, &app))
		return false;
	if (!lookup_app_fact(
		r->env->snapshot, r->network, name, &flycast, &domain))
		return true;
	return domain.len == 0 || label_same(domain, name);
}

static void
pick_of(struct picked *p, const struct label *server, struct label app)
{
	if (server != NULL)
		pick_server_of(p, *server, app);
	else
		pick_servers_of(p, app);
}

/* The domain is the labels from FROM on; SERVER of it, or all servers. */
static void
pick_domain(struct picked *p, unsigned from, const struct label *server)
{
	struct reply *r = p->reply;
	const struct dname *d = &r->q->qname;
	struct label app = dname_label(d, from);
	struct range range;

	if (from + 1 == end(r) && has_default_domain(r, app))
		pick_of(p, server, app);
	range_domain(&range, r->env->snapshot, r->network, d, from, end(r));
	while (range_app(&range, &app))
		pick_of(p, server, app);
}

enum query_next
answer_apn(struct reply *r)
{
	struct label first = dname_label(&r->q->qname, begin(r));
	struct picked p;

	pick_start(&p, r);
	if (begin(r) + 1 == end(r))
		pick_servers(&p, first);
	else
		pick_domain(&p, begin(r) + 1, &first);
	if (!p.exists)
		pick_domain(&p, begin(r), NULL);
	if (!p.exists && !r->is_service)
		p.exists = lookup_domain_below(r->env->snapshot, r->network,
		    &r->q->qname, begin(r), end(r));
	return pick_answer(&p);
}
