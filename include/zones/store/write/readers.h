/*
 * readers.h - who reads a store: the slots of its lock file.
 */
#ifndef ZONES_STORE_WRITE_READERS_H
#define ZONES_STORE_WRITE_READERS_H

#include "zones/store/read/store.h"

#define READER_RESTS UINT64_MAX

/* One process, with all its slots. */
struct reader {
	int pid;
	char name[16]; /* "" where nobody can tell */
	unsigned slots;
	uint64_t txnid; /* the oldest that it reads, or READER_RESTS */
};

/* Whoever was killed is gone before EACH is told; PATH is the folder. */
typedef void reader_each(void *arg, const struct reader *);
enum err store_readers(const char *path, reader_each *, void *arg) MUST_CHECK;

#endif
