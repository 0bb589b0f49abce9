/*
 * chaos.c - who answers, by names of class CH (RFC 4892).
 *
 * Whoever digs at one of a thousand servers with one address learns which one
 * spoke; who is of no network and may not even have names forwarded does not.
 */
#include "impl.h"

#include "base/version.h"

static const struct {
	const char *wire;
	bool version;
} names[] = {
	{ "\002id\006server", false },
	{ "\010hostname\004bind", false },
	{ "\007version\006server", true },
	{ "\007version\004bind", true },
};

static enum query_next
answer_text(struct query *q, struct query_env *env, const char *text)
{
	enum query_next next;
	struct reply r;
	struct txt txt;

	q->ttl = 0;
	reply_start(&r, q, env);
	txt_start(&txt, &r);
	(void)txt_item(&txt, ',', text, strlen(text));
	next = txt_finish(&txt);
	if (q->answered) /* the record's class, behind the owner's pointer */
		dns_put16(q->pkt + DNS_HEADER + q->question_len + 4, CLASS_CH);
	return next;
}

enum query_next
query_chaos(struct query *q, struct query_env *env)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].wire, (const char *)q->qname.wire) != 0 ||
		    !is_known(q))
			continue;
		if (!names[i].version && env->id != NULL)
			return answer_text(q, env, env->id);
		if (names[i].version && q->network != NETWORK_NONE)
			return answer_text(q, env, "dnsd " VERSION);
	}
	return query_fail(q, env, RCODE_REFUSED, EDE_NOT_SUPPORTED);
}
