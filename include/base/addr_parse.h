/*
 * addr_parse.h - addresses and prefixes, read as people write them.
 */
#ifndef BASE_ADDR_PARSE_H
#define BASE_ADDR_PARSE_H

#include "base/addr.h"
#include "base/err.h"

/* False, with *out zero, where TEXT is no address. */
bool addr_parse(struct addr *out, const char *text) MUST_CHECK;

/* CIDR; false also where a bit is set behind the prefix. */
bool prefix_parse(struct prefix *out, const char *text) MUST_CHECK;

/* An address, with the length of its block or without: 128 then. */
bool block_parse(struct addr *, uint8_t *len, const char *text) MUST_CHECK;

#endif
