/*
 * fuzz_config.c - any text as a configuration.
 *
 * What is taken keeps the promises of config.h, so that nobody has to look
 * again; what is not taken is told in one line that begins with the file.
 */
#include "dnsd/config/config.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_upstreams(const struct config_upstream *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		assert(list[i].port != 0);
		assert((list[i].transport == UPSTREAM_TLS) ==
		    (list[i].name != NULL));
	}
}

static void
check_taken(const struct config *c)
{
	assert(c->store[0] != '\0');
	assert(c->workers >= 1);
	assert(c->max_udp_size >= 512);
	assert(c->listen_count >= 1);
	for (unsigned i = 0; i < c->listen_count; i++) {
		sa_family_t family = c->listen[i].address.any.sa_family;

		assert(family == AF_INET || family == AF_INET6);
		assert(c->listen[i].address.v4.sin_port != 0);
		assert(c->listen[i].line > 0);
	}
	for (unsigned i = 0; i < c->allow_count; i++) {
		struct addr m = addr_masked(&c->allow[i].addr, c->allow[i].len);

		assert(addr_is_same(&m, &c->allow[i].addr));
	}
	check_upstreams(c->upstreams, c->upstream_count);
	for (unsigned i = 0; i < c->zone_count; i++) {
		assert(c->zones[i].suffix[0] != '\0');
		assert((c->zones[i].action == ZONE_FORWARD) ==
		    (c->zones[i].upstream_count > 0));
		check_upstreams(
		    c->zones[i].upstreams, c->zones[i].upstream_count);
	}
	assert(c->forwards || (c->upstream_count == 0 && c->zone_count == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CONFIG_WHY] = "";
	struct config *c;
	enum err err = config_parse(&c, "f", (const char *)data, size, why);

	assert((err == E_OK) == (c != NULL));
	if (c != NULL)
		check_taken(c);
	if (err == E_INPUT)
		assert(strncmp(why, "f:", 2) == 0 && strlen(why) > 6);
	config_free(c);
	return 0;
}
