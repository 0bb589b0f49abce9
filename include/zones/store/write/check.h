/*
 * check.h - is all of a store as its facts make it?
 */
#ifndef ZONES_STORE_WRITE_CHECK_H
#define ZONES_STORE_WRITE_CHECK_H

#include "zones/store/read/store.h"

/* FINDING: a line for each; PROGRESS: how many keys of all were read. */
struct check_report {
	void (*finding)(void *arg, bool damage, const char *line);
	void (*progress)(void *arg, uint64_t keys, uint64_t all); /* or NULL */
	void *arg;
};

/*
 * Reads every key and compares every summary with the facts it is made
 * from.  Conflicts (two facts with one address) are told but are no damage.
 * E_DAMAGED if anything is wrong.
 */
enum err snapshot_check(
    struct snapshot *, const struct check_report *) MUST_CHECK;

#endif
