/*
 * report.c - see report.h.
 *
 * JSON by hand: it is numbers and a few names, and a library for it is of
 * no other use in a server that reads none.
 */
#include "dnsd/server/report.h"

#include <event2/buffer.h>
#include <inttypes.h>
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

static void
string_print(struct evbuffer *out, const char *before, const char *text)
{
	char json[JSON_TEXT(DNAME_TEXT)];

	(void)evbuffer_add_printf(out, "%s%s", before,
	    json_text(json, sizeof(json), text == NULL ? "" : text));
}

static void
counter_print(void *arg, const char *name, uint64_t value)
{
	(void)evbuffer_add_printf(arg, "%s\"%s\":%" PRIu64,
	    strcmp(name, "udp_received") == 0 ? "" : ",", name, value);
}

/* Members of an object: buckets are [largest number, how many]. */
static void
histogram_print(
    struct evbuffer *out, const struct histogram *h, const char *scale)
{
	uint64_t count = 0;

	(void)evbuffer_add_printf(out,
	    "\"scale\":%s,\"sum\":%" PRIu64 ",\"buckets\":[", scale, h->sum);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (h->count[i] == 0)
			continue;
		(void)evbuffer_add_printf(out, "%s[%" PRIu64 ",%" PRIu64 "]",
		    count == 0 ? "" : ",", histogram_bound(i), h->count[i]);
		count += h->count[i];
	}
	(void)evbuffer_add_printf(out, "],\"count\":%" PRIu64, count);
}

#define NANOSECONDS "1000000000"

static void
histograms_print(struct evbuffer *out, const struct report *sum)
{
	const struct {
		const char *name, *kind, *scale;
		const struct histogram *of;
	} rows[] = {
		{ "answer", "private", NANOSECONDS, &sum->timing.stored },
		{ "answer", "cached", NANOSECONDS, &sum->timing.cached },
		{ "answer", "forwarded", NANOSECONDS, &sum->forwarded },
		{ "batch", "", "1", &sum->timing.packets },
	};

	(void)evbuffer_add_printf(out, ",\"histograms\":[");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)evbuffer_add_printf(out,
		    "%s{\"name\":\"%s\",\"kind\":\"%s\",", i == 0 ? "" : ",",
		    rows[i].name, rows[i].kind);
		histogram_print(out, rows[i].of, rows[i].scale);
		(void)evbuffer_add_printf(out, "}");
	}
	(void)evbuffer_add_printf(out, "]");
}

/* What it can, as far as it has shown; what is not known is left out. */
static void
abilities_print(struct evbuffer *out, const struct ability *able)
{
	const char *comma = "";

	(void)evbuffer_add_printf(out, ",\"able\":{");
	for (unsigned i = 0; i < ABLE_COUNT_; i++) {
		if (able[i].is == LEARNT_NOTHING)
			continue;
		(void)evbuffer_add_printf(out,
		    "%s\"%s\":{\"is\":\"%s\",\"why\":\"%s\",\"over\":\"%s\","
		    "\"since_s\":%" PRId64 ",\"ends_s\":%" PRId64 "}",
		    comma, able_str((enum able)i), learnt_str(able[i].is),
		    evidence_str(able[i].why), able[i].stream ? "tcp" : "udp",
		    able[i].since_us / 1000000, able[i].until_us / 1000000);
		comma = ",";
	}
	(void)evbuffer_add_printf(out, "}");
}

static void
upstream_print(struct evbuffer *out, const struct forward_upstream *up)
{
	string_print(out, "{\"url\":", up->url);
	string_print(out, ",\"zone\":", up->zone);
	string_print(out, ",\"network\":", up->network);
	(void)evbuffer_add_printf(out,
	    ",\"up\":%d,\"waiting\":%u,\"rtt_us\":%" PRId64 ",\"sent\":%" PRIu64
	    ",\"answered\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"rtt\":{",
	    up->up, up->waiting, up->srtt_us, up->tally.sent,
	    up->tally.answered, up->tally.failed);
	histogram_print(out, &up->tally.rtt, NANOSECONDS);
	(void)evbuffer_add_printf(out, "}");
	abilities_print(out, up->able);
	(void)evbuffer_add_printf(out, "}");
}

static void
upstreams_print(struct evbuffer *out, const struct generation *g)
{
	unsigned count;

	(void)worker_upstreams(g->workers[0], &count);
	(void)evbuffer_add_printf(out, ",\"upstreams\":[");
	for (unsigned i = 0; i < count; i++) {
		struct forward_upstream sum = { .url = NULL };

		for (unsigned w = 0; w < g->count; w++)
			upstream_add(
			    &sum, &worker_upstreams(g->workers[w], &count)[i]);
		(void)evbuffer_add_printf(out, i == 0 ? "" : ",");
		upstream_print(out, &sum);
	}
	(void)evbuffer_add_printf(out, "]");
}

/* --- who asks for what */

#define TOP 20

/* A key of the sketch as people write it. */
static void
key_text(const uint8_t *key, enum sketch_kind kind, struct tap_network *n,
    char out[DNAME_TEXT])
{
	struct wire_in in = wire_in(key, DNS_NAME_MAX);
	struct dname name;
	struct addr addr;
	uint32_t number;
	const char *id;

	(void)snprintf(out, DNAME_TEXT, "none");
	switch (kind) {
	case SKETCH_NETWORKS:
		memcpy(&number, key, sizeof(number));
		id = tap_network_id(n, number);
		if (id[0] != '\0')
			(void)snprintf(out, DNAME_TEXT, "%s", id);
		break;
	case SKETCH_ASKERS:
		memcpy(addr.ip, key, sizeof(addr.ip));
		(void)addr_text(&addr, out);
		break;
	case SKETCH_NAMES:
		if (dname_get(&name, &in))
			(void)dname_text(&name, out);
		break;
	case SKETCH_KINDS:
		break;
	}
}

static void
heaviest_print(struct evbuffer *out, struct sketch_window *const *window,
    unsigned count, enum sketch_kind kind, struct tap_network *network)
{
	static const char *const title[] = { "networks", "askers", "names" };
	struct sketch_found found[TOP];
	unsigned n = sketch_heaviest(window, count, kind, found, TOP);
	char text[DNAME_TEXT];

	(void)evbuffer_add_printf(out, ",\"%s\":[", title[kind]);
	for (unsigned i = 0; i < n; i++) {
		key_text(found[i].key, kind, network, text);
		string_print(out, i == 0 ? "{\"name\":" : ",{\"name\":", text);
		(void)evbuffer_add_printf(out,
		    ",\"count\":%" PRIu64 ",\"error\":%" PRIu64 "}",
		    found[i].count, found[i].error);
	}
	(void)evbuffer_add_printf(out, "]");
}

/* An object, of windows that go back to SINCE, in ms, or further. */
static void
windows_print(struct evbuffer *out, struct store *store,
    struct sketch_window *const *window, unsigned count, int64_t since)
{
	uint64_t questions = sketch_questions(window, count, &since);
	struct tap_network network = { .number = NETWORK_NONE };
	enum err err = snapshot_open(store, &network.snapshot);

	(void)evbuffer_add_printf(out,
	    "{\"seconds\":%" PRId64 ",\"count\":%" PRIu64,
	    (clock_ms(CLOCK_REALTIME) - since + 500) / 1000, questions);
	for (int kind = 0; err == E_OK && kind < SKETCH_KINDS; kind++)
		heaviest_print(
		    out, window, count, (enum sketch_kind)kind, &network);
	snapshot_close(network.snapshot);
	(void)evbuffer_add_printf(out, "}");
}

static void
top_print(struct evbuffer *out, const struct generation *g)
{
	struct sketch_window *window[2 * CONFIG_WORKERS_MAX];

	for (unsigned i = 0; i < 2 * g->count; i++)
		window[i] = &worker_sketch(g->workers[i / 2])->window[i % 2];
	(void)evbuffer_add_printf(out, ",\"top\":");
	windows_print(
	    out, g->o.store, window, 2 * g->count, clock_ms(CLOCK_REALTIME));
}

void
report_print_trace(struct evbuffer *out, const struct report_view *v)
{
	const struct generation *g = v->generation;
	struct sketch_window *window[CONFIG_WORKERS_MAX];
	unsigned count = 0;

	/* Another trace's is what nobody has asked a worker since. */
	for (unsigned i = 0; i < g->count; i++) {
		window[count] = &worker_sketch(g->workers[i])->trace;
		count += window[count]->began == v->trace;
	}
	windows_print(out, g->o.store, window, count, v->trace);
	(void)evbuffer_add_printf(out, "\n");
}

/* --- the whole */

void
report_print(struct evbuffer *out, const struct report_view *v)
{
	(void)evbuffer_add_printf(out,
	    "{\"dnsd\":%d,\"version\":\"%s\",\"pid\":%d,\"started\":%" PRId64
	    ",\"now_ms\":%" PRId64
	    ",\"workers\":%u,\"reloads\":%u,\"dnstap_lost\":%" PRIu64,
	    REPORT_VERSION, VERSION, getpid(), v->started,
	    clock_ms(CLOCK_REALTIME), v->generation->count, v->reloads,
	    tap_lost(v->generation->o.tap, TAP_DNSTAP));
	string_print(out, ",\"node\":", v->generation->config->id);
	string_print(out, ",\"region\":", v->generation->config->region);
	(void)evbuffer_add_printf(out, ",\"counters\":{");
	counters_each(&v->sum.counters, counter_print, out);
	(void)evbuffer_add_printf(out, "}");
	histograms_print(out, &v->sum);
	upstreams_print(out, v->generation);
	top_print(out, v->generation);
	(void)evbuffer_add_printf(out, "}\n");
}

static void
line_print(void *arg, const char *name, uint64_t value)
{
	(void)evbuffer_add_printf(arg, "%s %" PRIu64 "\n", name, value);
}

void
report_print_workers(struct evbuffer *out, const struct report_view *v)
{
	(void)evbuffer_add_printf(out,
	    "worker udp_received tcp_received tcp_open answered forwarded "
	    "waiting\n");
	for (unsigned i = 0; i < v->generation->count; i++) {
		const struct counters *c =
		    &worker_report(v->generation->workers[i])->counters;

		(void)evbuffer_add_printf(out,
		    "%-6u %12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %8" PRIu64
		    " %9" PRIu64 " %7" PRIu64 "\n",
		    i, c->udp.received, c->tcp.received, c->tcp_open,
		    c->query.answered, c->forward.asked, c->forward_waiting);
	}
}

void
report_print_counters(struct evbuffer *out, const struct report_view *v)
{
	line_print(out, "workers", v->generation->count);
	line_print(out, "reloads", v->reloads);
	counters_each(&v->sum.counters, line_print, out);
}
