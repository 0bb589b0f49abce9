/*
 * options.c - the tables of dnsd.conf.
 *
 * A new option is a row here and a field in config.h; test_config_options.c
 * then says what docs/operations.md lacks.  A new kind of value is a function
 * of value.c.
 */
#include "impl.h"

#include <sys/un.h>

#define CACHE_MAX       (UINT64_C(1) << 40)
#define IN_FLIGHT_MAX   1000000
#define CONNECTIONS_MAX 1000000
#define SOCKET_MAX      (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

#define A_LABEL    "1 to 63 of a-z, 0-9, _ and -"
#define AN_ADDRESS "an address and a port, as [::]:53 or 127.0.0.1:5300"
#define AN_UPSTREAM                                                            \
	"udp://ADDRESS, tcp://ADDRESS or tls://ADDRESS#NAME, where ADDRESS "   \
	"is as 192.0.2.1, 192.0.2.1:53, [2001:db8::1]:53 or, of a link and "   \
	"with its interface, [fe80::2%eth0]"

#define VALUE(type, field)                                                     \
	.at = offsetof(struct type, field),                                    \
	.size = sizeof(((struct type *)0)->field)
#define NUMBER(type, field, from, to)                                          \
	VALUE(type, field), .set = config_set_number, .least = from, .most = to
#define WORD(type, field, ...)                                                 \
	VALUE(type, field), .set = config_set_word, .words = { __VA_ARGS__ }
#define BOOL(type, field, word)                                                \
	WORD(type, field, "no", "yes", "false", "true"),                       \
	    .allowed = "yes or no", .preset = word
#define LIST(type, field, number)                                              \
	.at = offsetof(struct type, field),                                    \
	.count_at = offsetof(struct type, number),                             \
	.size = sizeof(*((struct type *)0)->field)
#define VALUES(type, field, number)                                            \
	.shape = SHAPE_VALUES, LIST(type, field, number)
#define SECTIONS(type, field, number)                                          \
	.shape = SHAPE_SECTIONS, LIST(type, field, number)

static const struct config_option listen_options[] = {
	{ "address", .required = true, .set = config_set_listen,
	    .allowed = AN_ADDRESS,
	    .help = "`\"[::]:53\"`, `\"127.0.0.1:5300\"`, "
		    "`\"[fe80::1%wg0]:53\"`" },
	{ "network", VALUE(config_listen, network), .set = config_set_label,
	    .allowed = A_LABEL,
	    .help = "everything that is received there belongs to this "
		    "network" },
	{ .key = NULL },
};

static const struct config_option zone_options[] = {
	{ "suffix", VALUE(config_zone, suffix), .required = true,
	    .set = config_set_suffix, .allowed = "a domain name",
	    .help = "`corp.example`: this name and all below it" },
	{ "network", VALUE(config_zone, network), .set = config_set_label,
	    .absent = "all", .allowed = A_LABEL,
	    .help = "only for askers of this network" },
	{ "action", WORD(config_zone, action, "forward", "refuse", "nxdomain"),
	    .preset = "forward", .allowed = "forward, refuse or nxdomain",
	    .help = "`forward`, `refuse` (REFUSED) or `nxdomain`" },
	{ "upstreams", VALUES(config_zone, upstreams, upstream_count),
	    .set = config_set_upstream, .absent = "needed to forward",
	    .allowed = AN_UPSTREAM, .help = "as above" },
	{ "rebind-exempt", BOOL(config_zone, rebind_exempt, "no"),
	    .help = "private addresses may be in this zone's answers" },
	{ .key = NULL },
};

static const struct config_option forward_options[] = {
	{ "upstreams", VALUES(config, upstreams, upstream_count),
	    .set = config_set_upstream, .absent = "those of `/etc/resolv.conf`",
	    .allowed = AN_UPSTREAM,
	    .help = "resolvers: `udp://192.0.2.1`, `tcp://[2001:db8::1]:5353`, "
		    "`tls://192.0.2.2#dns.example`; `[]` for none" },
	{ "allow", VALUES(config, allow, allow_count), .set = config_set_prefix,
	    .allowed = "a prefix without bits behind its length, as "
		       "127.0.0.0/8 or fd00::/8",
	    .help = "prefixes of clients that are in no network, and may have "
		    "other names forwarded all the same" },
	{ "ordinary", VALUES(config, ordinary, ordinary_count),
	    .set = config_set_special,
	    .allowed = "a special-use name, as home.arpa",
	    .help = "special-use names (`home.arpa`, `test`, ...: "
		    "[names.md](names.md#what-never-leaves)) that are "
		    "forwarded like any other" },
	{ "cache-size", NUMBER(config, cache_size, 0, CACHE_MAX), .units = true,
	    .preset = "64MiB",
	    .allowed = "a number of octets up to 1024GiB, also with KiB, MiB "
		       "or GiB, as 64MiB",
	    .help = "octets, also with `KiB`, `MiB`, `GiB`; 0 for no cache" },
	{ "in-flight", NUMBER(config, in_flight, 1, IN_FLIGHT_MAX),
	    .preset = "4096",
	    .help =
		"most questions that wait for upstreams at a time, over all "
		"workers, the last quarter of them of networks that have "
		"none waiting; others get SERVFAIL at once" },
	{ "in-flight-network",
	    NUMBER(config, in_flight_network, 1, IN_FLIGHT_MAX),
	    .preset = "1024", .help = "the same, of one network" },
	{ "rebind-protection", BOOL(config, rebind_protection, "no"),
	    .help = "`yes` takes private addresses out of forwarded answers, "
		    "with Extended DNS Error 15" },
	{ "zones", SECTIONS(config, zones, zone_count), .keys = zone_options,
	    .help = "a list of suffixes that go elsewhere; the most specific "
		    "one counts" },
	{ .key = NULL },
};

const struct config_option config_options[] = {
	{ "store", VALUE(config, store), .required = true,
	    .set = config_set_text, .allowed = "the store's folder",
	    .help = "the store's folder" },
	{ "region", VALUE(config, region), .set = config_set_region,
	    .allowed = A_LABEL ", and no word with a meaning in names",
	    .help = "where this node stands: for `nearest`, of askers whose "
		    "own region is not known" },
	{ "id", VALUE(config, id), .set = config_set_text,
	    .most = CONFIG_ID_MAX, .absent = "the host's name",
	    .allowed = "a text of at most 64 octets",
	    .help = "what this node is called: in NSID, `id.server` and the "
		    "instruments" },
	{ "workers", NUMBER(config, workers, 1, CONFIG_WORKERS_MAX),
	    .absent = "one a processor",
	    .help = "threads, each with sockets of its own" },
	{ "steer", BOOL(config, steer, "no"),
	    .help = "`yes` keeps each worker on a processor of its own and "
		    "gives it what that processor receives. An answer then "
		    "costs a fifth less, where packets are received on all "
		    "processors: an interface with a queue for each, or askers "
		    "on this machine. With one queue all would come to one "
		    "worker" },
	{ "listen", SECTIONS(config, listen, listen_count), .required = true,
	    .keys = listen_options,
	    .allowed = "a list of addresses to listen on",
	    .help = "a list of addresses; at least one" },
	{ "max-udp-size", NUMBER(config, max_udp_size, 512, 65000),
	    .preset = "8192",
	    .help = "largest reply over UDP, octets, for askers that take as "
		    "much (EDNS)" },
	{ "udp-size-unproven", NUMBER(config, unproven_size, 512, 65000),
	    .absent = "`max-udp-size`",
	    .help = "the same for askers that have no server cookie yet: "
		    "nobody can make this server send more than that to "
		    "somebody else's address. Beyond it an answer is cut and "
		    "says TC" },
	{ "cookie-secrets", VALUES(config, secrets, secret_count),
	    .set = config_set_secret, .absent = "a random one",
	    .allowed = "32 hex digits",
	    .help = "32 hex digits each, for DNS cookies (RFC 7873, 9018): the "
		    "same on all servers that share an address. The first one "
		    "signs, those behind it are still taken; `[]` for no "
		    "cookies" },
	{ "limit", NUMBER(config, network_limit, 0, 100000000), .preset = "0",
	    .help = "questions a second for private names that one network "
		    "may ask; beyond it that network alone is refused. 0 for "
		    "no limit" },
	{ "rate-limit", NUMBER(config, rate_limit, 0, 1000000), .preset = "0",
	    .help = "replies a second over UDP to askers without a cookie, of "
		    "each /24 or /56; beyond it they are dropped, but for some "
		    "that are cut to nothing and say TC. 0 for no limit" },
	{ "rate-limit-slip", NUMBER(config, rate_slip, 0, 100), .preset = "2",
	    .help = "beyond the limit each so many-th reply says TC; 0 for "
		    "none" },
	{ "tcp-connections",
	    NUMBER(config, tcp_connections, 1, CONNECTIONS_MAX),
	    .preset = "20000",
	    .help =
		"most TCP connections, a part of it for each worker; beyond "
		"it a silent one of whoever has most is closed" },
	{ "tcp-idle", NUMBER(config, tcp_idle, 1, 3600), .preset = "10",
	    .help = "seconds until a TCP connection that asks nothing is "
		    "closed; an eighth of it where there are as many as may "
		    "be" },
	{ "log", WORD(config, log, "text", "json"), .preset = "text",
	    .allowed = "text or json",
	    .help =
		"`json` makes an object of each line of the log, with time, "
		"level, event and what it is about" },
	{ "log-level", WORD(config, log_level, "error", "warning", "info"),
	    .preset = "info", .allowed = "error, warning or info",
	    .help = "what is less than that is not said" },
	{ "dnstap", VALUE(config, dnstap), .set = config_set_dnstap,
	    .allowed = "unix:/PATH of a reader's socket, or /PATH of a file",
	    .help = "where messages go as dnstap has them" },
	{ "dnstap-network", VALUE(config, dnstap_network),
	    .set = config_set_label, .absent = "all", .allowed = A_LABEL,
	    .help = "only messages of this network" },
	{ "dnstap-sample", NUMBER(config, dnstap_sample, 1, 1000000),
	    .preset = "1", .help = "one question, with its reply, in so many" },
	{ "control", VALUE(config, control), .set = config_set_text,
	    .most = SOCKET_MAX,
	    .allowed = "a path for a socket, of at most 107 octets",
	    .help = "path of the control socket" },
	{ "user", VALUE(config, user), .set = config_set_text,
	    .absent = "who started it", .allowed = "a user of this machine",
	    .help = "who the server is once it has the configuration, where "
		    "root starts it" },
	{ "sandbox", BOOL(config, sandbox, "yes"),
	    .help = "`no` lets the server do what its user may: for debuggers. "
		    "This and `user` are obeyed at the start alone" },
	{ "forward", .shape = SHAPE_SECTION,
	    .at = offsetof(struct config, forwards), .keys = forward_options,
	    .absent = "nothing is forwarded",
	    .help = "the section that follows" },
	{ .key = NULL },
};
