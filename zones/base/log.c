/*
 * log.c - see log.h.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"

#define LOG_EVERY 10 /* seconds */

void
log_at(enum log_level level, const char *format, ...)
{
	static const char *const start[] = {
		[LOG_LEVEL_ERROR] = "error: ",
		[LOG_LEVEL_WARN] = "warning: ",
		[LOG_LEVEL_INFO] = "",
	};
	char line[1024];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	(void)fprintf(stderr, "%s%s\n", start[level], line);
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
