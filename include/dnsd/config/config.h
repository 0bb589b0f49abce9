/*
 * config.h - dnsd.conf, checked.
 *
 * Every option is a row in the tables of options.c: its default, what a
 * value may be, and what it is for; whoever reads this struct need not check
 * it.  A mistake is told with file, line, key, value and what is allowed; the
 * first one ends the reading.
 */
#ifndef DNSD_CONFIG_CONFIG_H
#define DNSD_CONFIG_CONFIG_H

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/siphash.h"
#include "zones/names/name.h"

/* fe80::2%eth0: its interface.  One that is made again has another index. */
struct config_link {
	char name[IF_NAMESIZE]; /* or "" */
	uint32_t index;         /* 0: there was none when this was read */
};

/* What stands in a list says on which line, for checks among options. */
struct config_listen {
	unsigned line;
	union sockaddr_ip address; /* with the link's index */
	struct config_link link;
	char *network; /* everything here is its; or NULL */
};

enum config_transport { UPSTREAM_UDP, UPSTREAM_TCP, UPSTREAM_TLS };

/* udp://192.0.2.1, tcp://[2001:db8::1]:5353, tls://192.0.2.2#dns.example */
struct config_upstream {
	unsigned line; /* 0: from resolv.conf */
	enum config_transport transport;
	struct addr address;
	struct config_link link;
	uint16_t port; /* 53, TLS 853 */
	char *name;    /* TLS: what the certificate must be for */
};

enum config_zone_action { ZONE_FORWARD, ZONE_REFUSE, ZONE_NXDOMAIN };

struct config_zone {
	unsigned line;
	char *suffix;  /* lower case, without the last dot; "." for all */
	char *network; /* for this one only; NULL: for all */
	enum config_zone_action action;
	struct config_upstream *upstreams; /* ZONE_FORWARD: at least one */
	unsigned upstream_count;
	bool rebind_exempt; /* private addresses may be in its answers */
};

struct config {
	char *file; /* the file it was read from */
	char *text; /* what stood there, TEXT_LEN octets */
	size_t text_len;
	char *store;
	char *region; /* NULL where not given */
	char *id; /* what this node is called; CONFIG_ID_MAX octets at most */
	unsigned workers;
	bool steer; /* each on a processor, for what that receives */
	struct config_listen *listen; /* at least one */
	unsigned listen_count;
	uint16_t max_udp_size;
	uint16_t unproven_size;      /* ... to who has no cookie; 0: the same */
	struct siphash_key *secrets; /* of cookies; none: they are off */
	unsigned secret_count;
	unsigned network_limit;         /* questions a second; 0: none */
	unsigned rate_limit, rate_slip; /* see zones/query/limit.h; 0: none */
	unsigned tcp_connections;       /* most of a worker */
	unsigned tcp_idle; /* seconds until a silent one is closed */
	char *control;     /* path of the control socket; NULL: none */
	char *user;        /* NULL: who started it */
	bool sandbox;
	enum log_form log;
	char *dnstap;           /* unix:/PATH or /PATH; NULL: none */
	char *dnstap_network;   /* only its messages; NULL: all */
	unsigned dnstap_sample; /* one question in so many */
	enum log_level log_level;

	/* forward: */
	bool forwards; /* the section is there */
	struct config_upstream *upstreams;
	unsigned upstream_count;
	struct prefix *allow;
	unsigned allow_count;
	special_set *ordinary; /* special-use names taken for any other */
	unsigned ordinary_count;
	uint64_t cache_size;        /* octets; 0: no cache */
	unsigned in_flight;         /* most questions waiting upstream */
	unsigned in_flight_network; /* ... of one network */
	bool rebind_protection;
	struct config_zone *zones;
	unsigned zone_count;

	struct config_block *owned; /* all that is pointed to from here */
};

#define CONFIG_WORKERS_MAX 256
#define CONFIG_ID_MAX      64 /* HOST_NAME_MAX, too */

#define CONFIG_WHY 1024

/*
 * From TEXT; FILE is its name, for complaints.  Unless E_OK, *out is NULL and
 * WHY has one line without an end.
 */
enum err config_parse(struct config **out, const char *file, const char *text,
    size_t len, char why[CONFIG_WHY]) MUST_CHECK;
/* The same from a file. */
enum err config_read(
    struct config **out, const char *file, char why[CONFIG_WHY]) MUST_CHECK;
void config_free(struct config *); /* NULL is fine */

/* The I-th of all, those of zones behind the others; NULL: no more. */
const struct config_upstream *config_upstream(const struct config *, unsigned);
unsigned config_upstream_count(const struct config *);

/* Whose nameservers are asked where a configuration names no upstreams. */
#define CONFIG_RESOLV "/etc/resolv.conf"

bool config_has_same_upstreams(const struct config *, const struct config *);
bool config_has_links(const struct config *);
/* An interface is there, is gone, or was made again since this was read. */
bool config_links_have_changed(const struct config *);

/* Packets come there for any address of this machine. */
bool config_listen_is_wildcard(const struct config_listen *);
/* The same address, port and interface; networks do not count. */
bool config_listen_is_same(
    const struct config_listen *, const struct config_listen *);

/* "[::1]:53", for people; returns OUT. */
#define CONFIG_LISTEN_TEXT 80
const char *config_listen_text(
    const struct config_listen *, char out[CONFIG_LISTEN_TEXT]);

#endif
