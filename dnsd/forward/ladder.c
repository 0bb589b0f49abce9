/*
 * ladder.c - how an upstream is asked, and how once more.
 *
 *	as it can, as far as known --- error ---> without a cookie
 *	     |    |                                   | error
 *	     |    '- TC, doubt, error of one     without EDNS
 *	  silence   that was known to have EDNS       | error, or silence
 *	     |                      '------------> over TCP: as it can,
 *	  once more, without EDNS, over TCP        without cookie, without EDNS
 *
 * Each rung at most once for a question and an upstream; then it is another
 * one's turn.  Over UDP no rung asks less of the replies than one before.
 */
#include "impl.h"

#define RCODE_BADCOOKIE 23 /* RFC 7873, 8 */

static enum learnt
is_able(const struct upstream *up, enum able able, int64_t now_us)
{
	return ability_is(&up->able[able], now_us);
}

struct shape
ladder_first(const struct upstream *up, int64_t now_us)
{
	bool udp = up->config->transport == UPSTREAM_UDP;
	struct shape s = { .stream = !udp ||
		    (is_able(up, ABLE_UDP, now_us) == LEARNT_NO &&
			is_able(up, ABLE_TCP, now_us) != LEARNT_NO),
		.edns = is_able(up, ABLE_EDNS, now_us) != LEARNT_NO };

	s.cookie =
	    udp && s.edns && is_able(up, ABLE_COOKIES, now_us) != LEARNT_NO;
	return s;
}

void
ladder_require(struct attempt *a, int64_t now_us)
{
	const struct pending *p = a->pending;

	if (a->shape.stream)
		return; /* what a stream carries cannot be forged from afar */
	a->needs_cookie =
	    is_able(a->upstream, ABLE_COOKIES, now_us) == LEARNT_YES;
	a->needs_letters =
	    is_able(a->upstream, ABLE_LETTERS, now_us) == LEARNT_YES;
	for (unsigned i = 0; i < p->tries; i++) {
		const struct attempt *before = &p->attempt[i];

		if (before->upstream != a->upstream)
			continue;
		a->needs_cookie |= before->needs_cookie;
		a->needs_letters |= before->needs_letters;
	}
	a->needs_cookie = a->needs_cookie && a->shape.cookie;
}

/* How often UP was asked in this shape. */
static unsigned
times_asked(const struct pending *p, const struct upstream *up, struct shape s)
{
	unsigned times = 0;

	for (unsigned i = 0; i < p->tries; i++) {
		struct shape was = p->attempt[i].shape;

		times += p->attempt[i].upstream == up &&
		    was.stream == s.stream && was.edns == s.edns &&
		    was.cookie == s.cookie;
	}
	return times;
}

/* Not yet for this question, and no less safe than before. */
static bool
is_allowed(const struct pending *p, const struct upstream *up, struct shape s)
{
	for (unsigned i = 0; i < p->tries; i++)
		if (p->attempt[i].upstream == up &&
		    p->attempt[i].needs_cookie && !s.stream && !s.cookie)
			return false;
	return times_asked(p, up, s) == 0;
}

bool
ladder_settle(const struct pending *p, const struct upstream *up,
    int64_t now_us, struct shape *s)
{
	*s = ladder_first(up, now_us);
	s->stream = true;
	return is_able(up, ABLE_TCP, now_us) != LEARNT_NO &&
	    is_allowed(p, up, *s);
}

bool
ladder_next(const struct pending *p, const struct upstream *up, int64_t now_us,
    struct shape *s)
{
	const struct attempt *last = NULL;
	unsigned times = 0;

	for (unsigned i = 0; i < p->tries; i++)
		if (p->attempt[i].upstream == up) {
			last = &p->attempt[i];
			times++;
		}
	*s = ladder_first(up, now_us);
	if (last == NULL)
		return true;
	if (last->failed)
		return false; /* it has said all that it has to say */
	if (last->shape.stream) {
		*s = (struct shape){ .stream = true };
		return !last->lost && is_allowed(p, up, *s);
	}
	if (!last->lost && times == 1)
		return true;
	s->edns = s->cookie = false;
	if (!last->lost && is_able(up, ABLE_EDNS, now_us) != LEARNT_YES &&
	    is_allowed(p, up, *s))
		return true;
	return ladder_settle(p, up, now_us, s);
}

/* Errors that what we add to a question may have brought about. */
static bool
may_be_our_fault(
    const struct attempt *a, const struct answer_reply *reply, enum learnt edns)
{
	switch (reply->rcode) {
	case RCODE_NOERROR: /* but lame */
		return false;
	case RCODE_SERVFAIL:
	case RCODE_REFUSED: /* who has EDNS says so, whatever else he says */
		return a->shape.edns && !reply->edns && edns == LEARNT_NOTHING;
	default:
		return a->shape.edns;
	}
}

bool
ladder_after(const struct attempt *a, const struct answer_reply *reply,
    int64_t now_us, struct shape *s)
{
	const struct pending *p = a->pending;
	const struct upstream *up = a->upstream;
	enum learnt edns = is_able(up, ABLE_EDNS, now_us);

	*s = a->shape;
	if (reply->truncated) {
		s->stream = true;
		return !a->shape.stream && is_allowed(p, up, *s);
	}
	/* RFC 7873, 5.3: with the cookie just learnt; then by TCP. */
	if (reply->rcode == RCODE_BADCOOKIE && s->cookie)
		return !s->stream &&
		    (times_asked(p, up, *s) == 1 ||
			ladder_settle(p, up, now_us, s));
	if (!may_be_our_fault(a, reply, edns))
		return false;
	/* RFC 6891, 7; of one that had EDNS only TCP can say that. */
	if (edns == LEARNT_YES && ladder_settle(p, up, now_us, s))
		return true;
	*s = a->shape;
	s->cookie = false;
	if (is_allowed(p, up, *s))
		return true;
	s->edns = false;
	return is_allowed(p, up, *s) || ladder_settle(p, up, now_us, s);
}
