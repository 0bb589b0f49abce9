/*
 * addr_text.h - addresses and prefixes, written as people do.
 */
#ifndef BASE_ADDR_TEXT_H
#define BASE_ADDR_TEXT_H

#include <arpa/inet.h>
#include <stdio.h>

#include "base/addr.h"

#define ADDR_TEXT   INET6_ADDRSTRLEN
#define PREFIX_TEXT (ADDR_TEXT + 4)

/* RFC 5952 text, IPv4 dotted; returns OUT. */
static inline const char *
addr_text(const struct addr *a, char out[ADDR_TEXT])
{
	if (addr_is_v4(a))
		return inet_ntop(AF_INET, a->ip + 12, out, ADDR_TEXT);
	return inet_ntop(AF_INET6, a->ip, out, ADDR_TEXT);
}

/* CIDR, IPv4 dotted; returns OUT. */
static inline const char *
prefix_text(const struct prefix *p, char out[PREFIX_TEXT])
{
	char addr[ADDR_TEXT];

	(void)snprintf(out, PREFIX_TEXT, "%s/%d", addr_text(&p->addr, addr),
	    p->len - (prefix_is_v4(p) ? 96 : 0));
	return out;
}

#endif
