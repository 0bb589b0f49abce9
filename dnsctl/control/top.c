/*
 * top.c - a frame of top: see top.h.
 */
#include "dnsctl/control/top.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "dnsctl/control/number.h"

#define LINE 1024

/* Two reports, the time between them, and the paper. */
struct frame {
	FILE *out;
	json_t *report, *before;
	double seconds;
	unsigned rows, columns, used;
	const char *end;
};

static const char *
report_text(json_t *object, const char *member)
{
	const char *t = json_string_value(json_object_get(object, member));

	return t == NULL ? "" : t;
}

/* Cut to the paper; it is ASCII, but for ours. */
static void __attribute__((format(printf, 2, 3)))
frame_line_print(struct frame *f, const char *format, ...)
{
	char line[LINE];
	va_list ap;

	if (f->used == f->rows)
		return;
	f->used++;
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	(void)fprintf(f->out, "%.*s%s", (int)f->columns, line, f->end);
}

/* --- numbers of two reports */

static double
counted(const struct frame *f, const char *counter)
{
	return number(json_object_get(f->report, "counters"), counter) -
	    number(json_object_get(f->before, "counters"), counter);
}

static json_t *
histogram_find(json_t *report, const char *kind)
{
	json_t *h;
	size_t i;

	json_array_foreach(json_object_get(report, "histograms"), i, h)
	{
		if (strcmp(report_text(h, "name"), "answer") == 0 &&
		    strcmp(report_text(h, "kind"), kind) == 0)
			return h;
	}
	return NULL;
}

static double
answered(const struct frame *f, const char *kind)
{
	return number(histogram_find(f->report, kind), "count") -
	    number(histogram_find(f->before, kind), "count");
}

/* How many a histogram has in the bucket of BOUND. */
static double
bucket_count(json_t *h, double bound)
{
	json_t *bucket;
	size_t i;

	json_array_foreach(json_object_get(h, "buckets"), i, bucket)
	{
		if (json_number_value(json_array_get(bucket, 0)) == bound)
			return json_number_value(json_array_get(bucket, 1));
	}
	return 0;
}

/* Seconds that so large a part took at most; negative: nothing happened. */
static double
quantile(const struct frame *f, const char *kind, double part)
{
	json_t *h = histogram_find(f->report, kind), *bucket;
	json_t *before = histogram_find(f->before, kind);
	double all = answered(f, kind), below = 0;
	size_t i;

	json_array_foreach(json_object_get(h, "buckets"), i, bucket)
	{
		double bound = json_number_value(json_array_get(bucket, 0));

		below += json_number_value(json_array_get(bucket, 1)) -
		    bucket_count(before, bound);
		if (all > 0 && below >= part * all)
			return bound / number(h, "scale");
	}
	return -1;
}

#define SHORT 16

static const char *
duration(double seconds, char out[SHORT])
{
	if (seconds < 0)
		(void)snprintf(out, SHORT, "-");
	else if (seconds < 1e-3)
		(void)snprintf(out, SHORT, "%.0f us", seconds * 1e6);
	else if (seconds < 1)
		(void)snprintf(out, SHORT, "%.1f ms", seconds * 1e3);
	else if (seconds < 120)
		(void)snprintf(out, SHORT, "%.1f s", seconds);
	else if (seconds < 7200)
		(void)snprintf(out, SHORT, "%.0f min", seconds / 60);
	else if (seconds < 172800)
		(void)snprintf(out, SHORT, "%.1f h", seconds / 3600);
	else
		(void)snprintf(out, SHORT, "%.1f d", seconds / 86400);
	return out;
}

/* --- the parts of a frame */

static void
head_print(struct frame *f)
{
	const char *region = report_text(f->report, "region");
	double up =
	    number(f->report, "now_ms") / 1e3 - number(f->report, "started");
	char time[SHORT];

	frame_line_print(f,
	    "%s%s%s  dnsd %s, up %s, %.0f workers, %.0f reloads",
	    report_text(f->report, "node"), region[0] == '\0' ? "" : ", ",
	    region, report_text(f->report, "version"), duration(up, time),
	    number(f->report, "workers"), number(f->report, "reloads"));
}

static void
answers_print(struct frame *f)
{
	static const char *const kinds[] = { "private", "cached", "forwarded" };
	char half[SHORT], most[SHORT];

	frame_line_print(f, "%-10s %12s %12s %12s", "ANSWERS", "A SECOND",
	    "HALF IN", "99% IN");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		frame_line_print(f, "%-10s %12.1f %12s %12s", kinds[i],
		    answered(f, kinds[i]) / f->seconds,
		    duration(quantile(f, kinds[i], 0.5), half),
		    duration(quantile(f, kinds[i], 0.99), most));
	frame_line_print(f,
	    "a second: %.1f nodata, %.1f nxdomain, %.1f refused, %.1f "
	    "servfail, %.1f failed; now: %.0f wait, %.0f connections",
	    counted(f, "query_nodata") / f->seconds,
	    counted(f, "query_nxdomain") / f->seconds,
	    counted(f, "query_refused") / f->seconds,
	    counted(f, "query_servfail") / f->seconds,
	    counted(f, "forward_failed") / f->seconds,
	    number(json_object_get(f->report, "counters"), "forward_waiting"),
	    number(json_object_get(f->report, "counters"), "tcp_open"));
}

static void
top_upstreams_print(struct frame *f)
{
	json_t *list = json_object_get(f->report, "upstreams"), *up;
	json_t *before = json_object_get(f->before, "upstreams");
	char rtt[SHORT];
	size_t i;

	if (json_array_size(list) == 0)
		return;
	frame_line_print(f, "%-32s %-8s %9s %7s %9s %9s", "UPSTREAM", "STATE",
	    "RTT", "WAITING", "SENT/S", "FAILED/S");
	json_array_foreach(list, i, up)
	{
		json_t *old = json_array_get(before, i);
		bool measured = number(up, "rtt_us") > 0;

		frame_line_print(f, "%-32s %-8s %9s %7.0f %9.1f %9.1f",
		    report_text(up, "url"),
		    number(up, "up") > 0 ? "answers" : "silent",
		    duration(measured ? number(up, "rtt_us") / 1e6 : -1, rtt),
		    number(up, "waiting"),
		    (number(up, "sent") - number(old, "sent")) / f->seconds,
		    (number(up, "failed") - number(old, "failed")) /
			f->seconds);
	}
}

/* A third of a line: who, and how often. */
static void
heavy_print(
    const struct frame *f, const char *list, size_t i, char *out, size_t size)
{
	json_t *top = json_object_get(f->report, "top");
	json_t *e = json_array_get(json_object_get(top, list), i);
	int room = (int)f->columns / 3 - 11;

	if (e == NULL)
		(void)snprintf(out, size, "%*s", room + 9, "");
	else
		(void)snprintf(out, size, "%-*.*s %8.0f", room, room,
		    report_text(e, "name"), number(e, "count"));
}

static void
top_lists_print(struct frame *f)
{
	static const char *const lists[] = { "networks", "askers", "names" };
	double seconds = number(json_object_get(f->report, "top"), "seconds");
	char third[3][LINE / 3];

	frame_line_print(
	    f, "MOST QUESTIONS IN %.0f S: networks, askers, names", seconds);
	for (size_t i = 0; i < 20; i++) {
		for (size_t l = 0; l < 3; l++)
			heavy_print(f, lists[l], i, third[l], sizeof(third[l]));
		if (strspn(third[0], " ") + strspn(third[1], " ") +
			strspn(third[2], " ") ==
		    strlen(third[0]) + strlen(third[1]) + strlen(third[2]))
			return;
		frame_line_print(f, "%s  %s  %s", third[0], third[1], third[2]);
	}
}

void
top_print(FILE *out, json_t *report, json_t *before, unsigned rows,
    unsigned columns, const char *end)
{
	struct frame f = { .out = out,
		.report = report,
		.before = before,
		.rows = rows,
		.columns = columns,
		.end = end };

	f.seconds = number(report, "now_ms") / 1e3 -
	    (before == NULL ? number(report, "started")
			    : number(before, "now_ms") / 1e3);
	if (f.seconds < 0.001)
		f.seconds = 0.001;
	head_print(&f);
	frame_line_print(&f, "%s", "");
	answers_print(&f);
	frame_line_print(&f, "%s", "");
	top_upstreams_print(&f);
	frame_line_print(&f, "%s", "");
	top_lists_print(&f);
}

/* What each can, as far as it has shown (dnsd/forward/ability.h). */
static void
top_abilities_print(struct frame *f)
{
	json_t *up, *able;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(f->report, "upstreams"), i, up)
	{
		json_object_foreach(json_object_get(up, "able"), name, able)
		{
			frame_line_print(f,
			    "%-32s %-8s %-3s for %.0f s, until in "
			    "%.0f s: %s, over %s",
			    report_text(up, "url"), name,
			    report_text(able, "is"), number(able, "since_s"),
			    number(able, "ends_s"), report_text(able, "why"),
			    report_text(able, "over"));
		}
	}
}

void
stats_print(FILE *out, json_t *report)
{
	json_t *started = json_object_get(report, "started");
	struct frame f = { .out = out,
		.report = report,
		.seconds =
		    number(report, "now_ms") / 1e3 - json_number_value(started),
		.rows = UINT_MAX,
		.columns = LINE,
		.end = "\n" };
	const char *name;
	json_t *value;

	frame_line_print(&f, "workers %.0f", number(report, "workers"));
	frame_line_print(&f, "reloads %.0f", number(report, "reloads"));
	json_object_foreach(json_object_get(report, "counters"), name, value)
	{
		frame_line_print(&f, "%s %.0f", name, json_number_value(value));
	}
	top_upstreams_print(&f);
	top_abilities_print(&f);
}
