/*
 * log.c - see log.h.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_text.h"

#define LOG_EVERY 10 /* seconds */
#define LINE      1024

static struct {
	enum log_form form;
	enum log_level level;
} log_how = { LOG_FORM_TEXT, LOG_LEVEL_INFO };

void
log_set(enum log_form form, enum log_level level)
{
	log_how.form = form;
	log_how.level = level;
}

/* What is told, besides when. */
struct entry {
	enum log_level level;
	const char *event, *thing; /* "": none */
	const char *message;
};

/* systemd.exec(5), $JOURNAL_STREAM: standard error is the journal's. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char is[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(is, sizeof(is), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(is, stream) == 0;
}

/*
 * The journal's own protocol, a field a line; no value has a line's end.  By
 * hand, as that is all of libsystemd that is needed here.
 */
static bool
journal_send(const struct entry *e)
{
	static const char priority[] = { '3', '4', '6' };
	const struct sockaddr_un journal = { AF_UNIX,
		"/run/systemd/journal/socket" };
	char text[2 * LINE];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sent = fd >= 0;
	int len = snprintf(text, sizeof(text),
	    "PRIORITY=%c\nSYSLOG_IDENTIFIER=%s\nDNSD_EVENT=%s\nDNSD_THING=%s\n"
	    "MESSAGE=%s\n",
	    priority[e->level], program_invocation_short_name, e->event,
	    e->thing, e->message);

	if (sent)
		sent = sendto(fd, text, (size_t)len, MSG_NOSIGNAL,
			   (const struct sockaddr *)&journal,
			   sizeof(journal)) == len;
	if (fd >= 0)
		(void)close(fd);
	return sent;
}

static void
json_print(const struct entry *e)
{
	static const char *const level[] = { "error", "warning", "info" };
	char when[32], thing[JSON_TEXT(128)], message[JSON_TEXT(LINE)];
	time_t now = clock_seconds(CLOCK_REALTIME);
	struct tm utc;

	(void)strftime(
	    when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	(void)fprintf(stderr,
	    "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"thing\":%s,"
	    "\"message\":%s}\n",
	    when, level[e->level], e->event,
	    json_text(thing, sizeof(thing), e->thing),
	    json_text(message, sizeof(message), e->message));
}

void
log_event(enum log_level level, const char *event, const char *thing,
    const char *format, ...)
{
	static const char *const start[] = { "error: ", "warning: ", "" };
	char message[LINE];
	const struct entry e = { level, event, thing, message };
	va_list ap;

	if (level > log_how.level)
		return;
	va_start(ap, format);
	(void)vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	if (is_journal() && journal_send(&e))
		return;
	if (log_how.form == LOG_FORM_JSON)
		json_print(&e);
	else
		(void)fprintf(stderr, "%s%s\n", start[level], message);
}

bool
log_may(struct log_limit *limit, unsigned *suppressed)
{
	time_t now = clock_seconds(CLOCK_MONOTONIC_COARSE);

	if (now < limit->next) {
		limit->suppressed++;
		return false;
	}
	limit->next = now + LOG_EVERY;
	*suppressed = limit->suppressed;
	limit->suppressed = 0;
	return true;
}
