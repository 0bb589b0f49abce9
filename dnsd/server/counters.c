/*
 * counters.c - see report.h; docs/operations.md says what each tells.
 */
#include "dnsd/server/report.h"

#define ROW(name, field)                                                       \
	{                                                                      \
		name, offsetof(struct counters, field)                         \
	}

static const struct {
	const char *name;
	size_t at;
} rows[] = {
	ROW("udp_received", udp.received),
	ROW("udp_sent", udp.sent),
	ROW("udp_unsent", udp.unsent),
	ROW("udp_oversize", udp.oversize),
	ROW("tcp_accepted", tcp.accepted),
	ROW("tcp_open", tcp_open),
	ROW("tcp_received", tcp.received),
	ROW("tcp_sent", tcp.sent),
	ROW("tcp_idle", tcp.idle),
	ROW("tcp_evicted", tcp.evicted),
	ROW("tcp_unread", tcp.unread),
	ROW("query_answered", query.of[RCODE_NOERROR]),
	ROW("query_nodata", query.nodata),
	ROW("query_nxdomain", query.of[RCODE_NXDOMAIN]),
	ROW("query_refused", query.of[RCODE_REFUSED]),
	ROW("query_formerr", query.of[RCODE_FORMERR]),
	ROW("query_notimp", query.of[RCODE_NOTIMP]),
	ROW("query_servfail", query.of[RCODE_SERVFAIL]),
	ROW("query_dropped", query.dropped),
	ROW("query_truncated", query.truncated),
	ROW("query_cut_tcp", query.cut_tcp),
	ROW("query_limited", query.limited),
	ROW("query_over_limit", query.over_limit),
	ROW("forward_asked", forward.asked),
	ROW("forward_hits", forward.hits),
	ROW("forward_stale", forward.stale),
	ROW("forward_joined", forward.joined),
	ROW("forward_waiting", forward_waiting),
	ROW("forward_sent", forward.sent),
	ROW("forward_retried", forward.retried),
	ROW("forward_answered", forward.answered),
	ROW("forward_failed", forward.failed),
	ROW("forward_over_limit", forward.over_limit),
	ROW("forward_prefetched", forward.prefetched),
	ROW("forward_dropped_replies", forward.dropped_replies),
	ROW("forward_no_port", forward.no_port),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static_assert(
    ROWS == sizeof(struct counters) / sizeof(uint64_t), "one row a counter");

bool
counter_at(
    const struct counters *c, unsigned i, const char **name, uint64_t *value)
{
	if (i >= ROWS)
		return false;
	*name = rows[i].name;
	memcpy(value, (const char *)c + rows[i].at, sizeof(*value));
	return true;
}
