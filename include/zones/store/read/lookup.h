/*
 * lookup.h - what a question may ask of a snapshot.
 *
 * Hot path: no allocation, no lock, no logging.  Every label, address and
 * pointer that comes out is borrowed from the snapshot and valid until it
 * rests.  A damaged value reads as one that is not there.
 *
 * Walks, over the instances of an app or over a range of keys, may go on side
 * by side and with look-ups between their steps, until the snapshot rests.
 */
#ifndef ZONES_STORE_READ_LOOKUP_H
#define ZONES_STORE_READ_LOOKUP_H

#include "base/addr.h"
#include "zones/names/dname.h"
#include "zones/store/read/store.h"

#define NETWORK_NONE 0

/* What few networks have, and others need not look for. */
enum network_use {
	USE_ALIASES, /* a name's app may be another one */
	USE_ZONES,   /* of its own, and records in them */
	USE_IMPORTS, /* or of another network */
	USE_PEERS, /* the asker is a peer, and may be refused, or not see all */
	NETWORK_USES
};

#define USES(use) (1U << (use))

struct network {
	uint32_t number;
	uint32_t ttl;
	uint8_t uses; /* a bit for each */
};

/* Why a flow is of a network, or of none (docs/operations.md, Addresses). */
enum lookup_why {
	LOOKUP_DESTINATION, /* its resolver was asked, from inside */
	LOOKUP_SOURCE,      /* its prefix is the longest around the source */
	LOOKUP_FOREIGN,     /* its resolver was asked, from outside */
	LOOKUP_NOBODY       /* none of the above */
};

/* Number is NETWORK_NONE for FOREIGN and NOBODY. */
enum lookup_why lookup_network(struct snapshot *, const struct addr *from,
    const struct addr *to, struct network *);
/* STAYS: ID says the same as long as there is S, and is known by its place. */
bool lookup_network_named(
    struct snapshot *s, const char *id, bool stays, struct network *);

/*
 * Instances by how well they are: a set is answered by the first tier that it
 * has somebody of.
 */
enum tier {
	TIER_WELL,     /* started, not critical */
	TIER_CRITICAL, /* started */
	TIER_DRAINING,
	TIER_STOPPED, /* in no set */
	TIERS = TIER_STOPPED
};

/* What an answer needs of an instance; or only its addresses. */
struct instance {
	struct label app, region, id;
	enum tier tier;
	uint8_t flags; /* BRIEF_... (brief.h): one octet, as it is stored */
	uint8_t six_count, four_count;
	const uint8_t *six;      /* 16 octets each */
	const uint8_t *four;     /* 4 octets each */
	struct wire_in services; /* weight and ports, where it has any */
};

/* All that is told of one network. */
struct network_facts {
	struct label id;
	uint32_t ttl;
	const uint8_t *prefixes; /* 17 octets each: address, length */
	unsigned prefix_count;
	struct instance resolvers; /* addresses */
	uint8_t role;              /* the least that a peer needs */
};

bool lookup_network_facts(
    struct snapshot *, uint32_t network, struct network_facts *);
/* How many commits changed it: the SOA's serial. */
uint32_t lookup_network_commits(struct snapshot *, uint32_t network);

/* How many of a region of an app: all, and who has IPv6 and IPv4. */
struct tally {
	uint32_t stopped;
	struct tally_of {
		uint32_t instances, six, four;
	} tier[TIERS];
};

uint32_t tally_all(const struct tally *);

/* Where a walk is. */
struct walk {
	void *key; /* NULL: nowhere yet */
	size_t len;
	uint64_t moment; /* the snapshot's */
};

struct app {
	struct label name;
	bool many; /* more instances than one page holds */
	struct wire_in regions;

	/* The walk over instances, by region and id. */
	struct snapshot *snapshot;
	uint32_t network;
	struct wire_in page;
	struct walk walk; /* over the pages of many */
};

bool lookup_app(
    struct snapshot *, uint32_t network, struct label name, struct app *);
/* Regions in their order; start with in = app->regions. */
bool app_region(struct wire_in *in, struct label *region, struct tally *);
/*
 * The addresses of a TIER of an app that is not `many`, in REGION or, where
 * region.at is NULL, in all: up to MAX of SIZE octets each (16 or 4).  What an
 * app_instance() for each costs too much for.
 */
unsigned app_addresses(const struct app *, enum tier, struct label region,
    unsigned size, const uint8_t **address, unsigned max);
/*
 * The next instance, from the app's first or from where a seek went: by
 * region, order (brief.h) and id.
 */
bool app_instance(struct app *, struct instance *);
/* *at: the app as it was found, before its instance number RANK, from 0. */
void app_seek(const struct app *, uint32_t rank, struct app *at);

/*
 * For many look-ups at once, only to save time: memory is asked for, for the
 * place where what was asked for lately is remembered, with lookup_expect(),
 * and then for what is there, with lookup_fetch(), before the first look-up.
 * So their waits overlap: 0.18 instead of 0.38 µs a query.
 */
#define LOOKUP_NO_PLACE 0 /* nothing is expected or fetched there */
uint64_t lookup_place_app(uint32_t network, struct label name);
uint64_t lookup_place_instance(
    uint32_t network, struct label app, struct label id);
void lookup_expect(const struct snapshot *, uint64_t place);
void lookup_fetch(const struct snapshot *, uint64_t place);
/* Before lookup_network(). */
void lookup_expect_network(
    const struct snapshot *, const struct addr *from, const struct addr *to);

/* lookup_app(), and one instance by its id; PLACE is theirs, or none. */
bool lookup_app_at(struct snapshot *, uint64_t place, uint32_t network,
    struct label name, struct app *);
bool lookup_instance_at(struct snapshot *, uint64_t place, uint32_t network,
    struct label app, struct label id, struct instance *);

/*
 * A range of keys that begin with the same parts.  Opened by one of the
 * functions below; each says what comes out.
 */
struct range {
	struct snapshot *snapshot;
	struct walk walk;
	uint8_t from[512]; /* where it begins */
	size_t start, len; /* of that, and of what all keys begin with */
	/* Of instances: whose they are; or in keys, between order and id; and
	 * with a server name, whose are looked for. */
	struct label app, among;
	bool has_among;
	struct wire_in seen; /* labels: those alone; of length 0: all */
};

/*
 * Instances in their order (brief.h), then by id: of a process group, with a
 * metadata value; with a server name, before the id by app; with a port, before
 * the id by region.  The last two: of one alone, where its .at is not NULL.
 */
void range_group(struct range *, struct snapshot *, uint32_t network,
    struct label app, struct label group);
void range_metadata(struct range *, struct snapshot *, uint32_t network,
    struct label app, struct label key, struct label value);
void range_server(struct range *, struct snapshot *, uint32_t network,
    struct label server, struct label app);
void range_port(struct range *, struct snapshot *, uint32_t network,
    struct label app, struct label port, bool udp, struct label region);
/* To the first at or behind an order, and ID in it. */
void range_seek(struct range *, uint8_t order, struct label id);
/* The next one, unless it is behind the order LAST. */
bool range_instance(struct range *, uint8_t last, struct instance *);
/*
 * Of a group, metadata or a server name: it is in the range, whose walk goes
 * on; and behind all of its order and app.
 */
bool range_has(struct range *, const struct instance *);
void range_skip_app(struct range *, const struct instance *);

/* Some instance has the metadata key, whatever its value. */
bool lookup_metadata_key(
    struct snapshot *, uint32_t network, struct label app, struct label key);
/* Somebody of the app has a port of his own: of that name, or of any (NULL). */
bool lookup_port(struct snapshot *, uint32_t network, struct label app,
    struct label port, bool udp);

/* Apps whose private domain is labels FROM to TO of the name. */
void range_domain(struct range *, struct snapshot *, uint32_t network,
    const struct dname *, unsigned from, unsigned to);
bool range_app(struct range *, struct label *app);
/* Some domain ends with these labels. */
bool lookup_domain_below(struct snapshot *, uint32_t network,
    const struct dname *, unsigned from, unsigned to);

/* A port that an app or instance has; by name, one of each protocol. */
struct port {
	struct label name;
	uint16_t number;
	bool udp;
};

/* Of what lookup_instance_at() found, whose services are behind other things.
 */
void instance_skip_to_services(struct instance *);
/* Behind the weight, or an app's: *left of them. */
bool port_next(struct wire_in *ports, unsigned *left, struct port *);

/*
 * An app's own fact; false where none was put.  Flycast is addresses, with
 * u8 how many ports and they as services.
 */
bool lookup_app_fact(struct snapshot *, uint32_t network, struct label app,
    struct instance *flycast, struct label *domain);

/* The app that an alias means; it need not be there. */
bool lookup_alias(
    struct snapshot *, uint32_t network, struct label alias, struct label *app);

/* The app of another network that has the name here. */
struct import {
	uint32_t network;
	struct label app; /* there */
	bool instances;
	struct instance flycast; /* addresses */
};

bool lookup_import(
    struct snapshot *, uint32_t network, struct label as, struct import *);

/*
 * How many labels, of the name's last LABELS, the most specific of the
 * network's own zones has that they are in; 0: there is none.
 */
unsigned lookup_zone(struct snapshot *, uint32_t network, const struct dname *,
    unsigned labels, bool *falls_through);

/* The name's last LABELS, or `*` below them; a name of records. */
struct node {
	const struct dname *name;
	unsigned labels;
	bool star;
};

struct rrset {
	uint16_t type;
	uint32_t ttl;
	unsigned count;
	struct wire_in values; /* of each: u16 length, octets */
};

bool lookup_rrset(struct snapshot *, uint32_t network, const struct node *,
    uint16_t type, struct rrset *);

/* Its own records, or else records below it. */
enum node_has { NODE_NOTHING, NODE_BELOW, NODE_RECORDS };
enum node_has lookup_node(
    struct snapshot *, uint32_t network, const struct node *);

#define PEER_ROLE_USUAL 1 /* fact.h: the more, the more it may */

struct peer {
	struct label name, region;
	int64_t expires;         /* 0: never */
	struct instance address; /* addresses */
	uint8_t role;
	struct wire_in apps; /* labels: that it sees; of length 0: all */
};

bool peer_is_interactive(struct label name);
bool lookup_peer(
    struct snapshot *, uint32_t network, struct label name, struct peer *);
void range_peers(struct range *, struct snapshot *, uint32_t network);
bool range_peer(struct range *, struct peer *);
/*
 * Names of those that are told, in their order, some at a time: where none of
 * them is there any more at NOW, they are passed over at once.
 */
#define PEER_FOR_EVER INT64_MAX
void range_peer_names(struct range *, struct snapshot *, uint32_t network);
bool range_page(struct range *, int64_t now, struct wire_in *page);
bool page_next(struct wire_in *page, struct label *, int64_t *expires);
/* In the same way apps with instances: 2, where some are not stopped, or 1. */
void range_filled(struct range *, struct snapshot *, uint32_t network);

/* App names in their order, some at a time: as a TXT record's strings. */
void range_names(struct range *, struct snapshot *, uint32_t network);
bool range_name_strings(struct range *, struct wire_in *strings);

/* Who has an address; the newest claim first. */
enum claim_kind { /* as they are stored */
	CLAIM_INSTANCE = 4,
	CLAIM_PEER = 5,
	CLAIM_APP = 6,   /* by its flycast addresses */
	CLAIM_EXPORT = 7 /* app: its name here; id, server: network, app */
};

struct claim {
	uint64_t age; /* of its fact */
	enum claim_kind kind;
	struct label region, app, id, server;
	int64_t expires; /* of a peer; 0: never */
};

bool lookup_claims(struct snapshot *, uint32_t network, const struct addr *,
    struct wire_in *claims);
bool claim_next(struct wire_in *claims, struct claim *);
/*
 * Of the address itself, then of each block around it, the longest first.
 * Start with *len = 129; it becomes the length of what has the claims.
 */
bool lookup_claims_around(struct snapshot *, uint32_t network,
    const struct addr *, unsigned *len, struct wire_in *claims);
/* Of the first address at or behind *a that is within; *a becomes it. */
bool lookup_claims_within(struct snapshot *, uint32_t network,
    const struct prefix *, struct addr *a, struct wire_in *claims);

bool lookup_region(struct snapshot *, struct label region);
/* Microseconds from FROM to each region, in the order of their names. */
bool lookup_distances(
    struct snapshot *, struct label from, struct wire_in *row);
bool distance_next(struct wire_in *row, struct label *region, uint32_t *us);

#endif
