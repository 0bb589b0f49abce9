/*
 * say.c - a finding is told.
 */
#include <stdarg.h>
#include <stdio.h>

#include "impl.h"

void
doctor_say(struct doctor *d, enum finding_state state, const char *check,
    const char *mend, const char *format, ...)
{
	char text[1024];
	const struct finding f = {
		.state = state, .check = check, .text = text, .mend = mend
	};
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	d->each(d->arg, &f);
}
