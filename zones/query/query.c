/*
 * query.c - the spine of the query path; see query.h.
 */
#include "zones/query/query.h"

#include <stdlib.h>

#include "impl.h"
#include "zones/store/read/prefetch.h"

/* A reply must not be answered, or two servers could go on for ever. */
static bool
deserves_reply(const struct query *q)
{
	return q->len >= DNS_HEADER && (dns_get16(q->pkt + 2) & DNS_QR) == 0;
}

static bool
is_ours(struct query *q, const struct query_env *env)
{
	return q->name.kind != NAME_OTHER &&
	    (q->name.kind != NAME_REVERSE ||
		reverse_is_private(q, env->snapshot));
}

/* Special-use names need no network: RFC 6761 has the same for all. */
static bool
is_for_everybody(const struct query *q)
{
	return q->name.kind == NAME_LOCALHOST || q->name.kind == NAME_NEVER;
}

static enum query_next
refuse(struct query *q, struct query_env *env, enum dns_rcode rcode,
    enum dns_ede ede)
{
	query_fail(q, env, rcode, ede);
	return QUERY_SEND;
}

static enum query_next
answer_other(struct query *q, struct query_env *env)
{
	if (!env->forwards)
		return refuse(q, env, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
	return QUERY_FORWARD;
}

/* Whose question it is matters only for private names then. */
static bool
is_known_without_store(const struct query *q, const struct query_env *env)
{
	return q->bound != NULL || query_is_allowed(q, env);
}

/* Type numbers that are no data: RFC 6895, 3.1, and OPT. */
static bool
is_data(const struct query *q)
{
	return q->qclass == CLASS_IN && q->qtype != TYPE_OPT && q->qtype != 0 &&
	    (q->qtype < 128 || q->qtype >= TYPE_ANY);
}

static enum query_next
answer(struct query *q, struct query_env *env)
{
	if (q->rcode != RCODE_NOERROR)
		return refuse(q, env, q->rcode, q->ede);

	switch (q->why) {
	case WHY_LISTENER:
	case WHY_DESTINATION:
	case WHY_SOURCE:
		if (is_ours(q, env))
			return form_answer(q, env);
		return answer_other(q, env);
	case WHY_ALLOWED:
		if (is_for_everybody(q))
			return form_answer(q, env);
		if (is_ours(q, env))
			return refuse(q, env, RCODE_REFUSED, EDE_PROHIBITED);
		return answer_other(q, env);
	case WHY_NO_STORE:
		if (is_for_everybody(q))
			return form_answer(q, env);
		if (!is_ours(q, env) && is_known_without_store(q, env))
			return answer_other(q, env);
		return refuse(q, env, RCODE_SERVFAIL, EDE_NOT_READY);
	case WHY_FOREIGN:
	case WHY_NOBODY:
	case WHY_NO_SUCH_BOUND:
	case WHY_NOT_ASKED:
	case WHY_COUNT_:
		break;
	}
	return refuse(q, env, RCODE_REFUSED, EDE_PROHIBITED);
}

static void
count(const struct query *q, struct query_counters *c)
{
	switch (q->rcode) {
	case RCODE_NOERROR:
		if (q->answered)
			c->answered++;
		else
			c->nodata++;
		break;
	case RCODE_NXDOMAIN:
		c->nxdomain++;
		break;
	case RCODE_REFUSED:
		c->refused++;
		break;
	case RCODE_FORMERR:
	case RCODE_BADVERS:
		c->formerr++;
		break;
	case RCODE_NOTIMP:
		c->notimp++;
		break;
	case RCODE_SERVFAIL:
		c->servfail++;
		break;
	}
	c->truncated += q->truncated;
	c->cut_tcp += q->truncated && q->tcp;
}

static void
read_packet(struct query *q)
{
	q->why = WHY_NOT_ASKED;
	q->network = NETWORK_NONE;
	q->edns = q->edns_do = q->truncated = q->answered = false;
	q->ede = EDE_NONE;
	q->place = q->place_ahead = LOOKUP_NO_PLACE;
	q->ignored = !deserves_reply(q);
	if (q->ignored)
		return;
	q->rcode = query_parse(q);
	if (q->rcode == RCODE_NOERROR && !is_data(q)) {
		q->rcode = RCODE_REFUSED;
		q->ede = EDE_NOT_SUPPORTED;
	}
}

static void
read_name(struct query *q, struct query_env *env)
{
	if (q->ignored || q->rcode != RCODE_NOERROR)
		return;
	name_read(&q->name, &q->qname);
	query_find_network(q, env);
	q->place = form_place(q, env->snapshot);
}

/*
 * Memory that is asked for comes while other questions are worked on: where
 * a fact is remembered, while names are read; the fact, while so many
 * questions before it are answered.
 */
#define AHEAD 4

void
query_begin(struct query *const *q, unsigned n, struct query_env *env)
{
	struct snapshot *s = env->snapshot;

	for (unsigned i = 0; i < n; i++)
		if (q[i]->bound == NULL)
			lookup_expect_network(s, &q[i]->from, &q[i]->to);
	for (unsigned i = 0; i < n; i++)
		read_packet(q[i]);
	for (unsigned i = 0; i < n; i++) {
		read_name(q[i], env);
		lookup_expect(s, q[i]->place);
	}
	for (unsigned i = 0; i < n; i++)
		if (i < AHEAD)
			lookup_fetch(s, q[i]->place);
		else
			q[i - AHEAD]->place_ahead = q[i]->place;
}

enum query_next
query_end(struct query *q, struct query_env *env)
{
	enum query_next next;

	lookup_fetch(env->snapshot, q->place_ahead);
	if (q->ignored) {
		env->counters.dropped++;
		return QUERY_DROP;
	}
	next = answer(q, env);
	if (next == QUERY_SEND)
		count(q, &env->counters);
	return next;
}

enum query_next
query_answer(struct query *q, struct query_env *env)
{
	read_packet(q);
	read_name(q, env);
	return query_end(q, env);
}

enum err
query_env_init(struct query_env *env)
{
	env->scratch = malloc(sizeof(*env->scratch));
	return env->scratch == NULL ? E_NOMEM : E_OK;
}

void
query_env_release(struct query_env *env)
{
	free(env->scratch);
	env->scratch = NULL;
}
