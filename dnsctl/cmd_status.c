/*
 * cmd_status.c - status: where the store stands, and since when.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "dnsctl/ctl.h"
#include "zones/facts/json.h"
#include "zones/store/write/left.h"
#include "zones/store/write/readers.h"

static void
age_print(const char *what, int64_t then_ms)
{
	if (then_ms == 0)
		(void)printf("%s: never\n", what);
	else
		(void)printf("%s: %.1f s ago\n", what,
		    (double)(clock_ms(CLOCK_REALTIME) - then_ms) / 1000);
}

struct status {
	struct store_meta meta;
	struct store_usage usage;
	uint64_t facts[FACT_KINDS];
	uint64_t left_out;
	char halted[HALTED_MAX + 1];
	bool is_behind; /* a reader is */
	struct reader_behind behind;
};

static bool
left_out_count(void *arg, const struct left_out *l)
{
	(void)l;
	++*(uint64_t *)arg;
	return true;
}

static enum err
status_read(struct status *status, struct snapshot *snapshot)
{
	enum err err = snapshot_meta(snapshot, &status->meta);

	if (err == E_OK)
		err = snapshot_usage(snapshot, &status->usage);
	if (err == E_OK)
		err = snapshot_left_out(
		    snapshot, left_out_count, &status->left_out);
	if (err == E_OK)
		err = snapshot_halted(snapshot, status->halted);
	if (err != E_OK)
		return err;
	err = snapshot_behind(snapshot, &status->behind);
	status->is_behind = err == E_OK;
	if (err == E_NOTFOUND)
		err = E_OK;
	return err == E_OK ? ctl_count_facts(snapshot, status->facts) : err;
}

static const char *
or_none(const char *text)
{
	return text[0] == '\0' ? "none" : text;
}

/* Since when, what it reads, and what that costs. */
static void
behind_print(const struct reader_behind *b)
{
	char text[READER_TEXT];
	double ago = (double)(clock_ms(CLOCK_REALTIME) - b->since_ms) / 1000;

	(void)printf("oldest reader: %s, behind for %s%.1f s, keeps %" PRIu64
		     " pages\n",
	    reader_text(&b->reader, text), b->longer ? "more than " : "", ago,
	    b->pages);
}

static void
status_print(const struct status *status)
{
	const struct store_meta *meta = &status->meta;

	(void)printf("source: %s\n", or_none(meta->source));
	(void)printf("cursor: %s\n", or_none(meta->cursor));
	(void)printf("commits: %" PRIu64 "\n", meta->commits);
	age_print("last commit", meta->committed_ms);
	age_print("last heard", meta->heard_ms);
	(void)printf("bytes: %" PRIu64 " of %" PRIu64 "\n",
	    status->usage.bytes_used, status->usage.bytes_map);
	(void)printf("readers: %u of %u\n", status->usage.readers,
	    status->usage.readers_max);
	if (status->is_behind)
		behind_print(&status->behind);
	(void)fputs("facts:", stdout);
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++)
		(void)printf("%s %s %" PRIu64, kind == 0 ? "" : ",",
		    fact_kind_str(kind), status->facts[kind]);
	(void)putchar('\n');
	if (status->halted[0] != '\0')
		(void)printf("stands still: %s\n", status->halted);
	(void)printf("left out: %" PRIu64 "\n", status->left_out);
}

/* What its source has and the store has not. */
static bool
left_out_print(void *arg, const struct left_out *l)
{
	char title[FACT_TITLE];

	(void)arg;
	(void)printf("  %s: %s: %s: \"%s\", since %s\n",
	    fact_title(&l->fact, title), l->why.field, l->why.rule,
	    l->why.value, or_none(l->cursor));
	return !ferror(stdout);
}

static bool
left_out_print_json(void *arg, const struct left_out *l)
{
	const char *const member[][2] = { { "field", l->why.field },
		{ "rule", l->why.rule }, { "value", l->why.value },
		{ "since", l->cursor } };
	char title[FACT_TITLE];
	bool *first = arg;

	(void)fputs(*first ? "{\"fact\":" : ",{\"fact\":", stdout);
	*first = false;
	fact_json_print_text(stdout, fact_title(&l->fact, title));
	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++) {
		(void)printf(",\"%s\":", member[i][0]);
		fact_json_print_text(stdout, member[i][1]);
	}
	(void)putchar('}');
	return !ferror(stdout);
}

static void
status_print_json(const struct status *status)
{
	const struct store_meta *meta = &status->meta;

	(void)fputs("{\"source\":", stdout);
	fact_json_print_text(stdout, meta->source);
	(void)fputs(",\"cursor\":", stdout);
	fact_json_print_text(stdout, meta->cursor);
	if (status->is_behind)
		(void)printf(",\"behind\":{\"pid\":%d,\"since_ms\":%" PRId64
			     ",\"pages\":%" PRIu64 "}",
		    status->behind.reader.pid, status->behind.since_ms,
		    status->behind.pages);
	(void)printf(",\"commits\":%" PRIu64 ",\"committed_ms\":%" PRId64
		     ",\"heard_ms\":%" PRId64 ",\"bytes_used\":%" PRIu64
		     ",\"bytes_map\":%" PRIu64
		     ",\"readers\":%u,\"readers_max\":%u,\"facts\":{",
	    meta->commits, meta->committed_ms, meta->heard_ms,
	    status->usage.bytes_used, status->usage.bytes_map,
	    status->usage.readers, status->usage.readers_max);
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++)
		(void)printf("%s\"%s\":%" PRIu64, kind == 0 ? "" : ",",
		    fact_kind_str(kind), status->facts[kind]);
	(void)fputs("},\"stands_still\":", stdout);
	fact_json_print_text(stdout, status->halted);
	(void)fputs(",\"left_out\":[", stdout);
}

static enum err
status_reply_print(
    const struct status *status, struct snapshot *snapshot, bool json)
{
	bool first = true;
	enum err err;

	if (!json) {
		status_print(status);
		return snapshot_left_out(snapshot, left_out_print, NULL);
	}
	status_print_json(status);
	err = snapshot_left_out(snapshot, left_out_print_json, &first);
	(void)puts("]}");
	return err;
}

enum exit_status
cmd_status(const struct ctl *ctl)
{
	struct status status = { .facts = { 0 } };
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = status_read(&status, view.snapshot);
	if (err == E_OK)
		err = status_reply_print(
		    &status, view.snapshot, ctl->json != NULL);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
