/*
 * addr_text.h - addresses and prefixes as people write them.
 */
#ifndef BASE_ADDR_TEXT_H
#define BASE_ADDR_TEXT_H

#include "base/addr.h"
#include "base/err.h"

#define ADDR_TEXT INET6_ADDRSTRLEN

/* False, with *out zero, where TEXT is no address. */
bool addr_parse(struct addr *out, const char *text) MUST_CHECK;

/* CIDR; false also where a bit is set behind the prefix. */
bool prefix_parse(struct prefix *out, const char *text) MUST_CHECK;

/* An address, with the length of its block or without: 128 then. */
bool block_parse(struct addr *, uint8_t *len, const char *text) MUST_CHECK;

/* RFC 5952 text, IPv4 dotted; returns OUT. */
const char *addr_text(const struct addr *, char out[ADDR_TEXT]);

#endif
