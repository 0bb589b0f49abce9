/*
 * prefix_text.h - prefixes as people write them; addr_text.h reads them.
 */
#ifndef BASE_PREFIX_TEXT_H
#define BASE_PREFIX_TEXT_H

#include "base/addr.h"

#define PREFIX_TEXT (INET6_ADDRSTRLEN + 4)

/* CIDR, IPv4 dotted; returns OUT. */
const char *prefix_text(const struct prefix *, char out[PREFIX_TEXT]);

#endif
