/*
 * network.c - whose question is it (docs/operations.md, Addresses).
 */
#include "impl.h"

#include <assert.h>

bool
query_is_allowed(const struct query *q, const struct query_env *env)
{
	for (unsigned i = 0; i < env->allow_count; i++)
		if (prefix_holds(&env->allow[i], &q->from))
			return true;
	return false;
}

static enum query_why
find_why(struct query *q, struct query_env *env, struct network *n)
{
	if (env->store != E_OK)
		return WHY_NO_STORE;
	if (q->bound != NULL)
		return lookup_network_named(
			   env->snapshot, q->bound, env->bound_stays, n)
		    ? WHY_LISTENER
		    : WHY_NO_SUCH_BOUND;
	switch (lookup_network(env->snapshot, &q->from, &q->to, n)) {
	case LOOKUP_DESTINATION:
		return WHY_DESTINATION;
	case LOOKUP_SOURCE:
		return WHY_SOURCE;
	case LOOKUP_FOREIGN:
		return WHY_FOREIGN;
	case LOOKUP_NOBODY:
		break;
	}
	return WHY_NOBODY;
}

void
query_find_network(struct query *q, struct query_env *env)
{
	struct network n = { .number = NETWORK_NONE, .ttl = NAME_TTL_DEFAULT };

	q->why = find_why(q, env, &n);
	q->network = n.number;
	q->ttl = n.ttl;
	q->uses = n.uses;
	if ((n.uses & USES(USE_PEERS)) != 0)
		view_find(q, env);
	if (q->why == WHY_NOBODY && query_is_allowed(q, env))
		q->why = WHY_ALLOWED;
}

const char *
query_why_str(enum query_why why)
{
	static const char *const phrase[] = {
		[WHY_NOT_ASKED] = "the network does not matter",
		[WHY_LISTENER] = "the listener is bound to it",
		[WHY_DESTINATION] = "its resolver was asked, from inside",
		[WHY_SOURCE] = "its prefix holds the source",
		[WHY_FOREIGN] = "source is outside the resolver's network",
		[WHY_ALLOWED] =
		    "source is in no network; forward.allow holds it",
		[WHY_NOBODY] = "source is in no network",
		[WHY_NO_SUCH_BOUND] =
		    "the listener's network is not in the store",
		[WHY_NO_STORE] = "no store yet",
		[WHY_EXPIRED] = "the peer has expired",
		[WHY_ROLE] = "the peer's role is less than the network asks",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == WHY_COUNT_,
	    "one phrase a reason");
	assert(why < WHY_COUNT_);
	return phrase[why];
}
