/*
 * impl.h - what the sources of the writing half share.
 */
#ifndef ZONES_STORE_WRITE_IMPL_H
#define ZONES_STORE_WRITE_IMPL_H

#include "names.h"
#include "overlay.h"
#include "pack.h"
#include "zones/facts/stored.h"
#include "zones/store/write/facts.h"
#include "zones/store/write/txn.h"

struct store_txn {
	struct store *store;
	MDB_txn *txn;
	MDB_cursor *cursor;
	enum err err; /* the first failure */
	struct store_head head;
	uint64_t sum; /* of all pairs but the head (pages.h) */
	struct overlay overlay;
	struct overlay names; /* what came, and what went, of lists */
	struct overlay ends;  /* and of the lists of their pages */
	struct paged_room paged;
	bool changed;          /* a fact, the cursor or the source */
	bool heard;            /* the source's time of last word */
	bool ranks_changed;    /* regions or distances */
	bool left;             /* something is left out, or may be */
	bool unsettled;        /* so that something may fit that did not */
	bool networks_changed; /* so that anything may */
	bool forced;           /* networks were judged together */
	uint32_t turn;         /* ends of what belongs together */
	uint32_t touched;      /* the last network whose commits were counted */
	struct arena arena;    /* of one put or delete */
	struct arena network_arena;
	struct fact network; /* the last one asked for; network NULL: none */
	uint32_t number;     /* its number */
	struct seen *seen;   /* within a snapshot */
	const char *scope;   /* the snapshot's network, or NULL: all */
	char conflict[FACT_TITLE + 64];
	struct store_changes changes;
	store_each_change *watch; /* or NULL */
	void *watch_arg;
};

static inline void
key_text(struct store_key *k, const char *text)
{
	key_bytes(k, text, strlen(text));
}

/* A whole key of text parts. */
static inline void
key_parts(struct store_key *k, uint32_t network, enum key_kind kind,
    const char *const *part, size_t parts)
{
	key_init(k, network, kind);
	for (size_t i = 0; i < parts; i++) {
		if (i > 0)
			key_end_part(k);
		key_text(k, part[i]);
	}
}

#define STORE_HEAD_MAX 1024 /* more than KEY_HEAD takes */

/*
 * A writer's turn begins, with the file that is there: E_MOVED where that is
 * another than what was written to, and no copy of it.  Without an environment
 * where none can be had.  It ends whether or not it began.
 */
enum err store_enter(struct store *) MUST_CHECK;
void store_leave(struct store *);
enum err store_open_own(struct store *) MUST_CHECK;
/* In a turn: gives the memory back that a large transaction has taken. */
void store_slim(struct store *);

/* Another name of a file that readers may not have seen yet. */
#define STORE_FRESH "data.mdb.fresh"

struct reader;
/* The oldest of others; READER_RESTS where nobody reads. */
enum err readers_oldest(const struct store_env *, struct reader *) MUST_CHECK;
/* Pages that commits after TXNID gave up; the transaction only reads. */
enum err readers_keep(MDB_txn *, uint64_t txnid, uint64_t *pages) MUST_CHECK;

/*
 * After a commit, in its turn: a reader that does not move, for which pages are
 * kept without end, gets the file for itself, and the others a new one.
 */
void store_mind_readers(struct store *);

/* LMDB calls a short write EIO; what makes writes short is a full disk. */
int store_rc(const struct store *, int lmdb_rc);

/* What is in the folder is on the disk. */
enum err store_sync_folder(const struct store *) MUST_CHECK;

/* After each commit: the file ends where its pages end. */
void store_lengthen(struct store_env *);

/* Remembers the first failure; true where there is none. */
bool txn_holds(struct store_txn *, int lmdb_rc);

/* 0, or MDB_NOTFOUND; any other failure is remembered too. */
int txn_get(struct store_txn *, struct store_key *, MDB_val *);
void txn_put(
    struct store_txn *, const struct store_key *, const void *, size_t);
void txn_delete(struct store_txn *, const struct store_key *);
/* Past the overlay, for what is searched with a cursor. */
void txn_put_now(struct store_txn *, struct store_key *, const void *, size_t);
void txn_delete_now(struct store_txn *, struct store_key *);
/* The key that its cursor stands at; which then stands at the next. */
void txn_delete_at(struct store_txn *, MDB_val *k);
/* Gives all to LMDB: before a cursor looks for what may have been put. */
void txn_flush(struct store_txn *);
/* Every key that begins with these parts. */
void txn_delete_range(struct store_txn *, const struct store_key *prefix);

/* Counts a change, and tells who watches. */
void txn_changes(struct store_txn *, enum store_change, const struct fact *);

/* As store_text() reads it. */
void text_put(struct wire_out *, const char *text);

/* Writes what this commit changed; after the head. */
void journal_write(struct store_txn *);
/* The entry of *COMMIT as it is stored; where that is 0, of the last commit. */
#define JOURNAL_MAX 1024
int journal_copy(MDB_txn *, MDB_dbi, uint64_t *commit, struct wire_out *);
/* The value is an entry that belongs at the key. */
bool journal_holds(const MDB_val *k, const MDB_val *v);

/* Counts this commit for the network, once. */
void txn_touch(struct store_txn *, uint32_t network);

/* An instance's app may be in its region too, when OLD has left (or NULL). */
bool index_has_room(struct store_txn *, uint32_t network, const struct fact *,
    const struct fact *old);
/* Summaries of one instance, peer, or app: made, and taken back. */
void index_instance(struct store_txn *, uint32_t network, const struct fact *);
void unindex_instance(
    struct store_txn *, uint32_t network, const struct fact *);
void index_app(struct store_txn *, uint32_t network, const struct fact *);
void unindex_app(struct store_txn *, uint32_t network, const struct fact *);
void index_claims(struct store_txn *, uint32_t network, const struct fact *);
void unindex_claims(struct store_txn *, uint32_t network, const struct fact *);

/* For people; returns OUT. */
const char *claim_title(const struct claim *, char out[FACT_TITLE]);
#define CLAIM_MAX 512 /* more than its four labels take */
void claim_encode(const struct fact *, struct wire_out *);

/* Where it stands among an app's instances (brief.h), and its key there. */
uint8_t index_order(const struct fact *);
void index_entry_key(const struct fact *, struct wire_out *);
/* Of an app with this head, in the list of those with instances; or false. */
bool index_filled(struct wire_in head, uint8_t value[8]);

/* What answers need of an instance (brief.h). */
#define BRIEF_MAX 8192 /* more than 64 addresses and 64 ports take */
void brief_encode(const struct fact *, struct wire_out *);

/* Keys of summaries; false where the fact makes none. */
void index_server_key(
    struct store_key *, uint32_t network, const struct fact *);
void index_group_key(struct store_key *, uint32_t network, const struct fact *,
    const char *group);
/* Of claim I: of an address each, and behind those of their blocks. */
bool index_claim_key(
    struct store_key *, uint32_t network, const struct fact *, unsigned i);
void index_port_key(struct store_key *, uint32_t network, const struct fact *,
    const struct fact_port *);
bool index_metadata_key(struct store_key *, uint32_t network,
    const struct fact *, const struct fact_pair *);
bool index_domain_key(
    struct store_key *, uint32_t network, const struct fact *);

/* Networks: number, prefixes, resolvers. */
bool network_find(struct store_txn *, const char *id);
void network_id(
    struct store_txn *, uint32_t number, char out[DNS_LABEL_MAX + 1]);
/* NETWORK_NONE: it is not there. */
uint32_t network_number(struct store_txn *, const char *id);
/* What few networks have (lookup.h): the bits of what F is. */
uint8_t network_uses(const struct fact *);
/* One more or one less of it; readers look anew whose their flows are. */
void network_use(struct store_txn *, uint32_t number, uint8_t uses, bool is);

/* What is to be asked for in the network that imports. */
bool index_import_key(
    struct store_key *, uint32_t to, uint32_t number, const struct fact *);
void import_encode(const struct fact *, struct wire_out *);
void index_export(
    struct store_txn *, uint32_t number, const struct fact *, bool is);

/* Exports of a network, of one of its apps (KEY_EXPORT), or into it. */
struct export_fact {
	struct export_fact *next;
	uint32_t number;      /* of the network that exports */
	const char *app, *to; /* to: NULL of KEY_IMPORT */
};

struct export_fact *export_facts(struct store_txn *, uint32_t number,
    enum key_kind, const char *app, struct arena *);

/* What no two facts may have; false where F has nothing of the kind. */
bool unique_key(struct store_key *, const struct fact *);
enum err unique_check(
    struct store_txn *, const struct fact *, struct complaint *) MUST_CHECK;
/* Another fact has what F is to have alone. */
bool unique_owner(struct store_txn *, const struct fact *f, struct fact *owner,
    struct arena *);
bool unique_differs(const struct fact *, const struct fact *);
void unique_write(struct store_txn *, const struct fact *, bool is);
/* The block of an address, LEN bits long, lies inside a network's prefixes. */
bool network_holds(
    const struct fact *network, const struct addr *, unsigned len);
/* The first address of a fact that does not, or NULL. */
const struct addr *network_outside(
    const struct fact *network, const struct fact *);
/* KEY_LENGTHS. */
struct lengths {
	uint64_t generation;
	uint8_t bits[2][17];
};
struct lengths network_lengths(struct store_txn *);
void network_lengths_put(struct store_txn *, const struct lengths *);
/* The first key of a prefix of this length at or behind A; and that prefix. */
bool network_seek(struct store_txn *, const struct addr *, unsigned len,
    MDB_val *k, MDB_val *v);
bool network_prefix(const MDB_val *k, struct prefix *);
void network_put(struct store_txn *, const struct fact *);
/* The keys that a network is found by: there, or gone. */
void network_index(
    struct store_txn *, uint32_t number, const struct fact *, bool is);
/* A number for a network that has none. */
uint32_t network_number_new(struct store_txn *);

/*
 * Against the prefixes of others as they are, and against what is in it, which
 * WAS so far (NULL: nothing), or waits to be.
 */
enum err network_check(struct store_txn *, uint32_t number, const struct fact *,
    const struct fact *was, struct complaint *);
void network_delete(struct store_txn *, const char *id);

/* A record is in one of its network's zones, and alone where it has to be. */
enum err zone_check_record(
    struct store_txn *, const struct fact *, struct complaint *) MUST_CHECK;
/* A zone that holds the name is there; KEY is that of the least one. */
bool zone_find(struct store_txn *, const char *name, struct store_key *key);
/* Records that are in this zone and in none below it; those that WAIT too. */
struct zone_record {
	struct zone_record *next;
	const char *name, *type;
};
struct zone_record *zone_records(
    struct store_txn *, const struct fact *zone, bool wait, struct arena *);

/* put.c, for delete.c: the number of a fact's network, once it was found; the
 * fact that has the key, decoded, or false; and its summaries. */
uint32_t put_number(const struct store_txn *, const struct fact *);
bool put_read(struct store_txn *t, struct store_key *key, const struct fact *f,
    struct fact *old, MDB_val *bytes);
/* The first address outside of the network that it has to lie in, or NULL. */
const struct addr *put_outside(struct store_txn *, const struct fact *);
void put_index(struct store_txn *, const struct fact *, bool is);

/* Out of the store, a network with all that is in it; what waits stays. */
void delete_drop(struct store_txn *, const struct fact *key);

/* What a snapshot has put so far; or that nothing else can be there. */
void seen_add(struct store_txn *, const struct store_key *);
bool seen_has(const struct store_txn *, const struct store_key *);
bool seen_is_all(const struct store_txn *);
void seen_end(struct store_txn *); /* none begun is fine */
/*
 * It has this fact, which is left out: what is there of it stays; where it
 * could not be read, so that nobody knows, with its network.
 */
void snapshot_keep(struct store_txn *, const struct fact *key, bool whole);

/* The key of a fact whose key fields are set. */
void fact_key(struct store_key *, uint32_t network, const struct fact *);
/* The fact of a key and its value; false where they are none of any kind. */
bool fact_read(struct fact *, const char *network, const MDB_val *k,
    const MDB_val *v, struct arena *) MUST_CHECK;
/* See snapshot_facts(). */
enum err store_each_fact(MDB_txn *, MDB_dbi, enum fact_kind,
    const char *network, fact_each *, void *arg) MUST_CHECK;

/* The row of distances from each region, worked out anew. */
typedef enum err rank_row(
    void *arg, const char *from, const struct wire_out *row);
enum err rank_each(MDB_txn *, MDB_dbi, rank_row *, void *arg) MUST_CHECK;
/* Writes the rows that changed. */
void rank_write(struct store_txn *);

#endif
