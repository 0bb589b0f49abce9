/*
 * left.h - what a lenient source has, and the store cannot take.
 *
 * Each is kept with the rule that it breaks: until another put or a delete of
 * the same fact, or until it fits.  What a source has is thus always what is
 * stored and what was left out, however often either side starts anew.
 */
#ifndef ZONES_STORE_WRITE_LEFT_H
#define ZONES_STORE_WRITE_LEFT_H

#include "zones/store/write/txn.h"

struct left_out {
	struct fact fact; /* its key alone where it could not be read */
	struct complaint why;
	char cursor[CURSOR_MAX + 1]; /* where the source stood */
};

/* In the order of networks; ends at the first false, which is no error. */
typedef bool left_out_each(void *arg, const struct left_out *);
enum err snapshot_left_out(
    struct snapshot *, left_out_each *, void *arg) MUST_CHECK;

/* Why nothing of its source is taken, see store_halt(); "": it is. */
enum err snapshot_halted(
    struct snapshot *, char why[HALTED_MAX + 1]) MUST_CHECK;

#endif
