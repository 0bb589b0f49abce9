/*
 * keys.h - the keys of the store: their kinds, and how they are made.
 *
 * One unnamed database holds everything, since a named one costs a look-up
 * each transaction.  A key is a network's number, a kind, and the rest:
 *
 *	u32 network | u8 kind | rest
 *
 * so that a network's facts stand together and no key of one network can
 * be reached from another.  Number 0 is what belongs to no network.  Text
 * parts end with a zero octet, but for the last.
 */
#ifndef ZONES_STORE_READ_KEYS_H
#define ZONES_STORE_READ_KEYS_H

#include <assert.h>
#include <lmdb.h>

#include "base/wire.h"
#include "zones/store/read/guard.h"
#include "zones/store/read/lookup.h"

#define KEY_MAX   511 /* LMDB's own bound, as Debian builds it */
#define KEY_START 5   /* octets before the rest */

/*
 * The kinds, by the octet that is stored: it may be another kind's where it is
 * of no network.  Behind each is the rest of the key and, behind the colon,
 * the value: a fact's is in zones/facts/stored.h, a brief is what an answer
 * needs of an instance (brief.h).
 *
 * To add a summary: its kind here, its row in check_kinds.c, where it is made
 * in index.c, and where it is expected in check_facts.c.
 */
#define KEY_OF_NONE 0x100

enum key_kind {
	/* Facts. */
	KEY_REGION = KEY_OF_NONE | 'r',   /* region */
	KEY_DISTANCE = KEY_OF_NONE | 'd', /* from, to */
	KEY_GATEWAY = KEY_OF_NONE | 'g',  /* gateway */
	KEY_NETWORK = 'N',                /* nothing */
	KEY_APP = 'A',                    /* app that was put by itself */
	KEY_INSTANCE = 'i',               /* app, id */
	KEY_PEER = 'P',                   /* peer */
	KEY_ALIAS = 'Y',                  /* alias */
	KEY_EXPORT = 'X',                 /* app, network it goes to */
	KEY_ZONE = 'Z',                   /* labels reversed */
	KEY_RECORD = 'T',                 /* labels reversed, u16 type */

	/* Summaries, made from facts and checked against them. */
	KEY_NUMBER = KEY_OF_NONE | 'n',   /* network's id: u32 number */
	KEY_PREFIX = KEY_OF_NONE | 'p',   /* u8 length, address: u32 number */
	KEY_RESOLVER = KEY_OF_NONE | 'a', /* address that lies inside its
					   * network: u32 number */
	KEY_RANKS = KEY_OF_NONE | 'o',    /* region: distances (rank.c) */
	KEY_UNIQUE = KEY_OF_NONE | 'u',   /* what no two may have (unique.c):
					   * key of the fact that has it */
	KEY_INSTANCES = 'a', /* app [region, u8 order (brief.h) and id]: pack
			      * of instances (pack.h) */
	KEY_COUNTS = 'c',    /* app, [page]: list of the pages of a pack that
			      * has several, and how many each holds
			      * (names.h) */
	KEY_FILLED = 'f',    /* [app]: list of apps with instances (names.h) */
	KEY_NAMES = 'l',     /* [app]: list of apps (names.h) */
	KEY_PEERS = 'Q',     /* [peer]: list of peers, and when each ends
			      * (names.h) */
	KEY_ENDS = 'e',      /* KEY_PEERS or KEY_FILLED, [page]: list of that
			      * list's later pages, and when each ends */
	KEY_CLAIMS = 'R',    /* address: claims, newest first */
	KEY_BLOCKS = 'B',    /* u8 length, address: claims of peers */
	KEY_SERVER = 'S',    /* server, u8 order and app, id: brief */
	KEY_GROUP = 'G',     /* app, group, u8 order and id: brief; the group
			      * without a name is of all that are servers */
	KEY_METADATA = 'M',  /* app, key, value, u8 order and id: brief */
	KEY_PORT = 'V',      /* app, protocol, port, u8 order and region, id:
			      * brief */
	KEY_DOMAIN = 'D',    /* labels reversed, "", app: nothing */
	KEY_IMPORT = 'I',    /* as, u32 exporting network and app: u8 with
			      * instances?, addresses */
	KEY_USES = 'z',      /* nothing: u32 for each enum network_use */

	/* The store's own. */
	KEY_HEAD = KEY_OF_NONE | 'm',    /* nothing: struct store_head */
	KEY_LENGTHS = KEY_OF_NONE | 'L', /* nothing: u64 generation of the
					  * networks, 17 octets for v6 and
					  * 17 for v4: bit L: some prefix has
					  * length L */
	KEY_JOURNAL = KEY_OF_NONE | 'j', /* u32 place: journal.h */
	KEY_LEFT = KEY_OF_NONE | 'w',    /* of a fact: left.c */
	KEY_HALTED = KEY_OF_NONE | 'h',  /* nothing: why (left.h) */
	KEY_COMMITS = '#' /* nothing: u32 commits that changed the network */
};

struct store_key {
	uint8_t buf[KEY_MAX];
	struct wire_out out; /* over buf; bad: longer than any key there is */
};

static inline void
key_init(struct store_key *k, uint32_t network, enum key_kind kind)
{
	assert((network == NETWORK_NONE) == ((kind & KEY_OF_NONE) != 0));
	k->out = wire_out(k->buf, sizeof(k->buf));
	wire_put32(&k->out, network);
	wire_put8(&k->out, (uint8_t)kind);
}

static inline void
key_bytes(struct store_key *k, const void *bytes, size_t len)
{
	wire_put(&k->out, bytes, len);
}

static inline void
key_end_part(struct store_key *k)
{
	wire_put8(&k->out, 0);
}

static inline void
key_part(struct store_key *k, struct label l)
{
	key_bytes(k, l.at, l.len);
	key_end_part(k);
}

/* Labels FROM to TO, reversed, so that all names below one stand together. */
static inline void
key_labels(
    struct store_key *k, const struct dname *d, unsigned from, unsigned to)
{
	for (unsigned i = to; i > from; i--)
		key_part(k, dname_label(d, i - 1));
}

/* A key that was read, or the begin of one. */
static inline void
key_copy(struct store_key *k, const void *bytes, size_t len)
{
	k->out = wire_out(k->buf, sizeof(k->buf));
	key_bytes(k, bytes, len);
}

/* A claim of an address LEN bits long, 128 of the address itself. */
static inline void
claim_key(
    struct store_key *k, uint32_t network, const struct addr *a, uint8_t len)
{
	struct addr masked = addr_masked(a, len);

	key_init(k, network, len == 128 ? KEY_CLAIMS : KEY_BLOCKS);
	if (len != 128)
		wire_put8(&k->out, len);
	key_bytes(k, masked.ip, sizeof(masked.ip));
}

/* The network whose prefix this is, and the one whose resolver. */
static inline void
prefix_key(struct store_key *k, const struct addr *a, uint8_t len)
{
	key_init(k, NETWORK_NONE, KEY_PREFIX);
	key_bytes(k, &len, 1);
	key_bytes(k, a->ip, 16);
}

static inline void
resolver_key(struct store_key *k, const struct addr *a)
{
	key_init(k, NETWORK_NONE, KEY_RESOLVER);
	key_bytes(k, a->ip, 16);
}

static inline MDB_val
key_val(struct store_key *k)
{
	return (MDB_val){ .mv_data = k->buf, .mv_size = k->out.len };
}

static inline bool
key_is(const struct store_key *key, const MDB_val *k)
{
	return k->mv_size == key->out.len &&
	    memcmp(k->mv_data, key->buf, k->mv_size) == 0;
}

/* The last that is KEY or before it, as guard_get() has it. */
static inline int
key_seek(MDB_cursor *cursor, struct store_key *key, MDB_val *k, MDB_val *v)
{
	int rc;

	*k = key_val(key);
	rc = guard_get(cursor, k, v, MDB_SET_RANGE);
	if (rc == 0 && key_is(key, k))
		return 0;
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	return guard_get(cursor, k, v, rc == 0 ? MDB_PREV : MDB_LAST);
}

/* Of KEY_START octets; it may be no kind that there is. */
static inline enum key_kind
key_kind(const uint8_t *key)
{
	static const uint8_t none[4];

	return (enum key_kind)(
	    key[4] | (memcmp(key, none, sizeof(none)) == 0 ? KEY_OF_NONE : 0));
}

/* What stands behind the kind, of a key that has one. */
static inline struct wire_in
key_rest(const MDB_val *k)
{
	assert(k->mv_size >= KEY_START);
	return wire_in(
	    (const uint8_t *)k->mv_data + KEY_START, k->mv_size - KEY_START);
}

/* The address that the rest is. */
static inline bool
key_addr(const MDB_val *k, struct addr *a)
{
	if (k->mv_size != KEY_START + sizeof(a->ip))
		return false;
	memcpy(a->ip, (const uint8_t *)k->mv_data + KEY_START, sizeof(a->ip));
	return true;
}

static inline bool
val_begins(const MDB_val *v, const struct store_key *k)
{
	return v->mv_size >= k->out.len &&
	    memcmp(v->mv_data, k->buf, k->out.len) == 0;
}

static inline struct wire_in
val_in(const MDB_val *v)
{
	return wire_in(v->mv_data, v->mv_size);
}

#endif
