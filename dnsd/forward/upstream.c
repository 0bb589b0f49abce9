/*
 * upstream.c - see upstream.h.
 */
#include "dnsd/forward/upstream.h"

#include <assert.h>

#include "base/addr_text.h"
#include "base/log.h"

#define MS INT64_C(1000)

#define PATIENCE_FIRST (400 * MS) /* nothing measured yet */
#define PATIENCE_LEAST (80 * MS)  /* it may have to ask others itself */
#define PATIENCE_MOST  (1500 * MS)
#define RTT_MOST       (5000 * MS)
#define DEAD_AFTER     (1500 * MS)
#define PROBE_FIRST    (500 * MS)
#define PROBE_DOUBLED  5 /* times, at most */

#define FORGET 512 /* of its measure, each time */

#define VAIN_MOST   4   /* replies of no use, and others are asked first */
#define VAIN_FORGET 250 /* questions until it is tried again */

void
upstream_init(struct upstream *up, const struct config_upstream *config,
    uint32_t number, struct secret *secret)
{
	static const char *const scheme[] = {
		[UPSTREAM_UDP] = "udp",
		[UPSTREAM_TCP] = "tcp",
		[UPSTREAM_TLS] = "tls",
	};
	char text[ADDR_TEXT];
	bool v4 = addr_is_v4(&config->address);

	memset(up, 0, sizeof(*up));
	up->config = config;
	up->number = number;
	up->address = addr_to_sockaddr(&config->address, config->port);
	if (config->link.index != 0)
		up->address.v6.sin6_scope_id = config->link.index;
	(void)snprintf(up->title, sizeof(up->title),
	    v4 ? "%s://%s%s%s:%u" : "%s://[%s%s%s]:%u",
	    scheme[config->transport], addr_text(&config->address, text),
	    config->link.name[0] == '\0' ? "" : "%", config->link.name,
	    config->port);
	/* RFC 7873, 4.1: our cookie is another one for each server. */
	for (unsigned i = 0; i < 8; i += 2)
		dns_put16(up->cookie + i, secret_next(secret));
	up->cookie_len = 8;
}

/* Each worker finds out; the first one says it. */
static void
upstream_tell(struct upstream *up, bool dead)
{
	if (up->dead == dead)
		return;
	up->dead = dead;
	if (up->told != NULL && atomic_exchange(up->told, dead) == dead)
		return;
	if (dead)
		log_event(LOG_LEVEL_WARN, "upstream_down", up->title,
		    "forward: %s does not answer; it is asked only where no "
		    "other does, and probed now and then",
		    up->title);
	else
		log_event(LOG_LEVEL_INFO, "upstream_up", up->title,
		    "forward: %s answers again", up->title);
}

/* RFC 6298, 2. */
void
upstream_heard(struct upstream *up, int64_t rtt_us, int64_t now_us)
{
	int64_t off;

	up->tally.answered++;
	histogram_add(&up->tally.rtt, rtt_us * 1000, 1);
	up->evidence_us = up->heard_us = now_us;
	if (rtt_us > RTT_MOST)
		rtt_us = RTT_MOST;
	if (rtt_us < 1)
		rtt_us = 1;
	if (up->srtt_us == 0) {
		up->srtt_us = rtt_us;
		up->rttvar_us = rtt_us / 2;
	} else {
		off = rtt_us - up->srtt_us;
		up->srtt_us += off / 8;
		up->rttvar_us += ((off < 0 ? -off : off) - up->rttvar_us) / 4;
	}
	up->failures = up->probes = 0;
	upstream_tell(up, false);
}

void
upstream_helped(struct upstream *up, bool helped)
{
	if (helped)
		up->vain = 0;
	else if (up->vain < VAIN_MOST + VAIN_FORGET)
		up->vain++;
	if (up->vain == VAIN_MOST)
		up->vain += VAIN_FORGET;
}

void
upstream_failed(
    struct upstream *up, int64_t sent_us, int64_t now_us, bool refused)
{
	up->tally.failed++;
	up->refused = refused;
	up->evidence_us = now_us;
	/* It answers others: this question is slow or was lost. */
	if (up->heard_us > sent_us)
		return;
	if (up->failures++ == 0)
		up->silent_us = sent_us;
	if (up->failures == UPSTREAM_DOWN_AFTER)
		up->probe_us = now_us + PROBE_FIRST;
	if (upstream_is_down(up) && now_us - up->silent_us >= DEAD_AFTER)
		upstream_tell(up, true);
}

int64_t
upstream_patience_us(const struct upstream *up, unsigned tries)
{
	int64_t us = up->srtt_us + 4 * up->rttvar_us;

	if (up->srtt_us == 0)
		us = PATIENCE_FIRST;
	if (us < PATIENCE_LEAST)
		us = PATIENCE_LEAST;
	us <<= tries < 5 ? tries : 5;
	return us < PATIENCE_MOST ? us : PATIENCE_MOST;
}

static bool
is_better(const struct upstream *a, const struct upstream *b)
{
	if (b == NULL)
		return true;
	if (upstream_is_down(a) != upstream_is_down(b))
		return upstream_is_down(b);
	if (upstream_is_down(a))
		return a->heard_us > b->heard_us;
	if ((a->vain >= VAIN_MOST) != (b->vain >= VAIN_MOST))
		return b->vain >= VAIN_MOST;
	return a->srtt_us < b->srtt_us;
}

static bool
has_enough_to_do(const struct upstream *up)
{
	return up->waiting >=
	    (up->dead ? UPSTREAM_DEAD_WAITING : UPSTREAM_WAITING);
}

bool
upstream_any(const struct upstream_set *set)
{
	for (unsigned i = 0; i < set->count; i++)
		if (!has_enough_to_do(&set->upstream[i]))
			return true;
	return false;
}

/* RFC 8914, 4.23 and 4.24. */
enum dns_ede
upstream_why_none(const struct upstream_set *set)
{
	for (unsigned i = 0; i < set->count; i++)
		if (!set->upstream[i].refused)
			return EDE_NO_AUTHORITY;
	return EDE_NETWORK_ERROR;
}

/* Those not chosen look better with time, so that they are tried again. */
static void
upstreams_forget(struct upstream_set *set, const struct upstream *chosen)
{
	for (unsigned i = 0; i < set->count; i++) {
		struct upstream *up = &set->upstream[i];

		if (up == chosen)
			continue;
		up->srtt_us -= up->srtt_us / FORGET;
		up->vain -= up->vain >= VAIN_MOST;
	}
}

struct upstream *
upstream_choose(struct upstream_set *set, uint32_t tried)
{
	struct upstream *best = NULL;

	assert(set->count <= UPSTREAMS_IN_SET);
	for (unsigned i = 0; i < set->count; i++) {
		struct upstream *up = &set->upstream[i];

		if ((tried & 1U << i) == 0 && !has_enough_to_do(up) &&
		    is_better(up, best))
			best = up;
	}
	upstreams_forget(set, best);
	return best;
}

bool
upstream_wants_probe(struct upstream *up, int64_t now_us)
{
	if (!upstream_is_down(up) || now_us < up->probe_us)
		return false;
	up->probe_us = now_us + (PROBE_FIRST << up->probes);
	up->probes += up->probes < PROBE_DOUBLED;
	return true;
}
