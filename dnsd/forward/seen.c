/*
 * seen.c - messages of the forwarder, for who wants to see them.
 */
#include "base/clock.h"
#include "dnsd/tap/tap.h"
#include "impl.h"

static bool
is_watched(const struct forward *f)
{
	return f->options.tap != NULL && tap_wanted(f->options.tap) != 0;
}

/* ASKED_US is of the forwarder's clock, the message's moments since 1970. */
static void
message_put(struct forward *f, struct tap_message *m, int64_t asked_us)
{
	m->told_ns = clock_ns(CLOCK_REALTIME);
	m->asked_ns = m->told_ns - (forward_now(f) - asked_us) * 1000;
	tap_put(f->options.tap, f->options.worker, m);
}

void
seen_reply(struct forward *f, const struct asker *asker, const uint8_t *pkt,
    size_t len)
{
	if (is_watched(f))
		message_put(f,
		    &(struct tap_message){ .kind = TAP_CLIENT_RESPONSE,
			.tcp = asker->client.connection != 0,
			.network = asker->network,
			.asker = asker->from,
			.asker_port = asker->port,
			.server = asker->client.to,
			.pkt = pkt,
			.len = len },
		    asker->came_us);
}

void
seen_attempt(struct forward *f, const struct attempt *a, bool response,
    const uint8_t *pkt, size_t len)
{
	if (is_watched(f))
		message_put(f,
		    &(struct tap_message){ .kind = response
			    ? TAP_FORWARDER_RESPONSE
			    : TAP_FORWARDER_QUERY,
			.tcp = a->shape.stream,
			.network = a->pending->network,
			.server = a->upstream->config->address,
			.port = a->upstream->config->port,
			.pkt = pkt,
			.len = len },
		    a->sent_us);
}
