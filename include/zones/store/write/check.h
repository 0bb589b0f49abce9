/*
 * check.h - is all of a store as its facts make it?
 */
#ifndef ZONES_STORE_WRITE_CHECK_H
#define ZONES_STORE_WRITE_CHECK_H

#include "zones/store/read/store.h"

/*
 * Reads every key and compares every summary with the facts it is made
 * from.  REPORT gets a line for each finding; conflicts (two facts with one
 * address) are told but are no damage.  E_DAMAGED if anything is wrong.
 */
enum err snapshot_check(struct snapshot *,
    void (*report)(void *arg, bool damage, const char *line),
    void *arg) MUST_CHECK;

#endif
