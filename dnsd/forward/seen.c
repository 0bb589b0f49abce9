/*
 * seen.c - messages of the forwarder, for who wants to see them.
 */
#include "base/clock.h"
#include "dnsd/tap/tap.h"
#include "impl.h"

/* The moment of the forwarder's clock, since 1970. */
static int64_t
moment_ns(struct forward *f, int64_t us)
{
	return clock_ns(CLOCK_REALTIME) - (forward_now(f) - us) * 1000;
}

static bool
is_watched(const struct forward *f)
{
	return f->options.tap != NULL && tap_wanted(f->options.tap) != 0;
}

static void
message_put(struct forward *f, struct tap_message *m, int64_t asked_us)
{
	m->asked_ns = moment_ns(f, asked_us);
	m->told_ns = clock_ns(CLOCK_REALTIME);
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
