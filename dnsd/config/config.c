/*
 * config.c - the tables of dnsd.conf, and its reading.
 *
 * A new option is a row here, a field in config.h, and a line in
 * docs/operations.md.  A new kind of value is a function of config_value.c.
 */
#include "dnsd/config/config.h"

#include <errno.h>
#include <sched.h>

#include "base/log.h"
#include "impl.h"

#define RESOLV_CONF     "/etc/resolv.conf"
#define FILE_MAX        (1 << 20)
#define WORKERS_MAX     256
#define CACHE_DEFAULT   (UINT64_C(64) << 20)
#define CACHE_MAX       (UINT64_C(1) << 40)
#define IN_FLIGHT_MAX   1000000
#define CONNECTIONS_MAX 1000000

#define A_LABEL    "1 to 63 of a-z, 0-9, _ and -"
#define AN_ADDRESS "an address and a port, as [::]:53 or 127.0.0.1:5300"
#define AN_UPSTREAM                                                            \
	"udp://ADDRESS, tcp://ADDRESS or tls://ADDRESS#NAME, where ADDRESS "   \
	"is as 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53"
#define A_BOOL "yes or no"

static const struct config_option listen_options[] = {
	{ "address", SHAPE_VALUE, true, .at = 0, .set = config_set_listen,
	    .allowed = AN_ADDRESS },
	{ "network", SHAPE_VALUE, .at = offsetof(struct config_listen, network),
	    .set = config_set_label, .allowed = A_LABEL },
	{ .key = NULL },
};

static const struct config_option zone_options[] = {
	{ "suffix", SHAPE_VALUE, true,
	    .at = offsetof(struct config_zone, suffix),
	    .set = config_set_suffix, .allowed = "a domain name" },
	{ "network", SHAPE_VALUE, .at = offsetof(struct config_zone, network),
	    .set = config_set_label, .allowed = A_LABEL },
	{ "action", SHAPE_VALUE, .at = offsetof(struct config_zone, action),
	    .set = config_set_action,
	    .allowed = "forward, refuse or nxdomain" },
	{ "upstreams", SHAPE_VALUES,
	    .at = offsetof(struct config_zone, upstreams),
	    .count_at = offsetof(struct config_zone, upstream_count),
	    .size = sizeof(struct config_upstream), .set = config_set_upstream,
	    .allowed = AN_UPSTREAM },
	{ "rebind-exempt", SHAPE_VALUE,
	    .at = offsetof(struct config_zone, rebind_exempt),
	    .set = config_set_bool, .allowed = A_BOOL },
	{ .key = NULL },
};

static const struct config_option forward_options[] = {
	{ "upstreams", SHAPE_VALUES, .at = offsetof(struct config, upstreams),
	    .count_at = offsetof(struct config, upstream_count),
	    .size = sizeof(struct config_upstream), .set = config_set_upstream,
	    .allowed = AN_UPSTREAM },
	{ "allow", SHAPE_VALUES, .at = offsetof(struct config, allow),
	    .count_at = offsetof(struct config, allow_count),
	    .size = sizeof(struct prefix), .set = config_set_prefix,
	    .allowed = "a prefix without bits behind its length, as "
		       "127.0.0.0/8 or fd00::/8" },
	{ "cache-size", SHAPE_VALUE, .at = offsetof(struct config, cache_size),
	    .set = config_set_size, .most = CACHE_MAX,
	    .allowed = "a number of octets up to 1024GiB, also with KiB, MiB "
		       "or GiB, as 64MiB" },
	{ "in-flight", SHAPE_VALUE, .at = offsetof(struct config, in_flight),
	    .set = config_set_number, .least = 1, .most = IN_FLIGHT_MAX },
	{ "in-flight-network", SHAPE_VALUE,
	    .at = offsetof(struct config, in_flight_network),
	    .set = config_set_number, .least = 1, .most = IN_FLIGHT_MAX },
	{ "rebind-protection", SHAPE_VALUE,
	    .at = offsetof(struct config, rebind_protection),
	    .set = config_set_bool, .allowed = A_BOOL },
	{ "zones", SHAPE_SECTIONS, .at = offsetof(struct config, zones),
	    .count_at = offsetof(struct config, zone_count),
	    .size = sizeof(struct config_zone), .keys = zone_options },
	{ .key = NULL },
};

static const struct config_option options[] = {
	{ "store", SHAPE_VALUE, true, .at = offsetof(struct config, store),
	    .set = config_set_text, .allowed = "the store's folder" },
	{ "region", SHAPE_VALUE, .at = offsetof(struct config, region),
	    .set = config_set_region,
	    .allowed = A_LABEL ", and no word with a meaning in names" },
	{ "workers", SHAPE_VALUE, .at = offsetof(struct config, workers),
	    .set = config_set_number, .least = 1, .most = WORKERS_MAX },
	{ "steer", SHAPE_VALUE, .at = offsetof(struct config, steer),
	    .set = config_set_bool, .allowed = A_BOOL },
	{ "listen", SHAPE_SECTIONS, true, .at = offsetof(struct config, listen),
	    .count_at = offsetof(struct config, listen_count),
	    .size = sizeof(struct config_listen), .keys = listen_options,
	    .allowed = "a list of addresses to listen on" },
	{ "max-udp-size", SHAPE_VALUE,
	    .at = offsetof(struct config, max_udp_size),
	    .set = config_set_uint16, .least = 512, .most = 65000 },
	{ "tcp-connections", SHAPE_VALUE,
	    .at = offsetof(struct config, tcp_connections),
	    .set = config_set_number, .least = 1, .most = CONNECTIONS_MAX },
	{ "tcp-idle", SHAPE_VALUE, .at = offsetof(struct config, tcp_idle),
	    .set = config_set_number, .least = 1, .most = 3600 },
	{ "control", SHAPE_VALUE, .at = offsetof(struct config, control),
	    .set = config_set_socket,
	    .allowed = "a path for a socket, of at most 107 octets" },
	{ "forward", SHAPE_SECTION, .at = offsetof(struct config, forwards),
	    .keys = forward_options },
	{ .key = NULL },
};

static unsigned
processors(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	n = CPU_COUNT(&set);
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static enum err
set_defaults(struct config *c, const char *file)
{
	c->file = strdup(file);
	c->region = strdup("");
	c->workers = processors();
	c->max_udp_size = 8192;
	c->tcp_connections = 20000;
	c->tcp_idle = 10;
	c->cache_size = CACHE_DEFAULT;
	c->in_flight = 4096;
	c->in_flight_network = 1024;
	return c->file == NULL || c->region == NULL ? E_NOMEM : E_OK;
}

enum err
config_parse(struct config **out, const char *file, const char *text,
    size_t len, char why[CONFIG_WHY])
{
	struct config *c = calloc(1, sizeof(*c));
	enum err err;

	*out = NULL;
	if (c == NULL)
		return E_NOMEM;
	err = set_defaults(c, file);
	if (err == E_OK)
		err = config_load(c, options, file, text, len, why);
	if (err == E_OK)
		err = config_check(c, why);
	if (err == E_OK && c->forwards && c->upstreams == NULL)
		err = config_resolv(c, RESOLV_CONF);
	if (err == E_OK)
		*out = c;
	else
		config_free(c);
	return err;
}

/* The whole file, malloc'd; NULL with errno. */
static char *
file_read(const char *file, size_t *len)
{
	char *text = malloc(FILE_MAX);
	FILE *f = fopen(file, "re");

	*len = 0;
	if (text != NULL && f != NULL)
		*len = fread(text, 1, FILE_MAX, f);
	if (text == NULL || f == NULL || ferror(f)) {
		free(text);
		text = NULL;
	} else if (*len == FILE_MAX) {
		errno = EFBIG;
		free(text);
		text = NULL;
	}
	if (f != NULL)
		(void)fclose(f);
	return text;
}

enum err
config_read(struct config **out, const char *file)
{
	char why[CONFIG_WHY];
	enum err err;
	size_t len;
	char *text = file_read(file, &len);

	*out = NULL;
	if (text == NULL) {
		log_error("%s: cannot be read: %s", file, strerror(errno));
		return E_SYSTEM;
	}
	err = config_parse(out, file, text, len, why);
	free(text);
	if (err == E_INPUT)
		log_error("%s", why);
	else if (err != E_OK)
		log_error("%s: %s", file, err_str(err));
	return err;
}

static void
upstreams_free(struct config_upstream *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		free(list[i].name);
	free(list);
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->listen_count; i++)
		free(c->listen[i].network);
	for (unsigned i = 0; i < c->zone_count; i++) {
		free(c->zones[i].suffix);
		free(c->zones[i].network);
		upstreams_free(
		    c->zones[i].upstreams, c->zones[i].upstream_count);
	}
	upstreams_free(c->upstreams, c->upstream_count);
	free(c->listen);
	free(c->zones);
	free(c->allow);
	free(c->control);
	free(c->region);
	free(c->store);
	free(c->file);
	free(c);
}
