/*
 * view.c - who asks, and which apps he is to see: a peer with `apps` sees its
 * network as if the others were not there.
 */
#include "impl.h"

/* Why a claim's fact may not ask; WHY_NOT_ASKED: it may. */
static enum query_why
claim_why(const struct query *q, const struct query_env *env,
    const struct claim *c, struct peer *peer)
{
	struct network_facts n;

	if (is_expired(c->expires, env->now))
		return WHY_EXPIRED;
	if ((q->uses & USES(USE_PEERS)) != 0 && c->kind == CLAIM_PEER &&
	    lookup_peer(env->snapshot, q->network, c->id, peer) &&
	    lookup_network_facts(env->snapshot, q->network, &n) &&
	    peer->role < n.role)
		return WHY_ROLE;
	return WHY_NOT_ASKED;
}

/* Blocks cost a walk: only those who may be in one pay for it. */
static bool
next_claims(const struct query *q, const struct query_env *env, unsigned *len,
    struct wire_in *claims)
{
	if ((q->uses & USES(USE_PEERS)) != 0)
		return lookup_claims_around(
		    env->snapshot, q->network, &q->from, len, claims);
	return (*len)-- > 128 &&
	    lookup_claims(env->snapshot, q->network, &q->from, claims);
}

/* The first who may ask; or why one that there is may not, or WHY_NOBODY. */
static enum query_why
find_asker(const struct query *q, const struct query_env *env, struct claim *c,
    struct peer *peer)
{
	enum query_why why = WHY_NOBODY;
	struct wire_in claims;

	for (unsigned len = 129; next_claims(q, env, &len, &claims);)
		while (claim_next(&claims, c)) {
			enum query_why is;

			if (c->kind != CLAIM_INSTANCE && c->kind != CLAIM_PEER)
				continue;
			is = claim_why(q, env, c, peer);
			if (is == WHY_NOT_ASKED)
				return is;
			why = why == WHY_NOBODY ? is : why;
		}
	return why;
}

bool
query_asker(const struct query *q, const struct query_env *env, struct claim *c)
{
	struct peer peer;

	return find_asker(q, env, c, &peer) == WHY_NOT_ASKED;
}

void
view_find(struct query *q, const struct query_env *env)
{
	struct peer peer;
	struct claim c;
	enum query_why why = find_asker(q, env, &c, &peer);

	q->apps = wire_in(NULL, 0);
	if (why == WHY_NOT_ASKED && c.kind == CLAIM_PEER)
		q->apps = peer.apps;
	if (why == WHY_EXPIRED || why == WHY_ROLE) {
		q->why = why;
		q->network = NETWORK_NONE;
	}
}

/* Labels have no order here: as many as a fact may have are soon seen. */
bool
view_next(const struct query *q, struct label *app)
{
	struct wire_in in = q->apps;
	struct label last = *app, next = { NULL, 0 };

	while (wire_left(&in) > 0) {
		struct label l = wire_get_label(&in);

		if ((last.at == NULL || label_compare(l, last) > 0) &&
		    (next.at == NULL || label_compare(l, next) < 0))
			next = l;
	}
	*app = next;
	return next.at != NULL;
}

bool
view_has(const struct query *q, struct label app)
{
	struct wire_in in = q->apps;

	while (wire_left(&in) > 0)
		if (label_same(wire_get_label(&in), app))
			return true;
	return false;
}
