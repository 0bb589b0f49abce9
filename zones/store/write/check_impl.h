/*
 * check_impl.h - what the two halves of a check share.
 *
 * Each fact says which summaries it makes: they are looked up, compared
 * and counted (check_facts.c).  Then every key of the store is counted
 * by its kind (check.c).  As nothing expected is missing, equal counts
 * mean that nothing is there that should not be.
 */
#ifndef ZONES_STORE_WRITE_CHECK_IMPL_H
#define ZONES_STORE_WRITE_CHECK_IMPL_H

#include "impl.h"

struct check {
	struct snapshot *snapshot;
	void (*report)(void *arg, bool damage, const char *line);
	void *arg;
	bool damaged;
	uint32_t number; /* of the network of the last fact */
	char network[DNS_LABEL_MAX + 1];
	struct label name; /* the last in a list of apps */
	uint64_t expected[KEY_KINDS], found[KEY_KINDS]; /* keys or entries */
};

/* A line about what is wrong, or only strange where it is no DAMAGE. */
__attribute__((format(printf, 3, 4))) void check_say(
    struct check *, bool damage, const char *format, ...);

/* False where the key is not there. */
bool check_get(struct check *, struct store_key *, MDB_val *);

/* All facts; E_DAMAGED and others where they cannot be read. */
enum err check_facts(struct check *);

#endif
