/*
 * impl.h - what the sources of the WireGuard half share.
 */
#ifndef DNSCTL_WIREGUARD_IMPL_H
#define DNSCTL_WIREGUARD_IMPL_H

#include <limits.h>

#include "base/arena.h"
#include "dnsctl/etcd/edit.h"
#include "dnsctl/wireguard/wireguard.h"
#include "zones/facts/fact.h"
#include "zones/store/write/txn.h"

/*
 * book.c - facts where they are kept, read and then changed as one: in a
 * store, which is locked meanwhile, or in etcd, which takes a change only
 * if nobody else made one to what was read.  With --print, and where nothing
 * is to be written, the store is read, and locked for nobody.
 */
struct facts {
	struct fact *at; /* their memory is the book's */
	size_t count, room;
};

struct book {
	const struct wireguard_options *o;
	struct arena arena;
	struct fact *network; /* the one that is asked for */
	struct facts read[FACT_KINDS];

	/* Private: one of the three. */
	struct store *store;
	struct store_txn *txn;
	struct snapshot *snapshot;
	struct etcd_edit *edit;
	bool failed; /* it was said why */
};

enum book_end {
	BOOK_DONE,
	BOOK_AGAIN,  /* somebody else was faster: read anew */
	BOOK_FAILED, /* it was said why, and nothing was changed */
	BOOK_UNKNOWN /* the same, but it may have been */
};

/* Reads the network, and KINDS of it, bits; of exports those of all. */
#define BOOK_KIND(kind) (1u << (kind))
#define BOOK_ADDRESSES                                                         \
	(BOOK_KIND(FACT_APP) | BOOK_KIND(FACT_INSTANCE) |                      \
	    BOOK_KIND(FACT_PEER) | BOOK_KIND(FACT_EXPORT))
bool book_open(struct book *, const struct wireguard_options *, bool writes,
    unsigned kinds) MUST_CHECK;
void book_close(struct book *); /* what was not committed is not */
void book_put(struct book *, const struct fact *);
void book_delete(struct book *, const struct fact *);
enum book_end book_commit(struct book *) MUST_CHECK;

/* NULL: there is none. */
struct fact *facts_find(const struct facts *, const char *id);
/* The peer of that name; NULL, and it was said that there is none. */
const struct fact *book_peer(const struct book *, const char *name);

/* --- text.c: octets that may hold a private key */

struct text {
	char *at; /* ends with a zero */
	size_t len, room;
};

__attribute__((format(printf, 2, 3))) void text_add(
    struct text *, const char *format, ...);
void text_add_octets(struct text *, const void *, size_t);
/* Nothing of it stays in memory. */
void text_release(struct text *);
bool text_write(const struct text *, int fd) MUST_CHECK;
/* All that FD has left. */
bool text_read(struct text *, int fd) MUST_CHECK;

/* --- keys.c */

struct keys {
	char private[FACT_PUBLIC_KEY + 1]; /* "": the peer's own affair */
	char public[FACT_PUBLIC_KEY + 1];
};

bool keys_make(struct keys *) MUST_CHECK;
/* The pair of a private key; false: it is none. */
bool keys_read(struct keys *, const char *private) MUST_CHECK;
/* What the process holds from now on is in no core. */
void keys_guard(void);

/* --- address.c: the lowest that are free; of a book of BOOK_ADDRESSES */

bool address_choose(
    struct book *, const struct fact *gateway, struct fact *peer) MUST_CHECK;
bool address_flycast(const struct book *, struct addr *) MUST_CHECK;

/* --- config.c: wg-quick's file */

bool config_write(const struct book *, const struct fact *peer,
    const struct keys *, struct text *) MUST_CHECK;

/*
 * --- output.c: files that were not there
 *
 * Until all is committed, PATH is PATH.new: on the disk, and locked by who
 * writes it.  Who dies before that leaves a PATH.new that nobody has locked;
 * the next who is to write PATH takes it over, and is given what it holds.
 */
struct pending {
	const char *path; /* NULL: none */
	char name[PATH_MAX];
	int fd;
};

/* Says what is wrong with the name of a configuration. */
bool output_check(const char *path) MUST_CHECK;

/* LEFT: what somebody left there; mode 0600. */
bool pending_open(
    struct pending *, const char *path, struct text *left) MUST_CHECK;
/* All of it is on the disk, or it was said why not. */
bool pending_write(struct pending *, const struct text *) MUST_CHECK;
/* PATH is there now; else it was said why, and where its octets are. */
bool pending_finish(struct pending *) MUST_CHECK;
/* It is gone; nothing is fine. */
void pending_undo(struct pending *);

/* --- qr.c: false where it does not fit, which was said */

bool qr_print(const struct text *) MUST_CHECK;
/* A picture's octets. */
bool qr_png(const struct text *, struct text *png) MUST_CHECK;

/* --- lease.c */

/* "in 3 h", "ended", "-" where it never ends */
#define LEASE_TEXT 32
const char *lease_text(int64_t end, int64_t now, char out[LEASE_TEXT]);
/* "3 h ago", "never" */
const char *lease_ago(int64_t then, int64_t now, char out[LEASE_TEXT]);

#endif
