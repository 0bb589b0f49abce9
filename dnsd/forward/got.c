/*
 * got.c - a reply's way: check, read, learn, judge.
 */
#include <assert.h>

#include "base/log.h"
#include "check.h"
#include "impl.h"

/* RFC 8914, 4.6 to 4.13: it was validated, and it is bogus. */
static bool
is_bogus(const struct answer_reply *reply)
{
	return reply->rcode == RCODE_SERVFAIL && reply->ede_code >= 5 &&
	    reply->ede_code <= 12;
}

/* Nobody else would have anything to add. */
static bool
is_final(const struct answer_reply *reply)
{
	if (reply->truncated || reply->lame)
		return false;
	return reply->rcode == RCODE_NOERROR ||
	    reply->rcode == RCODE_NXDOMAIN || is_bogus(reply);
}

/* What an upstream's errors are to an asker, whose question was fine. */
static void
error_accept(struct forward *f, struct pending *p, struct answer_reply *reply)
{
	struct answer *answer = &reply->answer;
	enum dns_ede why =
	    reply->truncated ? EDE_NETWORK_ERROR : EDE_NO_AUTHORITY;

	if (p->stale) {
		finish_failed(f, p);
		return;
	}
	if (reply->rcode != RCODE_REFUSED)
		answer->rcode = RCODE_SERVFAIL;
	if (answer->rcode == RCODE_SERVFAIL)
		answer->ttl = ANSWER_SERVFAIL_TTL;
	memset(answer->count, 0, sizeof(answer->count));
	answer->len = 0;
	if (reply->ede_code == EDE_NONE)
		answer_explain(answer, why);
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
	if (!reply->truncated)
		upstream_helped(a->upstream, is_final(reply));
	if (is_final(reply)) {
		if (reply->removed > 0)
			answer_explain(&reply->answer, EDE_BLOCKED);
		finish(f, p, &reply->answer);
	} else if (!try_after(f, a, reply)) {
		error_accept(f, p, reply);
	}
}

static enum forward_drop
reply_read(struct forward *f, const struct attempt *a, uint8_t *pkt, size_t len,
    struct answer_reply *reply)
{
	const struct pending *p = a->pending;
	const struct answer_rules rules = { .qname = &p->name,
		.qtype = p->key.qtype,
		.ordinary = f->options.env->ordinary,
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
	/* The good one may still come, but nobody waits for it alone. */
	if (why == DROP_LETTERS || why == DROP_COOKIE)
		try_settle(f, a);
	else if (why == DROP_SHORT || why == DROP_QUESTION ||
	    why == DROP_MALFORMED)
		try_soon(f, a);
	if (log_may(&f->log_limit, &more))
		log_warn("forward: a reply in the name of %s was dropped: %s "
			 "(%u more since the last such line)",
		    a->upstream->title, forward_drop_str(why), more);
}

void
forward_got(struct forward *f, const struct channel *channel,
    const struct sockaddr *from, uint8_t *pkt, size_t len)
{
	struct answer_reply reply;
	enum forward_drop why;
	struct attempt *a;

	a = len < DNS_HEADER ? NULL : attempt_find(f, channel, dns_get16(pkt));
	if (a == NULL) {
		reply_drop(f, NULL, DROP_ID); /* late, or a guess */
		return;
	}
	assert((from == NULL) == a->shape.stream);
	why = forward_check(a, from, pkt, len);
	if (why == DROP_NOT) {
		why = reply_read(f, a, pkt, len, &reply);
	} else if (why == DROP_SHORT) {
		why = forward_check_short(a, pkt, &reply);
		/* No records, but where they would be, for who is led here. */
		reply.answer.body = space_for(f, &a->pending->name).room;
	}
	if (why != DROP_NOT) {
		reply_drop(f, a, why);
		return;
	}
	seen_attempt(f, a, true, pkt, len);
	forward_learn(a, pkt, len, &reply, forward_now(f));
	upstream_heard(
	    a->upstream, forward_now(f) - a->sent_us, forward_now(f));
	reply_act(f, a, &reply);
}
