/*
 * cmd_status.c - status: where the store stands, and since when; check:
 * whether it is as it was written.
 */
#include <stdio.h>

#include "base/clock.h"
#include "dnsctl/ctl.h"
#include "zones/store/write/check.h"
#include "zones/store/write/facts.h"

static void
age_print(const char *what, int64_t then_ms)
{
	if (then_ms == 0)
		(void)printf("%s: never\n", what);
	else
		(void)printf("%s: %.1f s ago\n", what,
		    (double)(clock_ms(CLOCK_REALTIME) - then_ms) / 1000);
}

static bool
fact_count(void *arg, const struct fact *f, bool implied)
{
	unsigned long long *n = arg;

	(void)f;
	*n += !implied;
	return true;
}

static enum err
facts_print(struct snapshot *snapshot)
{
	enum err err = E_OK;

	(void)fputs("facts:", stdout);
	for (int kind = 0; kind < FACT_KINDS && err == E_OK; kind++) {
		unsigned long long n = 0;

		err = snapshot_facts(
		    snapshot, (enum fact_kind)kind, NULL, fact_count, &n);
		(void)printf("%s %s %llu", kind == 0 ? "" : ",",
		    fact_kind_str((enum fact_kind)kind), n);
	}
	(void)putchar('\n');
	return err;
}

static const char *
or_none(const char *text)
{
	return text[0] == '\0' ? "none" : text;
}

static enum err
status_print(struct snapshot *snapshot)
{
	struct store_usage usage;
	struct store_meta meta;
	enum err err = snapshot_meta(snapshot, &meta);

	if (err == E_OK)
		err = snapshot_usage(snapshot, &usage);
	if (err != E_OK)
		return err;
	(void)printf("source: %s\n", or_none(meta.source));
	(void)printf("cursor: %s\n", or_none(meta.cursor));
	(void)printf("commits: %llu\n", (unsigned long long)meta.commits);
	age_print("last commit", meta.committed_ms);
	age_print("last heard", meta.heard_ms);
	(void)printf("bytes: %llu of %llu\n",
	    (unsigned long long)usage.bytes_used,
	    (unsigned long long)usage.bytes_map);
	(void)printf("readers: %u of %u\n", usage.readers, usage.readers_max);
	return facts_print(snapshot);
}

enum exit_status
cmd_status(const struct ctl *ctl)
{
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = status_print(view.snapshot);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}

static void
finding_print(void *arg, bool damage, const char *line)
{
	(void)arg;
	(void)printf("%s: %s\n", damage ? "damage" : "conflict", line);
}

enum exit_status
cmd_check(const struct ctl *ctl)
{
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = snapshot_check(view.snapshot, finding_print, NULL);
	ctl_view_close(&view);
	if (err != E_OK) {
		(void)ctl_flushed();
		return ctl_store_failed(ctl, err);
	}
	(void)puts("ok");
	return ctl_flushed();
}
