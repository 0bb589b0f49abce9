/*
 * cmd_list.c - list: facts for people, a line each.
 */
#include <stdio.h>
#include <string.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "base/time_text.h"
#include "dnsctl/ctl.h"
#include "zones/facts/json.h"
#include "zones/store/write/facts.h"

static void
addresses_print(const char *before, const struct fact *f)
{
	char text[ADDR_TEXT];

	for (unsigned i = 0; i < f->address_count; i++)
		(void)printf("%s%s", i == 0 ? before : " ",
		    addr_text(&f->addresses[i], text));
}

static void
text_print(const char *before, const char *text)
{
	if (text != NULL)
		(void)printf("%s%s", before, text);
}

static void
network_print(const struct fact *f)
{
	char text[PREFIX_TEXT];

	for (unsigned i = 0; i < f->prefix_count; i++)
		(void)printf("%s%s", i == 0 ? "  " : " ",
		    prefix_text(&f->prefixes[i], text));
	addresses_print("  resolvers ", f);
	(void)printf("  ttl %u", f->ttl);
}

static void
region_print(const struct fact *f)
{
	(void)printf("  %.2f %.2f", f->latitude, f->longitude);
}

static void
distance_print(const struct fact *f)
{
	(void)printf("  %.15g ms", f->ms);
}

static void
app_print(const struct fact *f)
{
	text_print("  domain ", f->domain);
	addresses_print("  flycast ", f);
}

static void
instance_print(const struct fact *f)
{
	text_print("  ", f->region);
	addresses_print("  ", f);
	text_print("  ", f->stopped ? "stopped" : "started");
	text_print("  name ", f->name);
	text_print("  group ", f->group);
	for (unsigned i = 0; i < f->metadata_count; i++) {
		(void)fputs(i == 0 ? "  " : " ", stdout);
		fact_json_print_text(stdout, f->metadata[i].key);
		(void)putc('=', stdout);
		fact_json_print_text(stdout, f->metadata[i].value);
	}
}

static void
peer_print(const struct fact *f)
{
	char text[TIME_TEXT];

	text_print("  ", f->region);
	addresses_print("  ", f);
	if (f->expires != 0)
		text_print("  expires ", time_text(f->expires, text));
}

/* What the command line calls a kind, and how one is shown. */
static const struct {
	const char *plural;
	void (*print)(const struct fact *);
} kinds[] = {
	[FACT_NETWORK] = { "networks", network_print },
	[FACT_REGION] = { "regions", region_print },
	[FACT_DISTANCE] = { "distances", distance_print },
	[FACT_APP] = { "apps", app_print },
	[FACT_INSTANCE] = { "instances", instance_print },
	[FACT_PEER] = { "peers", peer_print },
};

static_assert(sizeof(kinds) / sizeof(kinds[0]) == FACT_KINDS, "one row a kind");

static bool
fact_list(void *arg, const struct fact *f, bool implied)
{
	char title[FACT_TITLE];

	(void)arg;
	(void)implied;
	(void)fputs(fact_title(f, title), stdout);
	kinds[f->kind].print(f);
	return putchar('\n') != EOF;
}

static bool
is_in_a_network(enum fact_kind kind)
{
	return kind != FACT_REGION && kind != FACT_DISTANCE;
}

/* Every kind where WHICH is NULL. */
static enum err
facts_list(struct snapshot *snapshot, const char *which, const char *network)
{
	enum err err = E_OK;

	for (int kind = 0; kind < FACT_KINDS && err == E_OK; kind++) {
		if (which != NULL && strcmp(which, kinds[kind].plural) != 0)
			continue;
		if (network != NULL && !is_in_a_network((enum fact_kind)kind))
			continue;
		err = snapshot_facts(
		    snapshot, (enum fact_kind)kind, network, fact_list, NULL);
	}
	return err;
}

static bool
is_listed(const char *which)
{
	for (int kind = 0; kind < FACT_KINDS; kind++)
		if (strcmp(which, kinds[kind].plural) == 0)
			return true;
	return false;
}

enum exit_status
cmd_list(const struct ctl *ctl)
{
	const char *which = ctl->arg_count > 0 ? ctl->args[0] : NULL;
	struct ctl_view view;
	enum err err;

	if (which != NULL && !is_listed(which)) {
		log_error("list %s: must be networks, regions, distances,"
			  " apps, instances or peers",
		    which);
		return CTL_USAGE;
	}
	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = facts_list(view.snapshot, which, ctl->network);
	ctl_view_close(&view);
	if (err == E_NOTFOUND) {
		log_error("network %s: not in the store", ctl->network);
		return CTL_FAILED;
	}
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}
