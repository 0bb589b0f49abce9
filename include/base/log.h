/*
 * log.h - lines for an operator who has not read the source.
 *
 * One line an event: what it is about, what happened, the value, and what
 * the program does now.  Goes to standard error, as text or as JSON; where that
 * is systemd's journal, as an entry with fields, so that programs need not read
 * the text.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <time.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };
enum log_form { LOG_FORM_TEXT, LOG_FORM_JSON };

/* What is less than LEVEL is not said; at first all is, as text. */
void log_set(enum log_form, enum log_level);

/*
 * What programs may wait for has a name, EVENT, and says which THING it is
 * about: "upstream_down" and its address; "" else.
 */
void log_event(enum log_level, const char *event, const char *thing,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#define log_error(...) log_event(LOG_LEVEL_ERROR, "", "", __VA_ARGS__)
#define log_warn(...)  log_event(LOG_LEVEL_WARN, "", "", __VA_ARGS__)
#define log_info(...)  log_event(LOG_LEVEL_INFO, "", "", __VA_ARGS__)

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
