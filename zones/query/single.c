/*
 * single.c - names that one fact answers, or none.
 */
#include "impl.h"

/* RFC 6761, 6.3: the loopback, whoever asks. */
enum query_next
answer_localhost(struct reply *r)
{
	static const uint8_t six[16] = { [15] = 1 };
	static const uint8_t four[4] = { 127, 0, 0, 1 };
	struct instance loopback = {
		.six_count = 1, .four_count = 1, .six = six, .four = four
	};
	struct picked p;

	pick_start(&p, r);
	(void)pick_add(&p, &loopback);
	return pick_answer(&p);
}

enum query_next
answer_loopback(struct reply *r)
{
	static const char localhost[] = "\011localhost";
	const struct name *n = &r->q->name;

	if (n->reverse_extra)
		return reply_nxdomain(r);
	if (n->reverse.len < 128)
		return r->q->qname.labels == n->apex ? reply_zone(r)
						     : reply_nodata(r);
	if (r->q->qtype != TYPE_PTR)
		return reply_nodata(r);
	(void)reply_rdata(r, TYPE_PTR, localhost, sizeof(localhost));
	return reply_finish(r, RCODE_NOERROR);
}

/* The network's resolvers, by family. */
enum query_next
answer_api(struct reply *r)
{
	struct network_facts n;
	struct picked p;

	(void)lookup_network_facts(r->env->snapshot, r->q->network, &n);
	pick_start(&p, r);
	p.exists = true;
	(void)pick_add(&p, &n.resolvers);
	return pick_answer(&p);
}

enum query_fate
single_peer_fate(
    const struct query_env *env, struct label name, int64_t expires)
{
	if (peer_is_interactive(name))
		return FATE_INTERACTIVE;
	return is_expired(expires, env->now) ? FATE_EXPIRED : FATE_TAKEN;
}

enum query_next
answer_peer(struct reply *r)
{
	struct label none = { 0 };
	enum query_fate fate;
	struct picked p;
	struct peer peer;

	if (!lookup_peer(
		r->env->snapshot, r->q->network, r->q->name.arg, &peer))
		return reply_nxdomain(r);
	pick_start(&p, r);
	fate = single_peer_fate(r->env, peer.name, peer.expires);
	if (fate == FATE_TAKEN) {
		reply_expires(r, peer.expires);
		fate = pick_add(&p, &peer.address);
	}
	watch_fact(r->env, "peer", none, peer.name, fate);
	return pick_answer(&p);
}

void
watch_import(
    const struct reply *r, struct label as, const struct import *import)
{
	struct network_facts n;

	if (r->env->watch != NULL &&
	    lookup_network_facts(r->env->snapshot, import->network, &n))
		watch_note(r->env, "%.*s is %.*s of network %.*s, by an export",
		    as.len, (const char *)as.at, import->app.len,
		    (const char *)import->app.at, n.id.len,
		    (const char *)n.id.at);
}

struct label
single_domain(const struct reply *r, struct label app)
{
	struct instance flycast;
	struct label domain;

	return lookup_app_fact(
		   r->env->snapshot, r->network, app, &flycast, &domain) &&
		domain.len > 0
	    ? domain
	    : app;
}

/* The own app of the name comes first, also where it has none. */
bool
single_flycast(const struct reply *r, struct label name, struct instance *out)
{
	struct snapshot *s = r->env->snapshot;
	struct import import;
	struct label domain;
	struct app app;

	if (!is_seen(r->q, name))
		return false;
	if (lookup_app(s, r->network, name, &app))
		return lookup_app_fact(s, r->network, name, out, &domain);
	if ((r->q->uses & USES(USE_IMPORTS)) == 0 ||
	    !lookup_import(s, r->network, name, &import) ||
	    !lookup_app(s, import.network, import.app, &app))
		return false;
	watch_import(r, name, &import);
	*out = import.flycast;
	return true;
}

enum query_next
answer_flycast(struct reply *r)
{
	struct label app = r->q->name.app;
	struct instance flycast;
	struct picked p;
	enum query_fate fate;

	if (!single_flycast(r, app, &flycast) ||
	    flycast.six_count + flycast.four_count == 0)
		return reply_nxdomain(r);
	pick_start(&p, r);
	fate = pick_add(&p, &flycast);
	watch_fact(r->env, "app", app, (struct label){ 0 }, fate);
	return pick_answer(&p);
}
