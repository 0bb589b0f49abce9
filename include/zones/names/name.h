/*
 * name.h - which name form a question's name is.
 *
 * Reading a name asks nobody: it says which rule of the grammar fits, not
 * whether what it names exists.  The forms and their answers are in
 * docs/names.md.
 */
#ifndef ZONES_NAMES_NAME_H
#define ZONES_NAMES_NAME_H

#include "base/addr.h"
#include "zones/names/dname.h"

/* Seconds that an answer is good for, where its network does not say. */
#define NAME_TTL_DEFAULT 5

enum name_kind {
	NAME_OTHER,     /* not ours: forwarded */
	NAME_NEVER,     /* special use, does not exist: see special.c */
	NAME_EMPTY,     /* special use, exists, has no records */
	NAME_LOCALHOST, /* itself and below: the loopback (RFC 6761, 6.3) */
	NAME_LOOPBACK,  /* its reverse names (RFC 6303) */
	NAME_UNKNOWN,   /* below a private zone, but no form: NXDOMAIN */
	NAME_ZONE,      /* internal, apn, flycast: SOA, NS */

	NAME_APP,           /* APP, global.APP */
	NAME_REGION,        /* REGION.APP */
	NAME_NEAREST,       /* topN.nearest.of.APP */
	NAME_INSTANCE,      /* ID.vm.APP */
	NAME_GROUP,         /* GROUP.process.APP */
	NAME_METADATA,      /* VALUE.KEY.kv._metadata.APP */
	NAME_METADATA_KEY,  /* KEY.kv._metadata.APP: empty non-terminal */
	NAME_BELOW_APP,     /* vm.APP, of.APP, ...: empty non-terminals */
	NAME_VMS,           /* vms.APP */
	NAME_ALL_VMS,       /* all.vms.APP */
	NAME_REGIONS,       /* regions.APP */
	NAME_ALL_REGIONS,   /* all.regions.APP */
	NAME_APPS,          /* _apps */
	NAME_PEERS,         /* _peer */
	NAME_PEER,          /* PEER._peer */
	NAME_INSTANCES,     /* _instances */
	NAME_ALL_INSTANCES, /* all._instances */
	NAME_API,           /* _api */
	NAME_APN,           /* anything below apn */
	NAME_FLYCAST,       /* APP.flycast */
	NAME_REVERSE,       /* one address, or a part of one */
	NAME_RECORD,        /* in a zone of the asker's network */
	NAME_KINDS
};

/* Borrows from the dname it was read from. */
struct name {
	enum name_kind kind;
	struct label app;
	struct label arg;   /* region, id, group, metadata key, peer */
	struct label value; /* of metadata */
	uint32_t top;       /* of topN */

	/* _PORT._PROTO. before it, or _PROTO. alone; in `skip` labels. */
	struct label service; /* without the _; none where at is NULL */
	bool udp;             /* or TCP */
	uint8_t skip;
	uint8_t apex; /* labels of the private zone, from the right */

	/* Reverse: the address, and how many bits the name gives of it. */
	struct prefix reverse;
	bool reverse_extra; /* labels left of these bits that give none */
};

/* Special-use names as bits, those of special.c's rows; 0 is none. */
typedef uint32_t special_set;
#define NAME_SPECIALS 11

/* ORDINARY ones are taken for somebody else's. */
void name_read(struct name *, const struct dname *, special_set ordinary);
/* Kind and apex alone; false: D is no special name and below none. */
bool special_read(struct name *, const struct dname *, special_set ordinary);
/* The set of this one alone, as "home.arpa"; false: there is none. */
bool special_named(const char *text, special_set *);

/* Special use: answered alike for everybody. */
static inline bool
name_is_special(const struct name *n)
{
	return n->kind > NAME_OTHER && n->kind < NAME_UNKNOWN;
}

/* 1 to 63 of a-z, 0-9, - and _: what the labels of facts are. */
bool name_is_label(const char *text, size_t len);

/* A region may not be named like a qualifier. */
bool name_is_qualifier(const char *label);

#endif
