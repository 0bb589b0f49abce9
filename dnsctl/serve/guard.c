/*
 * guard.c - who may ask: see serve.h.
 */
#include "impl.h"

#include <string.h>
#include <strings.h>

#include "base/addr_parse.h"

/* Without its port, and without the brackets of IPv6; false: too long. */
static bool
host_cut(const char *host, char *out, size_t size)
{
	bool six = host[0] == '[';
	size_t len = six ? strcspn(++host, "]") : strcspn(host, ":");

	if (len >= size)
		return false;
	memcpy(out, host, len);
	out[len] = '\0';
	return true;
}

bool
guard_host(const char *host, const char *name)
{
	struct addr addr;
	char text[256];

	if (host == NULL || !host_cut(host, text, sizeof(text)))
		return false;
	return addr_parse(&addr, text) || strcasecmp(text, "localhost") == 0 ||
	    (name != NULL && strcasecmp(text, name) == 0);
}

/* Fetch Metadata, and Origin (RFC 6454) for who has not that. */
bool
guard_origin(const char *origin, const char *site, const char *host)
{
	if (site != NULL && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0)
		return false;
	if (origin == NULL)
		return true;
	return host != NULL && strncmp(origin, "http", 4) == 0 &&
	    strstr(origin, "://") != NULL &&
	    strcmp(strstr(origin, "://") + 3, host) == 0;
}

bool
guard_token(const char *authorization, const char *token)
{
	static const char scheme[] = "Bearer ";
	size_t len = strlen(token), differs;

	if (authorization == NULL ||
	    strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	authorization += sizeof(scheme) - 1;
	differs = strlen(authorization) ^ len;
	for (size_t i = 0; authorization[i] != '\0'; i++)
		differs |= (unsigned char)(authorization[i] ^
		    token[i < len ? i : len]);
	return differs == 0;
}
