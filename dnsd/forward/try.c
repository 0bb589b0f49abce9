/*
 * try.c - whom to ask, how long to wait, whom to ask next.
 */
#include "impl.h"

#include <assert.h>

/* TCP may be what one lacks that is mostly asked over UDP. */
static void
attempt_fail(struct forward *f, const struct attempt *a, bool refused)
{
	struct upstream *up = a->upstream;
	int64_t now = forward_now(f);

	if (!a->shape.stream || ladder_first(up, now).stream)
		upstream_failed(up, a->sent_us, now, refused);
}

static uint64_t
random_letters(struct forward *f)
{
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++)
		bits = bits << 16 | secret_next(&f->secret);
	return bits;
}

/* Until RETRY_US only what has been sent can bring the answer. */
static void
pending_wait(struct forward *f, struct pending *p, int64_t retry_us)
{
	int64_t due = p->started_us + GIVE_UP_US;
	int64_t stale = p->started_us + STALE_AFTER_US;

	p->retry_us = retry_us;
	if (due > retry_us)
		due = retry_us;
	if (p->stale && due > stale && stale > forward_now(f))
		due = stale;
	wheel_set(f, p, due);
}

/*
 * P is put to UP, and waits for that, the longer the more it has waited in
 * vain: DOUBLED.  False where it was put often enough.
 */
static bool
attempt_send(struct forward *f, struct pending *p, struct upstream *up,
    struct shape shape, unsigned doubled)
{
	int64_t now = forward_now(f);
	uint8_t msg[QUESTION_MAX];
	struct attempt *a;
	size_t len;

	a = attempt_take(
	    f, p, up, shape, f->carrier->channel(f->carrier, up, shape.stream));
	if (a == NULL)
		return false;
	ladder_require(a, now);
	if (up->config->transport == UPSTREAM_UDP &&
	    (a->needs_letters ||
		ability_is(&up->able[ABLE_LETTERS], now) != LEARNT_NO))
		a->letters = random_letters(f);
	up->tally.sent++;
	f->counters.sent++;
	f->counters.retried += p->tries > 1;
	len = question_write(msg, a);
	a->capitals = memcmp(msg + DNS_HEADER, p->name.wire, p->name.len) != 0;
	seen_attempt(f, a, false, msg, len);
	if (f->carrier->ask(f->carrier, a, msg, len))
		pending_wait(f, p, now + upstream_patience_us(up, doubled));
	else
		forward_lost(f, a);
	return true;
}

static void
probe_start(struct forward *f, struct upstream *up)
{
	static const struct dname root = { .len = 1 };
	struct cache_key key = {
		.scope = ~(uint64_t)up->number, .qtype = TYPE_NS, .name = &root
	};
	struct pending *p;

	cache_key_hash(&key, &f->seed);
	if (pending_find(f, &key) != NULL)
		return;
	p = pending_take(f, &key);
	if (p == NULL)
		return;
	p->started_us = forward_now(f);
	p->probe = up;
	(void)attempt_send(f, p, up, ladder_first(up, p->started_us), 2);
}

void
try_probes(struct forward *f, struct upstream_set *set)
{
	for (unsigned i = 0; i < set->count; i++)
		if (upstream_wants_probe(&set->upstream[i], forward_now(f)))
			probe_start(f, &set->upstream[i]);
}

/* One of the set that has not been asked in this round. */
static bool
try_other(struct forward *f, struct pending *p)
{
	struct upstream *up;
	struct shape shape;

	if (p->probe != NULL)
		return false; /* our own question, that one gets once */
	try_probes(f, p->set);
	while ((up = upstream_choose(p->set, p->tried)) != NULL) {
		p->tried |= 1U << (up - p->set->upstream);
		if (ladder_next(p, up, forward_now(f), &shape))
			return attempt_send(f, p, up, shape, p->rounds);
	}
	return false;
}

void
try_start(struct forward *f, struct pending *p)
{
	p->started_us = forward_now(f);
	/* Nobody to ask: failed at the next tick. */
	if (!try_other(f, p))
		pending_wait(f, p, p->started_us);
}

static bool
may_be_answered(const struct pending *p)
{
	for (unsigned i = 0; i < p->tries; i++)
		if (p->attempt[i].waits && !p->attempt[i].lost)
			return true;
	return false;
}

/* Another at once, or another way, or what is still under way, or nothing. */
static void
pending_go_on(struct forward *f, struct pending *p)
{
	if (try_other(f, p))
		return;
	p->tried = 0;
	p->rounds++;
	if (try_other(f, p))
		return;
	if (may_be_answered(p))
		pending_wait(f, p, INT64_MAX);
	else
		finish_failed(f, p);
}

bool
try_after(
    struct forward *f, struct attempt *a, const struct answer_reply *reply)
{
	struct pending *p = a->pending;
	struct shape shape;

	a->failed = reply->rcode != RCODE_NOERROR;
	if (ladder_after(a, reply, forward_now(f), &shape)) {
		attempt_end(a);
		if (!attempt_send(f, p, a->upstream, shape, p->rounds + 1U))
			pending_go_on(f, p);
		return true;
	}
	a->failed = true;
	if (!try_other(f, p)) {
		a->lost = true;
		return may_be_answered(p);
	}
	attempt_end(a);
	return true;
}

void
try_settle(struct forward *f, struct attempt *a)
{
	int64_t now = forward_now(f);
	struct pending *p = a->pending;
	struct shape shape;

	if (a->doubted || a->shape.stream)
		return;
	a->doubted = true;
	if (ladder_settle(p, a->upstream, now, &shape) &&
	    attempt_send(f, p, a->upstream, shape, p->rounds + 1U))
		return;
	ability_doubt(&a->upstream->able[ABLE_COOKIES], now);
	ability_doubt(&a->upstream->able[ABLE_LETTERS], now);
	try_soon(f, a);
}

void
try_due(struct forward *f, struct pending *p)
{
	int64_t now = forward_now(f);
	const struct attempt *last =
	    p->tries == 0 ? NULL : &p->attempt[p->tries - 1];

	/* The last one sent has had its time; it may still answer. */
	if (now >= p->retry_us && last != NULL && last->waits && !last->lost)
		attempt_fail(f, last, false);
	if (p->probe != NULL || now - p->started_us >= GIVE_UP_US) {
		finish_failed(f, p);
		return;
	}
	if (p->stale && now - p->started_us >= STALE_AFTER_US)
		finish_stale(f, p);
	if (now >= p->retry_us)
		pending_go_on(f, p);
	else
		pending_wait(f, p, p->retry_us);
}

void
try_soon(struct forward *f, struct attempt *a)
{
	struct pending *p = a->pending;

	a->lost = true;
	/* Not here and now: the carrier may be amid its own work. */
	if (a == &p->attempt[p->tries - 1] || !may_be_answered(p))
		pending_wait(f, p, forward_now(f));
}

/* Whatever was to be settled that way is not. */
static void
stream_lost(struct forward *f, const struct attempt *a)
{
	const struct pending *p = a->pending;
	struct ability *able = a->upstream->able;
	int64_t now = forward_now(f);

	ability_lack(&able[ABLE_TCP], EVIDENCE_NO_STREAM, true, now);
	for (unsigned i = 0; i < p->tries; i++)
		if (p->attempt[i].upstream == a->upstream &&
		    p->attempt[i].doubted)
			for (unsigned k = 0; k < ABLE_UDP; k++)
				ability_doubt(&able[k], now);
}

void
forward_lost(struct forward *f, struct attempt *a)
{
	assert(a->waits);
	if (a->lost)
		return;
	attempt_fail(f, a, true);
	if (a->shape.stream)
		stream_lost(f, a);
	try_soon(f, a);
}
