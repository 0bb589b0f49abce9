/*
 * cmd_server.c - server: a running server is asked, or told, over its control
 * socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/near.h"
#include "dnsctl/control/control.h"
#include "dnsctl/control/follow.h"
#include "dnsctl/control/top.h"
#include "dnsctl/control/trace.h"
#include "dnsctl/ctl.h"
#include "dnsctl/wireguard/wireguard.h"
#include "zones/facts/json.h"

/* What was said, as one string. */
static void
said_print(char *reply, bool json)
{
	if (!json) {
		(void)fputs(reply, stdout);
		return;
	}
	reply[strcspn(reply, "\n")] = '\0';
	(void)fputs("{\"said\":", stdout);
	fact_json_print_text(stdout, reply);
	(void)puts("}");
}

/* A line of names, then lines of as many numbers: each an object. */
static void
table_print(char *reply, bool json)
{
	char *heads, *line, *lines = NULL;

	if (!json) {
		(void)fputs(reply, stdout);
		return;
	}
	heads = strtok_r(reply, "\n", &lines);
	while ((line = strtok_r(NULL, "\n", &lines)) != NULL) {
		const char *head = heads, *at = line + strspn(line, " ");
		char before = '{';

		while (*at != '\0' && *head != '\0') {
			size_t name = strcspn(head, " ");
			size_t number = strcspn(at, " ");

			(void)printf("%c\"%.*s\":%.*s", before, (int)name, head,
			    (int)number, at);
			before = ',';
			head += name + strspn(head + name, " ");
			at += number + strspn(at + number, " ");
		}
		(void)puts("}");
	}
}

static enum exit_status
control_reply_print(const struct ctl *ctl, const char *command,
    void (*print)(char *reply, bool json))
{
	size_t len;
	char *reply = control_ask(ctl->control, command, &len);
	bool good = reply != NULL && len > 0 &&
	    strncmp(reply, "error: ", strlen("error: ")) != 0;

	if (good)
		print(reply, ctl->json != NULL);
	else if (reply == NULL)
		log_error("%s: %s", ctl->control, strerror(errno));
	else
		(void)fputs(len > 0 ? reply : "error: no reply\n", stderr);
	free(reply);
	return good ? ctl_flushed() : CTL_FAILED;
}

static enum exit_status
plain_run(const struct ctl *ctl)
{
	return control_reply_print(ctl, ctl->args[0], said_print);
}

static enum exit_status
workers_run(const struct ctl *ctl)
{
	return control_reply_print(ctl, "workers", table_print);
}

/* Of the report, or of its MEMBER. */
static void
report_dump(json_t *report, const char *member)
{
	if (member != NULL)
		report = json_object_get(report, member);
	(void)json_dumpf(report, stdout, JSON_COMPACT);
	(void)putchar('\n');
}

static enum exit_status
report_run(const struct ctl *ctl, const char *member)
{
	char why[CONTROL_WHY];
	json_t *report;

	report = control_report(ctl->control, why);
	if (report == NULL) {
		log_error("%s", why);
		return CTL_FAILED;
	}
	if (ctl->json != NULL)
		report_dump(report, member);
	else
		stats_print(stdout, report);
	json_decref(report);
	return ctl_flushed();
}

static enum exit_status
stats_run(const struct ctl *ctl)
{
	return report_run(ctl, NULL);
}

/* For programs: who asks most, and for what, as it is counted now. */
static enum exit_status
top_show(const struct ctl *ctl)
{
	return ctl->json == NULL ? cmd_top(ctl) : report_run(ctl, "top");
}

static enum exit_status
flush_run(const struct ctl *ctl)
{
	char command[1100];

	if (ctl->arg_count == 1)
		return plain_run(ctl);
	(void)snprintf(command, sizeof(command), "flush %s", ctl->args[1]);
	return control_reply_print(ctl, command, said_print);
}

static enum exit_status
log_run(const struct ctl *ctl)
{
	return follow_run(ctl->control, ctl->network, ctl->from,
		   ctl->json != NULL, ctl->stop) == E_OK
	    ? ctl_flushed()
	    : CTL_FAILED;
}

static enum exit_status
trace_show(const struct ctl *ctl)
{
	int64_t seconds =
	    ctl->lease == NULL ? TRACE_SECONDS : lease_end(ctl->lease, 0);

	if (seconds == 0)
		return CTL_USAGE;
	if (seconds > TRACE_SECONDS_MAX) {
		log_error("--for %s: must not be longer than 1h", ctl->lease);
		return CTL_USAGE;
	}
	return trace_run(ctl->control, (unsigned)seconds, ctl->json != NULL,
		   ctl->stop) == E_OK
	    ? ctl_flushed()
	    : CTL_FAILED;
}

/* To add something to ask: its row, and its word in main.c's. */
static const struct {
	const char *name;
	unsigned most; /* arguments, with itself */
	enum exit_status (*run)(const struct ctl *);
} rows[] = {
	{ "stats", 1, stats_run },
	{ "top", 1, top_show },
	{ "log", 1, log_run },
	{ "trace", 1, trace_show },
	{ "workers", 1, workers_run },
	{ "flush", 2, flush_run },
	{ "reload", 1, plain_run },
};

enum exit_status
cmd_server(const struct ctl *ctl)
{
	struct near near;

	near_start(&near, ctl->args[0]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		near_try(&near, rows[i].name);
		if (strcmp(rows[i].name, ctl->args[0]) != 0)
			continue;
		if (ctl->arg_count <= rows[i].most)
			return rows[i].run(ctl);
		log_error("server %s: takes no argument", rows[i].name);
		return CTL_USAGE;
	}
	if (near_found(&near) != NULL)
		log_error("server %s: no such thing; did you mean %s?",
		    ctl->args[0], near_found(&near));
	else
		log_error("server %s: no such thing; dnsctl help server says "
			  "what there is",
		    ctl->args[0]);
	return CTL_USAGE;
}
