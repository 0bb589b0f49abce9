/*
 * left_impl.h - what was left out, for the sources that keep it in mind.
 */
#ifndef ZONES_STORE_WRITE_LEFT_IMPL_H
#define ZONES_STORE_WRITE_LEFT_IMPL_H

#include "impl.h"
#include "zones/store/write/left.h"

#define NETWORK_FIRST "must be put before what is in it"
#define ZONE_FIRST    "must be in a zone that the network has"

enum left_waits {
	LEFT_UNREAD,  /* for another put of the fact */
	LEFT_NETWORK, /* for its network, or for wider prefixes */
	LEFT_OTHERS,  /* for other facts of its network, or other networks */
	LEFT_ANY      /* for a fact that may be anywhere */
};

struct left {
	struct left_out out;
	enum left_waits waits;
	bool fresh;     /* came in this turn of this transaction */
	uint64_t place; /* and there, in its source's count */
};

/* All of a network's, all of a kind's, one. */
void left_network_key(struct store_key *, const char *network);
void left_kind_key(
    struct store_key *, const char *network, enum fact_kind kind);
void left_key(struct store_key *key, const struct fact *f);

void left_put(struct store_txn *, const struct left *);
/* It is taken, deleted, or another one comes; not there is fine. */
void left_remove(struct store_txn *, const struct fact *key);
/* All of them, or all that is in one network: a snapshot says all anew. */
void left_forget(struct store_txn *, const char *network);
/* Those of a kind that wait, in a network or in all (NULL). */
void left_each(struct store_txn *, enum fact_kind, const char *network,
    fact_each *, void *arg);
/* What waits under the key of F replaces it; false where nothing does. */
bool left_find(struct store_txn *, struct fact *f, struct arena *);
/* COMMIT and TURN are those of now; false: it is none that left_put() made. */
bool left_read(struct left *, const MDB_val *k, const MDB_val *v,
    uint64_t commit, uint32_t turn, struct arena *);
/* It is one, whenever that was. */
bool left_holds(const MDB_val *k, const MDB_val *v, struct arena *);
/* Its source's word was taken. */
void left_goes_on(struct store_txn *);

#endif
