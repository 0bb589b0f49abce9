/*
 * follow.c - see follow.h.
 */
#include "dnsctl/control/follow.h"

#include <errno.h>
#include <jansson.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "dnsctl/control/control.h"
#include "dnsctl/control/number.h"

static const char *
member_text(json_t *line, const char *member)
{
	const char *t = json_string_value(json_object_get(line, member));

	return t == NULL || t[0] == '\0' ? "-" : t;
}

/* 16:20:01.123 acme fdaa:0:18::1 web.internal AAAA NOERROR 12 us */
static void
question_print(json_t *line)
{
	double ms = number(line, "time_ms");
	time_t second = (time_t)(ms / 1000);
	char when[16], *type, *rcode;
	struct tm local;

	(void)strftime(
	    when, sizeof(when), "%H:%M:%S", localtime_r(&second, &local));
	type = ldns_rr_type2str((ldns_rr_type)number(line, "type"));
	rcode = ldns_pkt_rcode2str((ldns_pkt_rcode)number(line, "rcode"));
	(void)printf("%s.%03.0f %s %s %s %s %s %.0f us%s\n", when,
	    ms - (double)second * 1000, member_text(line, "network"),
	    member_text(line, "from"), member_text(line, "name"),
	    type == NULL ? "?" : type, rcode == NULL ? "?" : rcode,
	    number(line, "took_us"), number(line, "tcp") > 0 ? " TCP" : "");
	LDNS_FREE(type);
	LDNS_FREE(rcode);
}

static void
answer_line_print(const char *line, bool json)
{
	json_t *object = json_loads(line, 0, NULL);

	if (json || object == NULL)
		(void)fputs(line, stdout);
	else if (json_object_get(object, "lost") != NULL)
		(void)printf("(%.0f were lost: they came faster than they were "
			     "read)\n",
		    number(object, "lost"));
	else
		question_print(object);
	json_decref(object);
	(void)fflush(stdout);
}

/* Until the server, the reader or *stop ends it. */
static enum err
lines_print(FILE *in, bool json, const volatile sig_atomic_t *stop)
{
	char line[8192];

	while (!*stop && !ferror(stdout)) {
		if (fgets(line, sizeof(line), in) == NULL) {
			/* A time-out of the socket: nobody has asked. */
			if (!ferror(in) || (errno != EAGAIN && errno != EINTR))
				break;
			clearerr(in);
			continue;
		}
		if (strncmp(line, "error: ", strlen("error: ")) == 0) {
			(void)fputs(line, stderr);
			return E_SYSTEM;
		}
		answer_line_print(line, json);
	}
	return E_OK;
}

enum err
follow_run(const char *control, const char *network, const char *from,
    bool json, const volatile sig_atomic_t *stop)
{
	char command[256];
	enum err err = E_SYSTEM;
	FILE *in = NULL;
	int fd;

	(void)snprintf(command, sizeof(command), "log %s %s",
	    network == NULL ? "-" : network, from == NULL ? "" : from);
	fd = control_connect(control, command);
	if (fd >= 0)
		in = fdopen(fd, "r");
	if (in != NULL) {
		err = lines_print(in, json, stop);
		(void)fclose(in);
	} else {
		log_error("%s: %s", control, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
	}
	return err;
}
