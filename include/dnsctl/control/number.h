/*
 * number.h - a number of what a server tells of itself.
 */
#ifndef DNSCTL_CONTROL_NUMBER_H
#define DNSCTL_CONTROL_NUMBER_H

#include <jansson.h>

/* 0 where there is none. */
static inline double
number(json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

#endif
