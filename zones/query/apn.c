/*
 * apn.c - names below apn: servers, and the domains of apps.
 *
 * A name may be a server, a server in a domain, a domain, or the end of
 * one; they are tried in that order, and the first that exists answers.
 */
#include "impl.h"

static const struct label no_app = { 0 };

/* The name's labels without apn. */
static unsigned
parts(const struct reply *r)
{
	return r->q->qname.labels - 1U;
}

static bool
has_server(const struct reply *r, struct label server, struct label app)
{
	struct range range;
	struct instance i;

	range_server(&range, r->env->snapshot, r->q->network, server, app);
	return range_instance(&range, &i);
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
	struct range range;
	struct instance i;
	bool own = query_asker(r->q, r->env, &asker) && !asker.is_peer &&
	    has_server(r, server, asker.app);

	range_server(&range, r->env->snapshot, r->q->network, server, no_app);
	while (range_instance(&range, &i)) {
		enum query_fate fate = FATE_TAKEN;

		p->exists = true;
		if (own && !label_same(i.app, asker.app))
			fate = FATE_OTHER_APP;
		else if (!i.started)
			fate = FATE_STOPPED;
		if (fate == FATE_TAKEN)
			fate = pick_add(p, &i);
		watch_instance(r, &i, fate);
	}
}

/* SERVER.DOMAIN.apn: of this app, started or not. */
static void
pick_server_of(struct picked *p, struct label server, struct label app)
{
	struct reply *r = p->reply;
	struct range range;
	struct instance i;

	range_server(&range, r->env->snapshot, r->q->network, server, app);
	while (range_instance(&range, &i)) {
		i.app = app;
		watch_instance(r, &i, pick_add(p, &i));
	}
}

/* DOMAIN.apn: started servers, which are instances with a server name. */
static void
pick_servers_of(struct picked *p, struct label name)
{
	struct reply *r = p->reply;
	struct instance i;
	struct app app;

	p->exists = true;
	if (!lookup_app(r->env->snapshot, r->q->network, name, &app))
		return;
	while (app_instance(&app, &i)) {
		if (!i.is_server)
			continue;
		watch_instance(
		    r, &i, i.started ? pick_add(p, &i) : FATE_STOPPED);
	}
}

/* Where no domain was given, an app's domain is its name. */
static bool
has_default_domain(const struct reply *r, struct label name)
{
	struct instance flycast;
	struct label domain;
	struct app app;

	if (!lookup_app(r->env->snapshot, r->q->network, name, &app))
		return false;
	if (!lookup_app_fact(
		r->env->snapshot, r->q->network, name, &flycast, &domain))
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

	if (from + 1 == parts(r) && has_default_domain(r, app))
		pick_of(p, server, app);
	range_domain(
	    &range, r->env->snapshot, r->q->network, d, from, parts(r));
	while (range_app(&range, &app))
		pick_of(p, server, app);
}

enum query_next
answer_apn(struct reply *r)
{
	struct label first = dname_label(&r->q->qname, 0);
	struct picked p;

	pick_start(&p, r);
	if (parts(r) == 1)
		pick_servers(&p, first);
	else
		pick_domain(&p, 1, &first);
	if (!p.exists)
		pick_domain(&p, 0, NULL);
	if (!p.exists)
		p.exists = lookup_domain_below(
		    r->env->snapshot, r->q->network, &r->q->qname, 0, parts(r));
	return pick_answer(&p);
}
