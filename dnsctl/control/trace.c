/*
 * trace.c - see trace.h.
 */
#include "dnsctl/control/trace.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "dnsctl/control/control.h"
#include "dnsctl/control/number.h"

static const struct {
	const char *member, *title;
} lists[] = { { "networks", "NETWORK" }, { "askers", "ASKER" },
	{ "names", "NAME" } };

static void
trace_print(json_t *trace)
{
	const char *name;
	json_t *entry;
	size_t at;

	(void)printf("%.0f questions in %.0f s\n", number(trace, "count"),
	    number(trace, "seconds"));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		(void)printf("\n%-48s %12s %12s\n", lists[i].title, "QUESTIONS",
		    "OFF BY UP TO");
		json_array_foreach(
		    json_object_get(trace, lists[i].member), at, entry)
		{
			name =
			    json_string_value(json_object_get(entry, "name"));
			(void)printf("%-48s %12.0f %12.0f\n",
			    name == NULL ? "?" : name, number(entry, "count"),
			    number(entry, "error"));
		}
	}
}

/* The reply as it came; a whole one is an object and a line's end. */
static enum err
trace_reply_print(const char *control, const char *reply, bool json)
{
	json_t *trace = json_loads(reply, 0, NULL);

	if (trace == NULL && reply[0] != '\0')
		(void)fputs(reply, stderr);
	else if (trace == NULL)
		log_error("%s: the server has gone", control);
	else if (json)
		(void)fputs(reply, stdout);
	else
		trace_print(trace);
	json_decref(trace);
	return trace == NULL ? E_SYSTEM : E_OK;
}

/* A line ends it, which a server that has refused may not take any more. */
static void
time_pass(int fd, unsigned seconds, const volatile sig_atomic_t *stop)
{
	struct pollfd server = { .fd = fd, .events = POLLIN };

	for (unsigned i = 0; i < seconds && !*stop; i++)
		if (poll(&server, 1, 1000) != 0)
			break;
	(void)send(fd, "\n", 1, MSG_NOSIGNAL);
}

enum err
trace_run(const char *control, unsigned seconds, bool json,
    const volatile sig_atomic_t *stop)
{
	enum err err = E_SYSTEM;
	char *reply = NULL;
	size_t len;
	int fd = control_connect(control, "trace");

	if (fd >= 0) {
		(void)fprintf(stderr,
		    "all questions are counted for %u s; Ctrl-C ends it\n",
		    seconds);
		time_pass(fd, seconds, stop);
		reply = control_read(fd, &len);
	}
	if (reply != NULL)
		err = trace_reply_print(control, reply, json);
	else
		log_error("%s: %s", control, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	free(reply);
	return err;
}
