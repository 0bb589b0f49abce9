/*
 * try.c - whom to ask, how long to wait, whom to ask next.
 */
#include "impl.h"

#include <assert.h>

/* A probe is a question of our own, that one upstream gets once. */
static bool
is_probe(const struct pending *p)
{
	return p->probe != NULL;
}

static uint64_t
random_letters(struct forward *f)
{
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++)
		bits = bits << 16 | secret_next(&f->secret);
	return bits;
}

static bool
attempt_send(struct forward *f, struct pending *p, struct upstream *up,
    struct shape shape)
{
	int64_t now = forward_now(f);
	uint8_t msg[QUESTION_MAX];
	size_t len;
	struct attempt *a;

	a = attempt_take(
	    f, p, f->carrier->channel(f->carrier, up, shape.stream));
	if (a == NULL)
		return false;
	a->upstream = up;
	a->asked = up;
	a->shape = shape;
	a->sent_us = now;
	ladder_require(a, now);
	if (up->config->transport == UPSTREAM_UDP &&
	    (a->needs_letters ||
		ability_is(&up->able[ABLE_LETTERS], now) != LEARNT_NO))
		a->letters = random_letters(f);
	up->waiting++;
	up->tally.sent++;
	f->counters.sent++;
	len = question_write(msg, a);
	a->capitals = memcmp(msg + DNS_HEADER, p->name.wire, p->name.len) != 0;
	seen_attempt(f, a, false, msg, len);
	a->unsent = !f->carrier->ask(f->carrier, a, msg, len);
	if (a->unsent)
		forward_lost(f, a);
	return true;
}

/* Until then only what has been sent can bring the answer. */
static void
pending_wait(struct forward *f, struct pending *p, int64_t patience_us)
{
	int64_t now = forward_now(f);
	int64_t due = p->started_us + GIVE_UP_US;

	p->retry_us = now + patience_us;
	if (p->retry_us < due)
		due = p->retry_us;
	if (p->stale && p->started_us + STALE_AFTER_US > now &&
	    p->started_us + STALE_AFTER_US < due)
		due = p->started_us + STALE_AFTER_US;
	wheel_set(f, p, due);
}

/* What could not even be sent is not waited for. */
static void
pending_wait_for_last(struct forward *f, struct pending *p, unsigned doubled)
{
	const struct attempt *last = &p->attempt[p->tries - 1];

	pending_wait(f, p,
	    last->lost ? 0 : upstream_patience_us(last->upstream, doubled));
}

static void
probe_start(struct forward *f, struct upstream *up)
{
	static const uint8_t root[1] = { 0 };
	struct cache_key key = { .scope = ~(uint64_t)up->number,
		.qtype = TYPE_NS,
		.name = root,
		.name_len = 1 };
	struct pending *p;

	cache_key_hash(&key, &f->seed);
	if (pending_find(f, &key) != NULL)
		return;
	p = pending_take(f, &key);
	if (p == NULL)
		return;
	p->started_us = forward_now(f);
	p->probe = up;
	(void)attempt_send(f, p, up, ladder_first(up, p->started_us));
	pending_wait_for_last(f, p, 2);
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

	if (is_probe(p))
		return false;
	try_probes(f, p->set);
	while ((up = upstream_choose(p->set, p->tried)) != NULL) {
		p->tried |= 1U << (up - p->set->upstream);
		if (!ladder_next(p, up, forward_now(f), &shape))
			continue;
		if (!attempt_send(f, p, up, shape))
			return false;
		if (p->tries > 1)
			f->counters.retried++;
		pending_wait_for_last(f, p, p->rounds);
		return true;
	}
	return false;
}

void
try_start(struct forward *f, struct pending *p)
{
	p->started_us = forward_now(f);
	/* Nobody to ask: failed at the next tick. */
	if (!try_other(f, p))
		pending_wait(f, p, 0);
}

static bool
may_be_answered(const struct pending *p)
{
	for (unsigned i = 0; i < p->tries; i++)
		if (p->attempt[i].upstream != NULL && !p->attempt[i].lost)
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
		pending_wait(f, p, GIVE_UP_US);
	else
		finish_failed(f, p);
}

void
try_again(struct forward *f, struct attempt *a, struct shape shape)
{
	struct pending *p = a->pending;
	struct upstream *up = a->upstream;

	attempt_free(f, a);
	if (attempt_send(f, p, up, shape)) {
		f->counters.retried++;
		pending_wait_for_last(f, p, p->rounds + 1U);
	} else {
		pending_go_on(f, p);
	}
}

bool
try_instead(struct forward *f, struct attempt *a)
{
	struct pending *p = a->pending;

	a->failed = true;
	if (!try_other(f, p)) {
		a->lost = true;
		return may_be_answered(p);
	}
	attempt_free(f, a);
	return true;
}

void
try_settle(struct forward *f, struct attempt *a)
{
	int64_t now = forward_now(f);
	struct shape shape;

	if (a->doubted || a->shape.stream)
		return;
	a->doubted = true;
	if (!ladder_settle(a, now, &shape) ||
	    !attempt_send(f, a->pending, a->upstream, shape)) {
		ability_doubt(&a->upstream->able[ABLE_COOKIES], now);
		ability_doubt(&a->upstream->able[ABLE_LETTERS], now);
		try_soon(f, a);
		return;
	}
	f->counters.retried++;
	pending_wait_for_last(f, a->pending, a->pending->rounds + 1U);
}

/* TCP to one that is mostly asked over UDP: another thing it may lack. */
static bool
is_detour(const struct attempt *a, int64_t now_us)
{
	return a->shape.stream && !ladder_first(a->upstream, now_us).stream;
}

/* The last one sent has had its time; it may still answer. */
static void
failure_count(struct forward *f, struct pending *p)
{
	struct attempt *a;

	if (p->tries == 0)
		return;
	a = &p->attempt[p->tries - 1];
	if (a->upstream != NULL && !a->lost && !is_detour(a, forward_now(f)))
		upstream_failed(a->upstream, a->sent_us, forward_now(f), false);
}

void
try_due(struct forward *f, struct pending *p)
{
	int64_t now = forward_now(f);

	if (now >= p->retry_us)
		failure_count(f, p);
	if (p->probe != NULL || now - p->started_us >= GIVE_UP_US) {
		finish_failed(f, p);
		return;
	}
	if (p->stale && now - p->started_us >= STALE_AFTER_US)
		finish_stale(f, p);
	if (now >= p->retry_us)
		pending_go_on(f, p);
	else
		pending_wait(f, p, p->retry_us - now);
}

void
try_soon(struct forward *f, struct attempt *a)
{
	struct pending *p = a->pending;

	a->lost = true;
	if (a != &p->attempt[p->tries - 1] && may_be_answered(p))
		return;
	/* Not here and now: the carrier may be amid its own work. */
	p->retry_us = forward_now(f);
	wheel_set(f, p, p->retry_us);
}

/* Whatever was to be settled that way is not. */
static void
stream_lost(struct forward *f, const struct attempt *a)
{
	struct ability *able = a->upstream->able;
	int64_t now = forward_now(f);

	ability_lack(&able[ABLE_TCP], EVIDENCE_NO_STREAM, true, now);
	for (unsigned i = 0; i < a->pending->tries; i++)
		if (a->pending->attempt[i].asked == a->asked &&
		    a->pending->attempt[i].doubted)
			for (unsigned k = 0; k < ABLE_UDP; k++)
				ability_doubt(&able[k], now);
}

void
forward_lost(struct forward *f, struct attempt *a)
{
	assert(a->upstream != NULL);
	if (a->lost)
		return;
	if (!is_detour(a, forward_now(f)))
		upstream_failed(a->upstream, a->sent_us, forward_now(f), true);
	if (a->shape.stream)
		stream_lost(f, a);
	try_soon(f, a);
}
