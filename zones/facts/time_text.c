/*
 * time_text.c - see time_text.h.
 */
#include "zones/facts/time_text.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

/* N digits at *P as a number of at most MOST; false where they are none. */
static bool
digits_take(const char **p, int n, int most, int *out)
{
	*out = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return *out <= most;
}

static bool
char_take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
date_take(const char **p, struct tm *tm)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int year, month, day;

	if (!digits_take(p, 4, 9999, &year) || !char_take(p, '-') ||
	    !digits_take(p, 2, 12, &month) || !char_take(p, '-') ||
	    !digits_take(p, 2, 31, &day) || month < 1 || day < 1)
		return false;
	if (day > days[month - 1])
		return false;
	if (month == 2 && day == 29 &&
	    (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* RFC 3339, 5.6: a second may be the 60th, and may have a fraction. */
static bool
time_take(const char **p, struct tm *tm)
{
	int digit;

	if (!digits_take(p, 2, 23, &tm->tm_hour) || !char_take(p, ':') ||
	    !digits_take(p, 2, 59, &tm->tm_min) || !char_take(p, ':') ||
	    !digits_take(p, 2, 60, &tm->tm_sec))
		return false;
	if (!char_take(p, '.'))
		return true;
	if (!digits_take(p, 1, 9, &digit))
		return false;
	while (**p >= '0' && **p <= '9')
		(*p)++;
	return true;
}

static bool
offset_take(const char **p, int *seconds)
{
	int hours, minutes, sign = **p == '-' ? -1 : 1;

	*seconds = 0;
	if (char_take(p, 'Z') || char_take(p, 'z'))
		return true;
	if (!char_take(p, '+') && !char_take(p, '-'))
		return false;
	if (!digits_take(p, 2, 23, &hours) || !char_take(p, ':') ||
	    !digits_take(p, 2, 59, &minutes))
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool
time_parse(int64_t *out, const char *text)
{
	struct tm tm = { 0 };
	int offset;

	*out = 0;
	if (!date_take(&text, &tm))
		return false;
	if (!char_take(&text, 'T') && !char_take(&text, 't') &&
	    !char_take(&text, ' '))
		return false;
	if (!time_take(&text, &tm) || !offset_take(&text, &offset) ||
	    *text != '\0')
		return false;
	*out = (int64_t)timegm(&tm) - offset;
	return true;
}

const char *
time_text(int64_t seconds, char out[TIME_TEXT])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}
