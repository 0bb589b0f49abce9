/*
 * readers.h - who reads a store: the slots of its lock file.
 */
#ifndef ZONES_STORE_WRITE_READERS_H
#define ZONES_STORE_WRITE_READERS_H

#include "zones/store/read/store.h"

#define READER_RESTS UINT64_MAX

/* One process, with all its slots. */
struct reader {
	int pid;   /* as we see it; 0: in a process namespace that we do not */
	int there; /* as it sees it itself */
	char name[16]; /* "" where nobody can tell */
	unsigned slots;
	uint64_t txnid; /* the oldest that it reads, or READER_RESTS */
};

/* Whoever was killed is gone before EACH is told; PATH is the folder. */
typedef void reader_each(void *arg, const struct reader *);
enum err store_readers(const char *path, reader_each *, void *arg) MUST_CHECK;

/* One that reads what is older than the last commit. */
struct reader_behind {
	struct reader reader;
	int64_t
	    since_ms;   /* since 1970: the first commit that it does not see */
	bool longer;    /* it is longer ago, and nobody knows how long */
	uint64_t pages; /* given up since then, and kept for it */
};

/* "812 dnsd"; of one whom we do not see, its own number. */
#define READER_TEXT 64
const char *reader_text(const struct reader *, char out[READER_TEXT]);

/* Who keeps most; E_NOTFOUND where all see the last commit. */
enum err snapshot_behind(struct snapshot *, struct reader_behind *) MUST_CHECK;

struct store_usage {
	uint64_t bytes_used, bytes_map;
	unsigned readers, readers_max;
};

enum err snapshot_usage(struct snapshot *, struct store_usage *) MUST_CHECK;

#endif
