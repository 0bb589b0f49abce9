/*
 * log.h - lines for an operator who has not read the source.
 *
 * One line: what it is about, what happened, the value, and what the
 * program does now.  Goes to standard error; systemd adds the time.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <time.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

void log_at(enum log_level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_LEVEL_INFO, __VA_ARGS__)

/*
 * For what a packet can cause: true at most once in ten seconds a place.
 * *SUPPRESSED is how many were not told since the last true.
 */
struct log_limit {
	time_t next;
	unsigned suppressed;
};

bool log_may(struct log_limit *, unsigned *suppressed);

#endif
