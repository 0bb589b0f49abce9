/*
 * lease.c - how long a peer is one, as people say it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "impl.h"

#define NUMBER_MAX 1000000

static const struct {
	char letter;
	int64_t seconds;
} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

int64_t
lease_end(const char *text, int64_t now)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (n > 0 && n < NUMBER_MAX && end[0] == units[i].letter &&
		    end[1] == '\0')
			return now + n * units[i].seconds;
	log_error("--for %s: must be a number and s, m, h or d", text);
	return 0;
}

/* BEFORE, then the nearest number of a unit that is no less than two of it. */
static const char *
span_text(const char *before, int64_t seconds, const char *after,
    char out[LEASE_TEXT])
{
	static const char *const names[] = { "s", "min", "h", "d" };
	size_t i = 0;

	while (i < 3 && seconds >= 2 * units[i + 1].seconds)
		i++;
	(void)snprintf(out, LEASE_TEXT, "%s%" PRId64 " %s%s", before,
	    (seconds + units[i].seconds / 2) / units[i].seconds, names[i],
	    after);
	return out;
}

const char *
lease_text(int64_t end, int64_t now, char out[LEASE_TEXT])
{
	if (end == 0)
		return "-";
	return end <= now ? "ended" : span_text("in ", end - now, "", out);
}

const char *
lease_ago(int64_t then, int64_t now, char out[LEASE_TEXT])
{
	return then == 0 ? "never" : span_text("", now - then, " ago", out);
}
