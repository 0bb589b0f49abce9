/*
 * time_text.h - moments as RFC 3339 writes them.
 */
#ifndef ZONES_FACTS_TIME_TEXT_H
#define ZONES_FACTS_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_TEXT 32

/* Seconds since 1970, a fraction cut off; false where TEXT is no time. */
bool time_parse(int64_t *out, const char *text);

/* In UTC, "2026-03-01T12:00:00Z"; returns OUT. */
const char *time_text(int64_t seconds, char out[TIME_TEXT]);

#endif
