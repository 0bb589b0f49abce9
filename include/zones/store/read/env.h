/*
 * env.h - what the sources of the store share.
 */
#ifndef ZONES_STORE_READ_ENV_H
#define ZONES_STORE_READ_ENV_H

#include <assert.h>
#include <lmdb.h>
#include <pthread.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "base/wire.h"
#include "zones/store/read/brief.h"
#include "zones/store/read/guard.h"
#include "zones/store/read/keys.h"
#include "zones/store/read/lookup.h"
#include "zones/store/read/recent.h"
#include "zones/store/read/store.h"

/* Which files a store is in. */
struct store_file {
	dev_t dev;
	ino_t ino, lock; /* lock: 0 where there is none */
};

/* Them, opened; shared by a process's snapshots. */
struct store_env {
	MDB_env *env;
	MDB_dbi dbi;
	int number, lock; /* ours to LMDB; the lock file: slots.c */
	LIST_ENTRY(store_env) beside;
	struct guard guard;
	struct store_file file;
	const size_t *commit[2]; /* as its pages say; NULL: not known */
};

/* What a thread waits for that keeps a store: descriptors, -1: none. */
enum { NEWS_END, NEWS_CALL, NEWS_FILES, NEWS_MOUNTS, NEWS };
struct news {
	int of[NEWS];
};

struct store {
	char *path;
	unsigned flags; /* of mdb_env_open(); a reader's has MDB_RDONLY */
	size_t map_bytes, minded; /* of a writer: pages, see compact.c */
	bool keeps;               /* all of its pages are verified */
	bool kept;                /* by a thread of its own: store.c */
	pthread_mutex_t looking;  /* one at a time; taken before the other */
	pthread_mutex_t lock;     /* of what follows */
	struct store_env *env;
	enum err why;   /* there is no env */
	int why_system; /* its errno */
	LIST_HEAD(, snapshot) snapshots;
	/* What was verified last, and when that is due again. */
	struct stat seen;
	size_t commit;
	enum err verdict;
	size_t told; /* the page that was bad */
	time_t due;
	bool settled; /* what is there is open, and good */
	pthread_t keeper;
	struct news news;
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
	const char *id; /* by its address */
	uint64_t generation;
	struct network network;
};

/*
 * Whose a snapshot is: who looks for another environment takes it from where it
 * rests, with the store locked, and leaves it without one.
 *
 *	TAKEN -- snapshot_refresh() --> READS -- snapshot_rest() --> RESTS
 *	RESTS -- snapshot_refresh() --> READS;  RESTS -- store_look() --> TAKEN
 */
enum snapshot_turn { SNAPSHOT_TAKEN, SNAPSHOT_READS, SNAPSHOT_RESTS };

struct snapshot {
	struct store *store;
	LIST_ENTRY(snapshot) beside;
	atomic_int turn;       /* enum snapshot_turn */
	struct store_env *env; /* NULL: STATE is why */
	MDB_txn *txn;
	MDB_cursor *point;   /* single look-ups */
	MDB_cursor *walk;    /* all walks: it stands */
	const void *walk_at; /* at this key; NULL: anywhere */
	uint64_t moment;     /* how often it was renewed */
	enum err state;
	bool active;
	size_t txnid;
	int64_t next_look;      /* CLOCK_MONOTONIC_COARSE */
	uint64_t generation;    /* of networks, prefixes and resolvers */
	uint8_t lengths[2][17]; /* of v6 and v4: see KEY_LENGTHS */
	struct recent recent;
	struct named named;
	struct flow *flow; /* FLOW_SLOTS of them */
};

/* No transaction was read.  Not 0: that is of a file without commits. */
#define TXNID_NONE SIZE_MAX

enum err store_err(int lmdb_rc);

/*
 * In place of LMDB's functions to create and open an environment, to close it,
 * and to begin what is not a reader's second transaction.  EAGAIN to open: as
 * TWIN we are somebody else; one more may be free.  Where it fails it is
 * closed.
 */
#define PID_BITS  22
#define PID_MASK  ((1 << PID_BITS) - 1)
#define TWINS_MAX 511
int slots_open(
    const struct store *, struct store_env *, size_t map, unsigned twin);
int slots_begin(const struct store_env *, unsigned flags, MDB_txn **);
void slots_close(struct store_env *); /* closed is fine */

/* A store without a file yet; NULL: no memory. */
struct store *store_new(const char *path, unsigned flags);
/* FILE: what it is opened for, to be known again. */
enum err store_open_file(
    struct store *, const struct store_file *, struct store_env **) MUST_CHECK;
void store_close_file(struct store_env *); /* NULL is fine */

/* Which files are there now; E_ABSENT: nothing was written yet. */
enum err store_find_file(const struct store *, struct store_file *) MUST_CHECK;
bool store_file_is_same(const struct store_file *, const struct store_file *);

/* Holds what is open against what is there, and opens that if it is another. */
void store_look(struct store *);

bool news_open(struct news *);
void news_close(struct news *);
/* From now on changes of its folder are told; false: not all of them. */
bool news_watch(struct news *, const char *path);
/* Until something was TOLD, or not for longer; false: it is to end. */
bool news_wait(struct news *, bool told, int most_ms);

/* Without an environment; with the store locked. */
void snapshot_leave(struct snapshot *);
/* What it knows is not true any more. */
void snapshot_forget(struct snapshot *);

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
	const struct recent_key key = { .network = wire_get32(&in),
		.kind = key_kind(k->buf),
		.first = {
		    k->buf + KEY_START, (uint8_t)(k->out.len - KEY_START) } };

	assert(k->out.len >= KEY_START && k->out.len - KEY_START <= UINT8_MAX);
	return snapshot_get(s, &key, value);
}

/* The same of a key of one part. */
static inline bool
value_get(struct snapshot *s, uint32_t network, enum key_kind kind,
    struct label part, struct wire_in *value)
{
	const struct recent_key key = {
		.network = network, .kind = kind, .first = part
	};

	return snapshot_get(s, &key, value);
}

/* Of a fact, behind its age. */
static inline bool
fact_get(struct snapshot *s, uint32_t network, enum key_kind kind,
    struct label part, struct wire_in *value)
{
	bool is_there = value_get(s, network, kind, part, value);

	if (is_there)
		(void)wire_get64(value);
	return is_there;
}

/* A walk from the first key that it will meet, unless it seeks before. */
void walk_start(const struct snapshot *, struct walk *);
/* To the last key that is KEY or before it. */
bool walk_seek(
    struct snapshot *, struct walk *, struct store_key *, MDB_val *v);
/*
 * The next key that begins with LEN octets of FROM: behind where it stands, or
 * the first at or behind all START of them.
 */
bool walk_next(struct snapshot *, struct walk *, void *from, size_t start,
    size_t len, MDB_val *k, MDB_val *v);

/*
 * An app's head: u8 flags, and of each region: label, u32 stopped, and of each
 * tier u32 instances, IPv6 and IPv4 addresses; without this bit of the well
 * alone.
 */
#define TALLY_UNWELL 0x80000000U
#define APP_PUT      0x01 /* flag: put by itself, not only by its instances */

/* Behind its age. */
bool store_read_peer(struct wire_in, struct peer *);

/* KEY_HEAD. */
struct store_head {
	uint16_t format;
	uint64_t facts;         /* ever written: the age of the next */
	uint32_t next_network;  /* number of the next new network */
	struct store_meta meta; /* what anybody may know */
};

/* u16 length, octets; bad where that does not fit. */
void store_text(struct wire_in *, char *out, size_t size);
enum err store_head_read(struct store_head *, const MDB_val *);

#endif
