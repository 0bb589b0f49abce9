/*
 * cursor.h - positions of a source, as far as they can be compared.
 */
#ifndef DNSCTL_SOURCE_CURSOR_H
#define DNSCTL_SOURCE_CURSOR_H

#include <stdbool.h>

/*
 * STANDS is WANTED or beyond it.  Cursors are the source's own text; only
 * two that differ in nothing but a decimal number behind their last "/", or
 * that are such numbers, have an order: "17" reaches "9", "a/17" "a/9".
 */
bool cursor_reaches(const char *stands, const char *wanted);

#endif
