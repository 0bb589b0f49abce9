/*
 * prefix_text.c - see prefix_text.h.
 */
#include "base/prefix_text.h"

#include <stdio.h>

#include "base/addr_text.h"

const char *
prefix_text(const struct prefix *p, char out[PREFIX_TEXT])
{
	unsigned before = addr_is_v4(&p->addr) && p->len >= 96 ? 96 : 0;
	char addr[ADDR_TEXT];

	(void)snprintf(out, PREFIX_TEXT, "%s/%u", addr_text(&p->addr, addr),
	    p->len - before);
	return out;
}
