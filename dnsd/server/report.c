/*
 * report.c - see report.h.
 *
 * JSON by hand: it is numbers and a few names, and a library for it is of
 * no other use in a server that reads none.
 */
#include "dnsd/server/report.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/addr_text.h"
#include "base/clock.h"
#include "base/json_text.h"
#include "base/version.h"
#include "dnsd/server/sketch.h"
#include "dnsd/tap/tap.h"
#include "impl.h"

/* All of both are uint64_t. */
static void
numbers_add(void *sum, const void *more, size_t size)
{
	uint64_t *to = sum;
	const uint64_t *from = more;

	for (size_t i = 0; i < size / sizeof(*to); i++)
		to[i] += from[i];
}

void
report_add(struct report *sum, const struct report *more)
{
	numbers_add(sum, more, sizeof(*sum));
}

/* Another worker's view of the same upstream; the later evidence counts. */
static void
upstream_add(struct forward_upstream *sum, const struct forward_upstream *more)
{
	struct upstream_tally tally = sum->tally;
	unsigned waiting = sum->waiting + more->waiting;

	numbers_add(&tally, &more->tally, sizeof(tally));
	if (more->evidence_us > sum->evidence_us || sum->url == NULL)
		*sum = *more;
	sum->tally = tally;
	sum->waiting = waiting;
}

/* --- pieces of JSON */

static void __attribute__((format(printf, 2, 3)))
put(struct evbuffer *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)evbuffer_add_vprintf(out, format, ap);
	va_end(ap);
}

static void
string_put(struct evbuffer *out, const char *before, const char *text)
{
	char json[JSON_TEXT(DNAME_TEXT)];

	put(out, "%s%s", before,
	    json_text(json, sizeof(json), text == NULL ? "" : text));
}

/* Members of an object: buckets are [largest number, how many]. */
static void
histogram_put(
    struct evbuffer *out, const struct histogram *h, const char *scale)
{
	const char *comma = "";
	uint64_t count = 0;

	put(out, "\"scale\":%s,\"sum\":%" PRIu64 ",\"buckets\":[", scale,
	    h->sum);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (h->count[i] == 0)
			continue;
		put(out, "%s[%" PRIu64 ",%" PRIu64 "]", comma,
		    histogram_bound(i), h->count[i]);
		count += h->count[i];
		comma = ",";
	}
	put(out, "],\"count\":%" PRIu64, count);
}

#define NANOSECONDS "1000000000"

static void
histograms_put(struct evbuffer *out, const struct report *sum)
{
	const struct {
		const char *before, *scale;
		const struct histogram *of;
	} rows[] = {
		{ "{\"name\":\"answer\",\"kind\":\"private\",", NANOSECONDS,
		    &sum->timing.stored },
		{ "},{\"name\":\"answer\",\"kind\":\"cached\",", NANOSECONDS,
		    &sum->timing.cached },
		{ "},{\"name\":\"answer\",\"kind\":\"forwarded\",", NANOSECONDS,
		    &sum->forwarded },
		{ "},{\"name\":\"batch\",\"kind\":\"\",", "1",
		    &sum->timing.packets },
	};

	put(out, ",\"histograms\":[");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(out, "%s", rows[i].before);
		histogram_put(out, rows[i].of, rows[i].scale);
	}
	put(out, "}]");
}

/* What it can, as far as it has shown; what is not known is left out. */
static void
abilities_put(struct evbuffer *out, const struct ability *able)
{
	const char *comma = "";

	for (unsigned i = 0; i < ABLE_COUNT_; i++) {
		if (able[i].is == LEARNT_NOTHING)
			continue;
		put(out,
		    "%s\"%s\":{\"is\":\"%s\",\"why\":\"%s\",\"over\":\"%s\","
		    "\"since_s\":%" PRId64 ",\"ends_s\":%" PRId64 "}",
		    comma, able_str((enum able)i),
		    able[i].is == LEARNT_YES ? "yes" : "no",
		    evidence_str(able[i].why), able[i].stream ? "tcp" : "udp",
		    able[i].since_us / 1000000, able[i].until_us / 1000000);
		comma = ",";
	}
}

static void
upstreams_put(struct evbuffer *out, const struct generation *g)
{
	unsigned count = worker_told(g->workers[0])->upstream_count;

	put(out, ",\"upstreams\":[");
	for (unsigned i = 0; i < count; i++) {
		struct forward_upstream up = { .url = NULL };

		for (unsigned w = 0; w < g->count; w++)
			upstream_add(
			    &up, &worker_told(g->workers[w])->upstreams[i]);
		string_put(out, i == 0 ? "{\"url\":" : ",{\"url\":", up.url);
		string_put(out, ",\"zone\":", up.zone);
		string_put(out, ",\"network\":", up.network);
		put(out,
		    ",\"up\":%d,\"waiting\":%u,\"rtt_us\":%" PRId64
		    ",\"sent\":%" PRIu64 ",\"answered\":%" PRIu64
		    ",\"failed\":%" PRIu64 ",\"rtt\":{",
		    up.up, up.waiting, up.srtt_us, up.tally.sent,
		    up.tally.answered, up.tally.failed);
		histogram_put(out, &up.tally.rtt, NANOSECONDS);
		put(out, "},\"able\":{");
		abilities_put(out, up.able);
		put(out, "}}");
	}
	put(out, "]");
}

/* --- who asks for what */

#define TOP 20

/* A key of the sketch as people write it. */
static const char *
report_key_text(const uint8_t *key, enum sketch_kind kind,
    struct tap_network *n, char out[DNAME_TEXT])
{
	struct wire_in in = wire_in(key, DNS_NAME_MAX);
	const char *text = NULL;
	struct dname name;
	struct addr addr;
	uint32_t number;

	switch (kind) {
	case SKETCH_NETWORKS:
		memcpy(&number, key, sizeof(number));
		text = tap_network_id(n, number);
		break;
	case SKETCH_ASKERS:
		memcpy(addr.ip, key, sizeof(addr.ip));
		text = addr_text(&addr, out);
		break;
	case SKETCH_NAMES:
		if (dname_get(&name, &in))
			text = dname_text(&name, out);
		break;
	case SKETCH_KINDS:
		break;
	}
	return text == NULL || text[0] == '\0' ? "none" : text;
}

static void
heaviest_put(struct evbuffer *out, struct sketch_window *const *window,
    unsigned count, enum sketch_kind kind, struct tap_network *network)
{
	static const char *const title[] = { "networks", "askers", "names" };
	struct sketch_found found[TOP];
	unsigned n = sketch_heaviest(window, count, kind, found, TOP);
	char text[DNAME_TEXT];

	put(out, ",\"%s\":[", title[kind]);
	for (unsigned i = 0; i < n; i++) {
		string_put(out, i == 0 ? "{\"name\":" : ",{\"name\":",
		    report_key_text(found[i].key, kind, network, text));
		put(out, ",\"count\":%" PRIu64 ",\"error\":%" PRIu64 "}",
		    found[i].count, found[i].error);
	}
	put(out, "]");
}

/* An object, of windows that go back to SINCE, in ms, or further. */
static void
windows_put(struct evbuffer *out, struct store *store,
    struct sketch_window *const *window, unsigned count, int64_t since)
{
	uint64_t questions = sketch_questions(window, count, &since);
	struct tap_network network = { .number = NETWORK_NONE };
	enum err err = snapshot_open(store, &network.snapshot);

	put(out, "{\"seconds\":%" PRId64 ",\"count\":%" PRIu64,
	    (clock_ms(CLOCK_REALTIME) - since + 500) / 1000, questions);
	for (int kind = 0; err == E_OK && kind < SKETCH_KINDS; kind++)
		heaviest_put(
		    out, window, count, (enum sketch_kind)kind, &network);
	snapshot_close(network.snapshot);
	put(out, "}");
}

void
report_print_trace(struct evbuffer *out, const struct report_view *v)
{
	const struct generation *g = v->generation;
	struct sketch_window *window[CONFIG_WORKERS_MAX];
	unsigned count = 0;

	/* Another trace's is what nobody has asked a worker since. */
	for (unsigned i = 0; i < g->count; i++) {
		window[count] = &worker_told(g->workers[i])->sketch.trace;
		count += window[count]->began == v->trace;
	}
	windows_put(out, g->o.store, window, count, v->trace);
	put(out, "\n");
}

/* --- the whole */

void
report_print(struct evbuffer *out, const struct report_view *v)
{
	const struct generation *g = v->generation;
	struct sketch_window *window[2 * CONFIG_WORKERS_MAX];
	int64_t now = clock_ms(CLOCK_REALTIME);
	const char *name;
	uint64_t value;

	put(out,
	    "{\"dnsd\":%d,\"version\":\"%s\",\"pid\":%d,\"started\":%" PRId64
	    ",\"now_ms\":%" PRId64
	    ",\"workers\":%u,\"reloads\":%u,\"dnstap_lost\":%" PRIu64,
	    REPORT_VERSION, VERSION, getpid(), v->started, now, g->count,
	    v->reloads, tap_lost(g->o.tap, TAP_DNSTAP));
	string_put(out, ",\"node\":", g->config->id);
	string_put(out, ",\"region\":", g->config->region);
	put(out, ",\"counters\":{");
	for (unsigned i = 0; counter_at(&v->sum.counters, i, &name, &value);
	     i++)
		put(out, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",", name, value);
	put(out, "}");
	histograms_put(out, &v->sum);
	upstreams_put(out, g);
	put(out, ",\"top\":");
	for (unsigned i = 0; i < 2 * g->count; i++)
		window[i] =
		    &worker_told(g->workers[i / 2])->sketch.window[i % 2];
	windows_put(out, g->o.store, window, 2 * g->count, now);
	put(out, "}\n");
}

void
report_print_workers(struct evbuffer *out, const struct report_view *v)
{
	put(out,
	    "worker udp_received tcp_received tcp_open answered forwarded "
	    "waiting\n");
	for (unsigned i = 0; i < v->generation->count; i++) {
		const struct counters *c =
		    &worker_told(v->generation->workers[i])->report.counters;

		put(out,
		    "%-6u %12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %8" PRIu64
		    " %9" PRIu64 " %7" PRIu64 "\n",
		    i, c->udp.received, c->tcp.received, c->tcp_open,
		    c->query.of[RCODE_NOERROR], c->forward.asked,
		    c->forward_waiting);
	}
}

void
report_print_counters(struct evbuffer *out, const struct report_view *v)
{
	const char *name;
	uint64_t value;

	put(out, "workers %u\nreloads %u\n", v->generation->count, v->reloads);
	for (unsigned i = 0; counter_at(&v->sum.counters, i, &name, &value);
	     i++)
		put(out, "%s %" PRIu64 "\n", name, value);
}
