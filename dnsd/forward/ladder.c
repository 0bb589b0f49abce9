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

static bool
shape_is_same(struct shape a, struct shape b)
{
	return a.stream == b.stream && a.edns == b.edns && a.cookie == b.cookie;
}

/* Of P's attempts those to UP in this shape, or in any. */
static unsigned
times_asked(const struct pending *p, const struct upstream *up,
    const struct shape *shape)
{
	unsigned times = 0;

	for (unsigned i = 0; i < p->tries; i++)
		times += p->attempt[i].asked == up &&
		    (shape == NULL ||
			shape_is_same(p->attempt[i].shape, *shape));
	return times;
}

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

static bool
needs_cookie(const struct pending *p, const struct upstream *up)
{
	for (unsigned i = 0; i < p->tries; i++)
		if (p->attempt[i].asked == up && p->attempt[i].needs_cookie)
			return true;
	return false;
}

void
ladder_require(struct attempt *a, int64_t now_us)
{
	const struct pending *p = a->pending;

	if (a->shape.stream)
		return; /* what a stream carries cannot be forged from afar */
	a->needs_cookie = is_able(a->asked, ABLE_COOKIES, now_us) == LEARNT_YES;
	a->needs_letters =
	    is_able(a->asked, ABLE_LETTERS, now_us) == LEARNT_YES;
	for (unsigned i = 0; i < p->tries; i++) {
		const struct attempt *before = &p->attempt[i];

		if (before->asked != a->asked)
			continue;
		a->needs_cookie |= before->needs_cookie;
		a->needs_letters |= before->needs_letters;
	}
	a->needs_cookie = a->needs_cookie && a->shape.cookie;
}

/* Not yet for this question, and no less safe than before. */
static bool
is_allowed(const struct pending *p, const struct upstream *up, struct shape s)
{
	if (!s.stream && !s.cookie && needs_cookie(p, up))
		return false;
	return times_asked(p, up, &s) == 0;
}

static bool
may_stream(const struct pending *p, const struct upstream *up, struct shape s,
    int64_t now_us)
{
	return is_able(up, ABLE_TCP, now_us) != LEARNT_NO &&
	    is_allowed(p, up, s);
}

/* The last one sent to it. */
static const struct attempt *
last_asked(const struct pending *p, const struct upstream *up)
{
	for (unsigned i = p->tries; i > 0; i--)
		if (p->attempt[i - 1].asked == up)
			return &p->attempt[i - 1];
	return NULL;
}

bool
ladder_next(const struct pending *p, const struct upstream *up, int64_t now_us,
    struct shape *s)
{
	const struct attempt *last = last_asked(p, up);
	bool edns = is_able(up, ABLE_EDNS, now_us) == LEARNT_YES;

	*s = ladder_first(up, now_us);
	if (last == NULL)
		return true;
	if (last->failed)
		return false; /* it has said all that it has to say */
	if (!last->shape.stream && !last->lost) {
		if (times_asked(p, up, NULL) == 1)
			return true;
		s->edns = s->cookie = false;
		if (!edns && is_allowed(p, up, *s))
			return true;
	}
	if (!last->shape.stream) {
		*s = ladder_first(up, now_us);
		s->stream = true;
		if (may_stream(p, up, *s, now_us))
			return true;
	}
	*s = (struct shape){ .stream = true };
	return last->shape.stream && !last->lost && is_allowed(p, up, *s);
}

/* Errors that what we add to a question may have brought about. */
static bool
may_be_our_fault(
    const struct attempt *a, const struct answer_reply *reply, int64_t now_us)
{
	switch (reply->rcode) {
	case RCODE_NOERROR: /* but lame */
		return false;
	case RCODE_SERVFAIL:
	case RCODE_REFUSED: /* who has EDNS says so, whatever else he says */
		return a->shape.edns && !reply->edns &&
		    is_able(a->asked, ABLE_EDNS, now_us) == LEARNT_NOTHING;
	default:
		return a->shape.edns;
	}
}

bool
ladder_settle(const struct attempt *a, int64_t now_us, struct shape *s)
{
	*s = ladder_first(a->asked, now_us);
	s->stream = true;
	return may_stream(a->pending, a->asked, *s, now_us);
}

/* RFC 7873, 5.3: with the cookie just learnt; then by TCP. */
static bool
cookie_again(const struct attempt *a, int64_t now_us, struct shape *s)
{
	*s = a->shape;
	if (a->shape.stream)
		return false;
	if (times_asked(a->pending, a->asked, s) == 1)
		return true;
	return ladder_settle(a, now_us, s);
}

bool
ladder_after(const struct attempt *a, const struct answer_reply *reply,
    int64_t now_us, struct shape *s)
{
	const struct pending *p = a->pending;

	*s = a->shape;
	if (reply->truncated) {
		s->stream = true;
		return !a->shape.stream && is_allowed(p, a->asked, *s);
	}
	if (reply->rcode == RCODE_BADCOOKIE && a->shape.cookie)
		return cookie_again(a, now_us, s);
	if (!may_be_our_fault(a, reply, now_us))
		return false;
	/* RFC 6891, 7; of one that had EDNS only TCP can say that. */
	if (is_able(a->asked, ABLE_EDNS, now_us) == LEARNT_YES &&
	    ladder_settle(a, now_us, s))
		return true;
	*s = a->shape;
	s->cookie = false;
	if (is_allowed(p, a->asked, *s))
		return true;
	s->edns = false;
	if (is_allowed(p, a->asked, *s))
		return true;
	return ladder_settle(a, now_us, s);
}
