/*
 * metrics.c - what servers and store tell, as Prometheus reads it.
 *
 * Names and units are OpenMetrics'.  Who does not ask for that gets the older
 * text format, in which a counter's family has the name of its samples.
 */
#include "dnsctl/control/number.h"
#include "impl.h"

#include <math.h>
#include <string.h>

enum type { COUNTER, GAUGE, HISTOGRAM };

struct page {
	FILE *out;
	struct serve *serve;
	bool openmetrics;
	const struct seen *seen; /* the server whose samples are written */
};

struct label_pair {
	const char *name, *value;
};

#define LABELS(...)                                                            \
	(const struct label_pair[])                                            \
	{                                                                      \
		__VA_ARGS__                                                    \
		{                                                              \
			NULL, NULL                                             \
		}                                                              \
	}

static void
family(const struct page *p, enum type type, const char *name, const char *unit,
    const char *help)
{
	static const char *const text[] = { "counter", "gauge", "histogram" };
	const char *total = type == COUNTER && !p->openmetrics ? "_total" : "";

	(void)fprintf(p->out, "# TYPE %s%s %s\n", name, total, text[type]);
	if (p->openmetrics && unit[0] != '\0')
		(void)fprintf(p->out, "# UNIT %s %s\n", name, unit);
	(void)fprintf(p->out, "# HELP %s%s %s\n", name, total, help);
}

static void
metric_label_print(
    const struct page *p, char before, const struct label_pair *l)
{
	(void)fprintf(p->out, "%c%s=\"", before, l->name);
	for (const char *c = l->value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\' || *c == '\n')
			(void)putc('\\', p->out);
		(void)putc(*c == '\n' ? 'n' : *c, p->out);
	}
	(void)putc('"', p->out);
}

/* Labels without a value are left out; of several servers, it says which. */
static void
sample(const struct page *p, const char *name, const char *suffix,
    const struct label_pair *labels, double value)
{
	const struct label_pair server = { "server",
		p->seen == NULL ? "" : p->seen->path };
	char before = '{';

	(void)fprintf(p->out, "%s%s", name, suffix);
	for (; labels->name != NULL; labels++) {
		if (labels->value == NULL || labels->value[0] == '\0')
			continue;
		metric_label_print(p, before, labels);
		before = ',';
	}
	if (p->seen != NULL && p->serve->server_count > 1) {
		metric_label_print(p, before, &server);
		before = ',';
	}
	(void)fprintf(p->out, "%s %.15g\n", before == ',' ? "}" : "", value);
}

/* A number in an object of a report; one row each. */
struct measure {
	const char *member, *name, *unit, *help;
	enum type type;
	double scale; /* divides what the report has */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
metric_family(const struct page *p, const struct measure *m)
{
	family(p, m->type, m->name, m->unit, m->help);
}

static const char *
member_str(json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static void
measure_print(const struct page *p, const struct measure *m, json_t *object,
    const struct label_pair *labels)
{
	if (json_object_get(object, m->member) != NULL)
		sample(p, m->name, m->type == COUNTER ? "_total" : "", labels,
		    number(object, m->member) / m->scale);
}

/* PRINT gets the value of MEMBER in each server's report. */
static void
each_server(struct page *p, const char *member,
    void (*print)(const struct page *, json_t *value, const void *arg),
    const void *arg)
{
	for (unsigned i = 0; i < p->serve->server_count; i++) {
		p->seen = &p->serve->servers[i];
		if (json_object_get(p->seen->report, member) != NULL)
			print(p, json_object_get(p->seen->report, member), arg);
	}
	p->seen = NULL;
}

/* --- counters of a server: a new one is a row, beside those of its family */

static const struct row {
	const char *counter; /* as the report has it */
	const char *name;
	const char *label, *value; /* what tells it from its family */
	enum type type;
	const char *help;
} rows[] = {
#define QUERY(kind)                                                            \
	{                                                                      \
		"query_" #kind, "dnsd_queries", "kind", #kind, COUNTER,        \
		    "Questions for private names, by their answer"             \
	}
	QUERY(answered),
	QUERY(nodata),
	QUERY(nxdomain),
	QUERY(refused),
	QUERY(formerr),
	QUERY(notimp),
	QUERY(servfail),
	QUERY(dropped),
#undef QUERY
	{ "query_truncated", "dnsd_truncated", "", "", COUNTER,
	    "Replies that did not fit, and say so" },
	{ "query_over_limit", "dnsd_over_limit", "", "", COUNTER,
	    "Questions refused, as their network asks too much" },
	{ "query_limited", "dnsd_rate_limited", "", "", COUNTER,
	    "Replies dropped, or cut, beyond the rate limit" },
	{ "query_cut_tcp", "dnsd_truncated_tcp", "", "", COUNTER,
	    "Of those, over TCP: nobody can have the rest" },
	{ "forward_asked", "dnsd_forward_questions", "", "", COUNTER,
	    "Questions for other names" },
#define RESULT(counter, result)                                                \
	{                                                                      \
		counter, "dnsd_forward_replies", "result", result, COUNTER,    \
		    "Replies to those questions, by where they are from"       \
	}
	RESULT("forward_hits", "cache"),
	RESULT("forward_stale", "stale"),
	RESULT("forward_answered", "upstream"),
	RESULT("forward_failed", "failed"),
	RESULT("forward_over_limit", "over_limit"),
#undef RESULT
	{ "forward_joined", "dnsd_forward_joined", "", "", COUNTER,
	    "Questions that waited for one under way already" },
	{ "forward_prefetched", "dnsd_forward_prefetched", "", "", COUNTER,
	    "Names asked for again before their answer expired" },
	{ "forward_sent", "dnsd_upstream_messages", "", "", COUNTER,
	    "Messages sent to upstreams" },
	{ "forward_retried", "dnsd_upstream_retries", "", "", COUNTER,
	    "Of those, not the first for their question" },
	{ "forward_dropped_replies", "dnsd_upstream_replies_dropped", "", "",
	    COUNTER, "Replies too late, or not to what was asked" },
	{ "forward_no_port", "dnsd_upstream_questions_without_port", "", "",
	    COUNTER, "Questions not sent, as too few ports were left" },
	{ "forward_waiting", "dnsd_forward_waiting", "", "", GAUGE,
	    "Questions that wait for upstreams" },
#define UDP(kind)                                                              \
	{                                                                      \
		"udp_" #kind, "dnsd_udp_packets", "kind", #kind, COUNTER,      \
		    "UDP packets: read, sent, refused by the kernel, too "     \
		    "large"                                                    \
	}
	UDP(received),
	UDP(sent),
	UDP(unsent),
	UDP(oversize),
#undef UDP
	{ "tcp_received", "dnsd_tcp_messages", "kind", "received", COUNTER,
	    "Questions and replies over TCP" },
	{ "tcp_sent", "dnsd_tcp_messages", "kind", "sent", COUNTER,
	    "Questions and replies over TCP" },
	{ "tcp_accepted", "dnsd_tcp_accepted", "", "", COUNTER,
	    "TCP connections" },
#define CLOSED(kind)                                                           \
	{                                                                      \
		"tcp_" #kind, "dnsd_tcp_closed", "reason", #kind, COUNTER,     \
		    "TCP connections closed by the server, by reason"          \
	}
	CLOSED(idle),
	CLOSED(evicted),
	CLOSED(unread),
#undef CLOSED
	{ "tcp_open", "dnsd_tcp_connections", "", "", GAUGE,
	    "TCP connections now" },
};

static void
counter_render(const struct page *p, json_t *counters, const void *arg)
{
	const struct row *row = arg;
	json_t *value = json_object_get(counters, row->counter);

	if (value != NULL)
		sample(p, row->name, row->type == COUNTER ? "_total" : "",
		    LABELS({ row->label, row->value }, ),
		    json_number_value(value));
}

static bool
has_row(const char *counter)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].counter, counter) == 0)
			return true;
	return false;
}

static void
others_print(const struct page *p, json_t *counters, const void *arg)
{
	const char *name;
	json_t *value;

	(void)arg;
	json_object_foreach(counters, name, value)
	{
		if (!has_row(name))
			sample(p, "dnsd_events", "_total",
			    LABELS({ "event", name }, ),
			    json_number_value(value));
	}
}

static void
counters_print(struct page *p)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
			family(p, rows[i].type, rows[i].name, "", rows[i].help);
		each_server(p, "counters", counter_render, &rows[i]);
	}
	family(p, COUNTER, "dnsd_events", "",
	    "What a server counts that has no metric of its own here");
	each_server(p, "counters", others_print, NULL);
}

/* --- histograms */

/* What a report calls a histogram, and what it is here. */
static const struct shape {
	const char *report, *name, *unit, *help;
	int first, last, step; /* bounds are powers of two, of its own unit */
} shapes[] = {
	{ "answer", "dnsd_answer_duration_seconds", "seconds",
	    "From a batch's arrival to its departure, for each question", 10,
	    34, 1 },
	{ "batch", "dnsd_batch_questions", "",
	    "UDP packets that were read at once", 1, 7, 1 },
};
static const struct shape upstream_shape = { NULL, "dnsd_upstream_rtt_seconds",
	"seconds", "Round trips to an upstream", 16, 34, 1 };

/* Each bucket is [bound, count], and a bound is seldom a power of two. */
static double
count_below(json_t *h, double bound)
{
	double count = 0;
	json_t *bucket;
	size_t i;

	json_array_foreach(json_object_get(h, "buckets"), i, bucket)
	{
		if (json_number_value(json_array_get(bucket, 0)) <= bound)
			count += json_number_value(json_array_get(bucket, 1));
	}
	return count;
}

static void
histogram_render(const struct page *p, const struct shape *shape, json_t *h,
    struct label_pair one, struct label_pair other)
{
	double scale = number(h, "scale");
	char le[32];

	for (int i = shape->first; i <= shape->last; i += shape->step) {
		/* Whole numbers below a power of two; time has no such. */
		double bound = ldexp(1, i) - (scale == 1);

		(void)snprintf(le, sizeof(le), "%.10g", bound / scale);
		sample(p, shape->name, "_bucket",
		    LABELS(one, other, { "le", le }, ), count_below(h, bound));
	}
	sample(p, shape->name, "_bucket",
	    LABELS(one, other, { "le", "+Inf" }, ), number(h, "count"));
	sample(p, shape->name, "_sum", LABELS(one, other, ),
	    number(h, "sum") / scale);
	sample(
	    p, shape->name, "_count", LABELS(one, other, ), number(h, "count"));
}

static void
histograms_print_one(const struct page *p, json_t *list, const void *arg)
{
	const struct shape *shape = arg;
	const struct label_pair none = { "", "" };
	json_t *h;
	size_t i;

	json_array_foreach(list, i, h)
	{
		if (strcmp(member_str(h, "name"), shape->report) == 0)
			histogram_render(p, shape, h,
			    (struct label_pair){
				"kind", member_str(h, "kind") },
			    none);
	}
}

static void
histograms_render(struct page *p)
{
	for (size_t i = 0; i < COUNT(shapes); i++) {
		family(p, HISTOGRAM, shapes[i].name, shapes[i].unit,
		    shapes[i].help);
		each_server(p, "histograms", histograms_print_one, &shapes[i]);
	}
}

/* --- upstreams */

static const struct measure upstream_measures[] = {
	{ "up", "dnsd_upstream_up", "", "It answers: 1, or not: 0", GAUGE, 1 },
	{ "rtt_us", "dnsd_upstream_rtt_smoothed_seconds", "seconds",
	    "Its usual round trip, the slowest of the workers' measures", GAUGE,
	    1e6 },
	{ "waiting", "dnsd_upstream_waiting", "",
	    "Questions that it has not answered yet", GAUGE, 1 },
	{ "sent", "dnsd_upstream_sent", "", "Messages sent to it", COUNTER, 1 },
	{ "answered", "dnsd_upstream_answered", "", "Replies taken from it",
	    COUNTER, 1 },
	{ "failed", "dnsd_upstream_failed", "",
	    "Messages that it did not answer in time, or refused", COUNTER, 1 },
};

static void
upstreams_print_one(const struct page *p, json_t *list, const void *arg)
{
	const struct measure *m = arg;
	json_t *up;
	size_t i;

	json_array_foreach(list, i, up)
	{
		struct label_pair url = { "upstream", member_str(up, "url") };
		struct label_pair zone = { "zone", member_str(up, "zone") };

		if (m != NULL)
			measure_print(p, m, up, LABELS(url, zone, ));
		else
			histogram_render(p, &upstream_shape,
			    json_object_get(up, "rtt"), url, zone);
	}
}

static void
upstreams_render(struct page *p)
{
	for (size_t i = 0; i < COUNT(upstream_measures); i++) {
		metric_family(p, &upstream_measures[i]);
		each_server(
		    p, "upstreams", upstreams_print_one, &upstream_measures[i]);
	}
	family(p, HISTOGRAM, upstream_shape.name, upstream_shape.unit,
	    upstream_shape.help);
	each_server(p, "upstreams", upstreams_print_one, NULL);
}

/* --- a server as a whole */

static const struct measure server_measures[] = {
	{ "workers", "dnsd_workers", "", "Threads that answer", GAUGE, 1 },
	{ "reloads", "dnsd_reloads", "", "Configurations reread", COUNTER, 1 },
	{ "started", "dnsd_start_time_seconds", "seconds",
	    "When it was started, since 1970", GAUGE, 1 },
	{ "cpu", "dnsd_cpu_seconds", "seconds", "Time of processors", COUNTER,
	    1 },
	{ "dnstap_lost", "dnsd_dnstap_lost", "",
	    "Messages that dnstap had to leave out", COUNTER, 1 },
	{ "resident", "dnsd_resident_memory_bytes", "bytes",
	    "Memory that it has", GAUGE, 1 },
};

static void
servers_print(struct page *p)
{
	family(p, GAUGE, "dnsd_up", "", "The server answers: 1, or not: 0");
	for (unsigned i = 0; i < p->serve->server_count; i++) {
		p->seen = &p->serve->servers[i];
		sample(p, "dnsd_up", "", LABELS(), p->seen->report != NULL);
	}
	for (size_t i = 0; i < COUNT(server_measures); i++) {
		metric_family(p, &server_measures[i]);
		for (unsigned j = 0; j < p->serve->server_count; j++) {
			p->seen = &p->serve->servers[j];
			measure_print(
			    p, &server_measures[i], p->seen->report, LABELS());
		}
	}
	p->seen = NULL;
}

static void
shares_print_one(const struct page *p, json_t *top, const void *arg)
{
	double all = number(top, "count");
	json_t *entry;
	size_t i;

	(void)arg;
	json_array_foreach(json_object_get(top, "networks"), i, entry)
	{
		if (all > 0)
			sample(p, "dnsd_network_share_ratio", "",
			    LABELS({ "network", member_str(entry, "name") }, ),
			    number(entry, "count") / all);
	}
}

/* --- the store */

static json_t *
store_numbers(struct serve *s)
{
	const struct census *c = state_census(s);

	return json_pack("{sf sI sf sI sI si si sI sI}", "age", state_age(s),
	    "commits", (json_int_t)s->meta.commits, "committed",
	    (double)s->meta.committed_ms / 1e3, "used",
	    (json_int_t)s->usage.bytes_used, "map",
	    (json_int_t)s->usage.bytes_map, "readers", (int)s->usage.readers,
	    "readers_max", (int)s->usage.readers_max, "leases_hour",
	    (json_int_t)c->leases_hour, "leases_day",
	    (json_int_t)c->leases_day);
}

static const struct measure store_measures[] = {
	{ "age", "dnsd_store_age_seconds", "seconds",
	    "Since its source was heard of, or since the last commit", GAUGE,
	    1 },
	{ "committed", "dnsd_store_commit_timestamp_seconds", "seconds",
	    "When the last commit was made, since 1970", GAUGE, 1 },
	{ "commits", "dnsd_store_commits", "", "Commits since it was made",
	    COUNTER, 1 },
	{ "used", "dnsd_store_size_bytes", "bytes", "What it holds", GAUGE, 1 },
	{ "map", "dnsd_store_size_limit_bytes", "bytes",
	    "What it may come to hold", GAUGE, 1 },
	{ "readers", "dnsd_store_readers", "", "Slots of readers in use", GAUGE,
	    1 },
	{ "readers_max", "dnsd_store_readers_limit", "", "Slots of readers",
	    GAUGE, 1 },
	{ "leases_hour", "dnsd_leases_ending_hour", "",
	    "Peers whose lease ends within an hour", GAUGE, 1 },
	{ "leases_day", "dnsd_leases_ending_day", "",
	    "Peers whose lease ends within a day", GAUGE, 1 },
};

static void
store_print(struct page *p)
{
	bool there = state_look(p->serve);
	json_t *numbers;

	family(p, GAUGE, "dnsd_store_up", "",
	    "The store can be read: 1, or not: 0");
	sample(p, "dnsd_store_up", "", LABELS(), there);
	if (!there)
		return;
	numbers = store_numbers(p->serve);
	for (size_t i = 0; i < COUNT(store_measures); i++) {
		metric_family(p, &store_measures[i]);
		measure_print(p, &store_measures[i], numbers, LABELS());
	}
	family(p, GAUGE, "dnsd_store_facts", "", "Facts, by kind");
	for (int kind = 0; kind < FACT_KINDS; kind++)
		sample(p, "dnsd_store_facts", "",
		    LABELS({ "kind", fact_kind_str((enum fact_kind)kind) }, ),
		    (double)p->serve->census.facts[kind]);
	family(p, GAUGE, "dnsd_store_cursor", "",
	    "Where the source stands, as a label");
	sample(p, "dnsd_store_cursor", "",
	    LABELS({ "cursor", p->serve->meta.cursor },
		{ "source", p->serve->meta.source }, ),
	    1);
	json_decref(numbers);
	state_rest(p->serve);
}

unsigned
metrics_answer(struct serve *s, const struct request *r, FILE *out)
{
	struct page p = {
		.out = out, .serve = s, .openmetrics = r->openmetrics
	};

	state_ask_servers(s);
	servers_print(&p);
	counters_print(&p);
	histograms_render(&p);
	upstreams_render(&p);
	family(&p, GAUGE, "dnsd_network_share_ratio", "ratio",
	    "The heaviest networks' shares of the last minute's questions");
	each_server(&p, "top", shares_print_one, NULL);
	store_print(&p);
	if (p.openmetrics)
		(void)fputs("# EOF\n", out);
	return 200;
}
