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

/*
 * SERVER.apn: the asker's own app's, if it has one; else all.  One that is
 * stopped hides the others too: nobody's database is another app's because
 * its own is down.
 */
static void
pick_servers(struct picked *p, struct label server)
{
	struct reply *r = p->reply;
	struct label own = no_app;
	struct range range;
	struct claim asker;
	enum tier tier;

	if (query_asker(r->q, r->env, &asker) && asker.kind == CLAIM_INSTANCE) {
		range_server(
		    &range, r->env->snapshot, r->network, server, asker.app);
		if (pick_best(&range, &tier))
			own = asker.app;
	}
	range_server(&range, r->env->snapshot, r->network, server, own);
	if (view_is_limited(r->q))
		range.seen = r->q->apps;
	if (!pick_set(p, &range, &tier))
		return;
	p->exists = p->exists || !r->is_service;
	/* A port that only worse ones have makes a name without records. */
	for (tier += tier != TIER_STOPPED; !p->exists && tier <= TIER_STOPPED;
	     tier++) {
		pick_range(p, &range, tier, NULL, NULL);
		p->count = 0;
	}
}

/* SERVER.DOMAIN.apn: of this app, started or not. */
static void
pick_server_of(struct picked *p, struct label server, struct label app)
{
	struct reply *r = p->reply;
	struct range range;
	enum tier best;

	range_server(&range, r->env->snapshot, r->network, server, app);
	if (!pick_best(&range, &best))
		return;
	p->exists = p->exists || !r->is_service;
	for (enum tier tier = best; tier <= TIER_STOPPED; tier++)
		pick_range(p, &range, tier, NULL, NULL);
	if (r->env->watch != NULL)
		pick_watch(p, &range, TIER_ANY);
}

/* DOMAIN.apn: servers, which are instances with a server name. */
static void
pick_servers_of(struct picked *p, struct label app)
{
	struct reply *r = p->reply;
	struct range range;
	enum tier tier;

	p->exists = p->exists || !r->is_service;
	range_group(&range, r->env->snapshot, r->network, app, label_of(""));
	(void)pick_set(p, &range, &tier);
}

static void
pick_of(struct picked *p, const struct label *server, struct label app)
{
	if (!is_seen(p->reply->q, app))
		return;
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

	if (from + 1 == end(r) &&
	    lookup_app(r->env->snapshot, r->network, app, &r->app) &&
	    label_same(single_domain(r, app), app))
		pick_of(p, server, app);
	range_domain(&range, r->env->snapshot, r->network, d, from, end(r));
	while (range_app(&range, &app))
		pick_of(p, server, app);
}

/* Labels FROM to TO and a dot are what DOMAIN ends with, and not all of it. */
static bool
is_above(const struct dname *d, unsigned from, unsigned to, struct label domain)
{
	while (to-- > from) {
		struct label l = dname_label(d, to);

		if (domain.len <= l.len ||
		    domain.at[domain.len - l.len - 1] != '.' ||
		    memchr(l.at, '.', l.len) != NULL ||
		    memcmp(domain.at + domain.len - l.len, l.at, l.len) != 0)
			return false;
		domain.len = (uint8_t)(domain.len - l.len - 1);
	}
	return true;
}

static bool
has_domain_below(const struct reply *r)
{
	const struct dname *d = &r->q->qname;
	struct label app = no_app, domain;
	struct instance flycast;

	if (!view_is_limited(r->q))
		return lookup_domain_below(
		    r->env->snapshot, r->network, d, begin(r), end(r));
	while (view_next(r->q, &app))
		if (lookup_app_fact(
			r->env->snapshot, r->network, app, &flycast, &domain) &&
		    is_above(d, begin(r), end(r), domain))
			return true;
	return false;
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
		p.exists = has_domain_below(r);
	return pick_answer(&p);
}
