/*
 * fact.h - what a control plane tells: networks, regions, distances, apps,
 * instances, peers, gateways, aliases, zones, records.
 *
 * A fact is its key (network, app, id, to: as many as its kind has) and its
 * fields (field.h).  All labels are lower case, 1 to 63 of [a-z0-9_-].  A
 * field that was not given has its default, or is NULL, zero or of count
 * zero.  A fact borrows its strings and arrays: from the arena it was read
 * into (arena.h), until that is reset.
 */
#ifndef ZONES_FACTS_FACT_H
#define ZONES_FACTS_FACT_H

#include "base/addr.h"
#include "base/err.h"

#define FACT_LIST_MAX    64   /* entries of any list of one fact */
#define FACT_REGIONS_MAX 1000 /* that the instances of one app are in */

enum fact_kind {
	FACT_NETWORK,
	FACT_REGION,
	FACT_DISTANCE,
	FACT_APP,
	FACT_INSTANCE,
	FACT_PEER,
	FACT_GATEWAY,
	FACT_ALIAS,
	FACT_ZONE,
	FACT_RECORD,
	FACT_EXPORT,
	FACT_KINDS
};

struct fact_pair {
	const char *key, *value;
};

/* What a peer may be in its network, the least first. */
enum fact_role { ROLE_OBSERVER, ROLE_DEVELOPER, ROLE_ADMIN, ROLE_OWNER };

#define FACT_PUBLIC_KEY 44 /* octets of one as text: base64 of 32 */
struct fact_port {
	const char *name;
	uint16_t number;
	bool udp; /* or TCP */
};

/* Octets of a zone's or record's name as text, and of one value. */
#define FACT_NAME_MAX  250
#define FACT_VALUE_MAX 1024

enum fact_state { FACT_STARTED, FACT_DRAINING, FACT_STOPPED };
enum fact_health { FACT_PASSING, FACT_WARNING, FACT_CRITICAL };

/* One value of a record. */
struct fact_value {
	const char *text;     /* as it was written; NULL: it was stored */
	const uint8_t *rdata; /* as it travels, nothing in it compressed */
	uint16_t len, type;   /* octets; the record's */
};

struct fact {
	enum fact_kind kind;

	/* The key. */
	const char *network; /* NULL: of none; a network's own id */
	const char *app;     /* an app's name; an instance's app */
	const char *id; /* instance, region, gateway; peer, zone, record: name;
			 * distance: from */
	const char *to; /* distance; record: its type, "AAAA" */

	/* Network. */
	const struct prefix *prefixes;
	unsigned prefix_count;
	uint32_t ttl;              /* seconds; a record has one too */
	const struct prefix *pool; /* of addresses for peers; IPv4 */
	unsigned pool_count;
	uint8_t role; /* enum fact_role: the least a peer needs; a peer's own */

	/* Network: resolvers; app: flycast; instance and peer: addresses. */
	const struct addr *addresses;
	unsigned address_count;

	/* Region. */
	double latitude, longitude; /* degrees */

	/* Distance. */
	double ms;

	/* App. */
	const char *domain; /* dotted labels */

	/* App and instance; an instance's come before its app's. */
	const struct fact_port *ports;
	unsigned port_count;

	/* Instance; a peer and a gateway have a region too. */
	const char *region;
	const char *name;      /* server name */
	const char *group;     /* process group */
	uint8_t state, health; /* enum fact_state, enum fact_health */
	uint32_t weight;       /* of SRV records */
	const struct fact_pair *metadata;
	unsigned metadata_count;

	/* Peer; an instance and a gateway have a key too. */
	int64_t expires;       /* seconds since 1970; 0: never */
	const uint8_t *blocks; /* prefix lengths, one an address: 128 is bare */
	const char *const *apps; /* that it sees; none: all */
	unsigned app_count;
	const char *gateway;
	const char *public_key; /* as WireGuard writes it */

	/* Gateway, instance. */
	const char *endpoint; /* HOST:PORT */
	uint32_t number;      /* of a gateway: in its peers' addresses */

	/* Alias: the app that it means. */
	const char *alias_of;

	/* Export: to another network, as an app of this name. */
	const char *as;
	uint8_t instances; /* bool: every form of it, not flycast alone */

	/* Zone. */
	uint8_t fallthrough; /* bool: what it lacks is forwarded */

	/* Record. */
	const struct fact_value *values;
	unsigned value_count;

	/* Of two with the same address the newer one has the larger: as its
	 * source says; 0: the store counts. */
	uint64_t age;
};

/* "network", "region", ... as the feed writes them; "networks", ... */
const char *fact_kind_str(enum fact_kind);
const char *fact_kind_plural(enum fact_kind);

/* All kinds, "network, region, ... or peer"; returns OUT. */
#define FACT_KINDS_TEXT 160
const char *fact_kinds_text(bool plural, char out[FACT_KINDS_TEXT]);

/*
 * The fact's name for people, "instance acme/web/f066b83b"; returns OUT.
 */
#define FACT_TITLE 464
const char *fact_title(const struct fact *, char out[FACT_TITLE]);

/* Why a fact was not taken.  All text is the complaint's own. */
struct complaint {
	char field[64];  /* which field, or "" */
	char rule[160];  /* what is asked of it, as a sentence's rest */
	char value[160]; /* what was there instead, shortened with "..." */
};

/* Fills W and returns E_INPUT. */
enum err complain(struct complaint *w, const char *field, const char *rule,
    const char *value);

#endif
