/*
 * endpoints.c - see endpoints.h.
 */
#include "dnsctl/source/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/secret.h"

#define PAUSE_MS 10000 /* the longest between two attempts */

/* "[::1]:2379", "host"; a bracket's colons are no port. */
static bool
has_port(const char *endpoint)
{
	const char *bracket = strchr(endpoint, ']');

	return strchr(bracket == NULL ? endpoint : bracket, ':') != NULL;
}

static bool
endpoints_grow(
    struct endpoints *e, const char *text, size_t len, const char *port)
{
	char *endpoint;

	if (len == 0 || len > 255 || memchr(text, '/', len) != NULL ||
	    e->count == ENDPOINTS_MAX)
		return false;
	endpoint = calloc(1, len + strlen(port) + 1);
	if (endpoint == NULL)
		return false;
	memcpy(endpoint, text, len);
	if (!has_port(endpoint))
		memcpy(endpoint + len, port, strlen(port) + 1);
	e->all[e->count++] = endpoint;
	return true;
}

static void
choose(struct endpoints *e)
{
	struct secret secret = { .left = 0 };

	e->rng.state = (uint64_t)secret_next(&secret) << 16 | 1;
	e->rng.state |= secret_next(&secret);
	e->at = rng_below(&e->rng, e->count);
}

bool
endpoints_are_bare(const char *url)
{
	if (strchr(url, '@') == NULL)
		return true;
	log_error("a source's address has no user and no password in it:"
		  " use --user NAME and --password-file FILE");
	return false;
}

bool
endpoints_read(
    struct endpoints *e, const char *url, const char *scheme, const char *port)
{
	const char *at = url + strlen(scheme);
	size_t len;

	memset(e, 0, sizeof(*e));
	if (!endpoints_are_bare(url))
		return false;
	for (;; at += len + 1) {
		len = strcspn(at, ",");
		if (!endpoints_grow(e, at, len, port)) {
			log_error("%s: must be %sHOST:PORT, and more with"
				  " commas between, at most %d",
			    url, scheme, ENDPOINTS_MAX);
			return false;
		}
		if (at[len] == '\0')
			break;
	}
	choose(e);
	return true;
}

void
endpoints_release(struct endpoints *e)
{
	for (unsigned i = 0; i < e->count; i++)
		free(e->all[i]);
}

void
endpoints_next(struct endpoints *e, const char *what, const char *why)
{
	const char *failed = endpoints_now(e);

	e->failures++;
	e->at = (e->at + 1) % e->count;
	log_warn("%s %s: %s; trying %s, the store stays as it is", what, failed,
	    why, endpoints_now(e));
}

uint32_t
endpoints_pause_ms(struct endpoints *e)
{
	unsigned rounds = e->failures / e->count;
	uint32_t most = rounds > 6 ? PAUSE_MS : 100u << rounds;

	return rounds == 0 ? 0
			   : most / 10 + rng_below(&e->rng, most - most / 10);
}

void
endpoints_pause(struct endpoints *e)
{
	uint32_t ms = endpoints_pause_ms(e);
	const struct timespec pause = { ms / 1000,
		(long)(ms % 1000) * 1000000 };

	if (ms > 0)
		(void)nanosleep(&pause, NULL);
}
