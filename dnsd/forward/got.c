/*
 * got.c - a reply's way: check, read, learn, judge.
 */
#include <assert.h>

#include "base/log.h"
#include "check.h"
#include "impl.h"

#define RCODE_BADCOOKIE 23 /* RFC 7873, 8 */

enum verdict {
	VERDICT_FINAL,
	VERDICT_AGAIN,  /* the same upstream, having learnt something */
	VERDICT_STREAM, /* the same upstream, by TCP */
	VERDICT_OTHER   /* another upstream may do better */
};

/* RFC 8914, 4.6 to 4.13: it was validated, and it is bogus. */
static bool
is_bogus(const struct answer_reply *reply)
{
	return reply->rcode == RCODE_SERVFAIL && reply->ede_code >= 5 &&
	    reply->ede_code <= 12;
}

static enum verdict
failure_judge(struct attempt *a, const struct answer_reply *reply)
{
	struct upstream *up = a->upstream;

	/* RFC 7873, 5.3: with the cookie just learnt; then without. */
	if (reply->rcode == RCODE_BADCOOKIE && !a->stream)
		return a->pending->tries == 1 ? VERDICT_AGAIN : VERDICT_STREAM;
	/* RFC 6891, 7: it does not know EDNS. */
	if ((reply->rcode == RCODE_FORMERR || reply->rcode == RCODE_NOTIMP) &&
	    !reply->edns && up->edns == LEARNT_NOTHING) {
		up->edns = LEARNT_NO;
		return VERDICT_AGAIN;
	}
	return is_bogus(reply) ? VERDICT_FINAL : VERDICT_OTHER;
}

static enum verdict
reply_judge(struct attempt *a, const struct answer_reply *reply)
{
	if (reply->truncated)
		return a->stream ? VERDICT_OTHER : VERDICT_STREAM;
	if (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN)
		return VERDICT_FINAL;
	return failure_judge(a, reply);
}

static void
answer_accept(struct forward *f, struct pending *p, struct answer_reply *reply)
{
	struct answer *answer = &reply->answer;

	if (reply->rcode > DNS_RCODE || reply->truncated)
		answer->rcode = RCODE_SERVFAIL;
	if (reply->removed > 0)
		answer_explain(answer, reply->ede, EDE_BLOCKED);
	if (answer->rcode == RCODE_SERVFAIL && !is_bogus(reply) && p->stale)
		finish_failed(f, p);
	else
		finish(f, p, answer);
}

static void
reply_act(struct forward *f, struct attempt *a, struct answer_reply *reply)
{
	struct pending *p = a->pending;

	if (p->probe != NULL) {
		pending_free(f, p);
		return;
	}
	switch (reply_judge(a, reply)) {
	case VERDICT_FINAL:
		answer_accept(f, p, reply);
		break;
	case VERDICT_AGAIN:
		try_again(f, a, false);
		break;
	case VERDICT_STREAM:
		try_again(f, a, true);
		break;
	case VERDICT_OTHER:
		if (!try_instead(f, a))
			answer_accept(f, p, reply);
		break;
	}
}

static enum forward_drop
reply_read(struct forward *f, const struct attempt *a, uint8_t *pkt, size_t len,
    struct answer_reply *reply)
{
	const struct pending *p = a->pending;
	const struct answer_rules rules = { .qname = &p->name,
		.qtype = p->key.qtype,
		.remove_private = p->set != NULL && p->set->remove_private };

	if (!answer_read(reply, pkt, len, &rules, f->room))
		return DROP_MALFORMED;
	return forward_check_cookie(a, reply);
}

static void
reply_drop(struct forward *f, struct attempt *a, enum forward_drop why)
{
	unsigned more;

	f->counters.dropped_replies++;
	if (a == NULL)
		return;
	if (why == DROP_LETTERS || why == DROP_COOKIE)
		forward_doubt(a);
	if (why == DROP_MALFORMED)
		try_soon(f, a);
	if (log_may(&f->log_limit, &more))
		log_warn("forward: a reply in the name of %s was dropped: %s "
			 "(%u more since the last such line)",
		    a->upstream->title, forward_drop_str(why), more);
}

void
forward_got(struct forward *f, uint32_t channel, const struct sockaddr *from,
    uint8_t *pkt, size_t len)
{
	struct answer_reply reply;
	enum forward_drop why;
	struct attempt *a;

	assert((from == NULL) == (channel >= STREAM_CHANNEL));
	a = len < DNS_HEADER ? NULL : attempt_find(f, channel, dns_get16(pkt));
	if (a == NULL) {
		reply_drop(f, NULL, DROP_ID); /* late, or a guess */
		return;
	}
	why = forward_check(a, from, pkt, len);
	if (why == DROP_NOT)
		why = reply_read(f, a, pkt, len, &reply);
	if (why != DROP_NOT) {
		reply_drop(f, a, why);
		return;
	}
	forward_learn(a, pkt, &reply);
	upstream_heard(
	    a->upstream, forward_now(f) - a->sent_us, forward_now(f));
	reply_act(f, a, &reply);
}
