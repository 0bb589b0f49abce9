/*
 * env.h - what the sources of the store share: keys and values.
 *
 * One unnamed database holds everything, since a named one costs a look-up
 * each transaction.  A key is a network's number, a kind, and the rest:
 *
 *	u32 network | u8 kind | rest
 *
 * so that a network's facts stand together and no key of one network can
 * be reached from another.  Number 0 is what belongs to no network.  Text
 * parts end with a zero octet, but for the last.
 *
 * Facts                             value
 *	0 'r' region                      stored fact (fact_stored.h)
 *	0 'd' from to                     stored fact
 *	N 'N'                             stored fact: the network
 *	N 'A' app                         stored fact: only apps put themselves
 *	N 'i' app id                      stored fact: instance
 *	N 'P' peer                        stored fact
 *
 * Summaries, made from facts and checked against them by store_check.c
 *	0 'n' id                          u32 number
 *	0 'p' u8 length, address          u32 numbers, oldest first
 *	0 'a' resolver address            u32 how many networks have it
 *	0 'b' resolver address, number    nothing
 *	0 'L'                             u64 generation, 17 octets: lengths
 *	0 'o' from                        distances to every region (store_rank)
 *	N '#'                             u32 commits that changed this network
 *	N 'a' app [region id]             pack of instances by region
 *	N 'l' [app]                       app names (store_names.h)
 *	N 'R' address                     claims, newest first
 *	N 'S' server app id               brief
 *	N 'G' app group id                brief
 *	N 'M' app key value id            brief
 *	N 'D' domain's labels reversed, "", app       nothing
 *
 *	0 'm'                             meta
 *
 * A brief is what an answer needs of an instance (struct instance, in
 * lookup.h).  A pack is a sorted list of entries in values that fit a page
 * (store_pack.h).
 */
#ifndef ZONES_STORE_READ_ENV_H
#define ZONES_STORE_READ_ENV_H

#include <lmdb.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/wire.h"
#include "zones/store/read/brief.h"
#include "zones/store/read/lookup.h"
#include "zones/store/read/recent.h"
#include "zones/store/read/store.h"

#define KEY_MAX 511 /* LMDB's own bound, as Debian builds it */

/* One opened file; shared by a process's snapshots, closed by the last. */
struct store_env {
	MDB_env *env;
	MDB_dbi dbi;
	unsigned refs; /* under the store's lock */
	dev_t dev;
	ino_t ino;
};

struct store {
	char *path;
	unsigned flags; /* of mdb_env_open(); a reader's has MDB_RDONLY */
	size_t map_bytes;
	pthread_mutex_t lock; /* of what follows */
	struct store_env *env;
	enum err why; /* there is no env */
};

/*
 * Which network a flow belongs to, remembered: a cache line each, as many as
 * a node may serve at a time.
 */
#define FLOW_SLOTS 65536
struct flow {
	struct addr from, to;
	uint64_t generation; /* of the networks when it was looked up */
	struct network network;
	enum lookup_why why;
} __attribute__((aligned(64)));

/* And which one a name means: a listener's, the same for every packet. */
struct named {
	char id[DNS_LABEL_MAX + 1];
	uint64_t generation;
	struct network network;
};

struct snapshot {
	struct store *store;
	struct store_env *env;
	MDB_txn *txn;
	MDB_cursor *point; /* single look-ups */
	MDB_cursor *pages; /* the pages of one app */
	MDB_cursor *walk;  /* ranges */
	enum err state;
	bool active;
	size_t txnid;
	int64_t next_look;   /* CLOCK_MONOTONIC_COARSE */
	uint64_t generation; /* of networks, prefixes and resolvers */
	uint8_t lengths[17]; /* bit L: some prefix has length L */
	struct recent recent;
	struct named named;
	struct flow *flow; /* FLOW_SLOTS of them */
};

enum err store_err(int lmdb_rc);

/* The current env, referenced; or NULL and why. */
struct store_env *store_look(struct store *, enum err *why);
void store_unref(struct store *, struct store_env *);

/* A store without a file yet; NULL: no memory. */
struct store *store_new(const char *path, unsigned flags);
/* ST is the file's, for a reader: its length is held against its pages. */
enum err store_open_file(
    struct store *, const struct stat *, struct store_env **) MUST_CHECK;
/* How long the file is, and how long its pages say that it is. */
enum err store_lengths(MDB_env *, off_t *is, off_t *says) MUST_CHECK;

struct store_key {
	uint8_t buf[KEY_MAX];
	struct wire_out out; /* over buf; bad: longer than any key there is */
};

static inline void
key_init(struct store_key *k, uint32_t network, char kind)
{
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
key_text(struct store_key *k, const char *text)
{
	wire_put(&k->out, text, strlen(text));
}

/* Networks whose prefix this is, and those whose resolver. */
static inline void
prefix_key(struct store_key *k, const struct addr *a, uint8_t len)
{
	key_init(k, NETWORK_NONE, 'p');
	key_bytes(k, &len, 1);
	key_bytes(k, a->ip, 16);
}

static inline void
resolver_key(struct store_key *k, const struct addr *a)
{
	key_init(k, NETWORK_NONE, 'a');
	key_bytes(k, a->ip, 16);
}

static inline void
owner_key(struct store_key *k, const struct addr *resolver, uint32_t network)
{
	key_init(k, NETWORK_NONE, 'b');
	key_bytes(k, resolver->ip, 16);
	wire_put32(&k->out, network);
}

/* A whole key of text parts. */
static inline void
key_parts(struct store_key *k, uint32_t network, char kind,
    const char *const *part, size_t parts)
{
	key_init(k, network, kind);
	for (size_t i = 0; i < parts; i++) {
		if (i > 0)
			key_end_part(k);
		key_text(k, part[i]);
	}
}

static inline MDB_val
key_val(struct store_key *k)
{
	return (MDB_val){ .mv_data = k->buf, .mv_size = k->out.len };
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

/*
 * One value, borrowed from the snapshot; false where there is none.  Keys are
 * handed over by their address: a copy is read in larger pieces than it was
 * just written in, for which the processor waits, 0.01 µs a time.
 */
static inline bool
snapshot_get(
    struct snapshot *s, const struct recent_key *key, struct wire_in *value)
{
	return s->active && recent_get(&s->recent, s->point, key, value);
}

/* The same of a key that was put together; it is no longer than a label. */
static inline bool
snapshot_get_key(
    struct snapshot *s, const struct store_key *k, struct wire_in *value)
{
	struct wire_in in = wire_in(k->buf, k->out.len);
	uint32_t network = wire_get32(&in);
	char kind = (char)wire_get8(&in);
	const struct recent_key key = { .network = network,
		.kind = kind,
		.first = { k->buf + in.pos, (uint8_t)wire_left(&in) } };

	return snapshot_get(s, &key, value);
}

/* First octet of an app's head. */
#define APP_PUT 0x01 /* was put by itself, not only by its instances */

bool store_read_peer(struct wire_in, struct peer *);

/* Meta, 0 'm'. */
struct store_head {
	uint16_t format;
	uint64_t facts;         /* ever written: the age of the next */
	uint32_t next_network;  /* number of the next new network */
	struct store_meta meta; /* what anybody may know */
};

enum err store_head_read(struct store_head *, const MDB_val *);

#endif
