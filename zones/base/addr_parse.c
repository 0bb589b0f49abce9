/*
 * addr_parse.c - see addr_parse.h.
 */
#include "base/addr_parse.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

bool
addr_parse(struct addr *out, const char *text)
{
	uint8_t four[4];

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, four) == 1) {
		*out = addr_from_v4(four);
		return true;
	}
	return inet_pton(AF_INET6, text, out->ip) == 1;
}

/* Digits only: strtoul would also take a sign and white space. */
static bool
length_parse(const char *text, unsigned most, unsigned *len)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	*len = (unsigned)strtoul(text, &end, 10);
	return *end == '\0' && end - text <= 3 && *len <= most;
}

bool
block_parse(struct addr *out, uint8_t *len, const char *text)
{
	char copy[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	unsigned bits, before;

	*len = 128;
	if (slash == NULL)
		return addr_parse(out, text);
	memset(out, 0, sizeof(*out));
	if ((size_t)(slash - text) >= sizeof(copy))
		return false;
	memcpy(copy, text, (size_t)(slash - text));
	copy[slash - text] = '\0';
	before = strchr(copy, ':') == NULL ? 96 : 0;
	if (!length_parse(slash + 1, 128 - before, &bits) ||
	    !addr_parse(out, copy))
		return false;
	*len = (uint8_t)(before + bits);
	return true;
}

bool
prefix_parse(struct prefix *out, const char *text)
{
	struct addr addr, masked;
	uint8_t len;

	memset(out, 0, sizeof(*out));
	if (strchr(text, '/') == NULL || !block_parse(&addr, &len, text))
		return false;
	masked = addr_masked(&addr, len);
	if (!addr_is_same(&masked, &addr))
		return false;
	out->addr = addr;
	out->len = len;
	return true;
}
