/*
 * settle_impl.h - what is tried at the end of what belongs together.
 */
#ifndef ZONES_STORE_WRITE_SETTLE_IMPL_H
#define ZONES_STORE_WRITE_SETTLE_IMPL_H

#include "left_impl.h"

struct waiting {
	struct waiting *next;
	struct left left;
	bool tried, done;     /* may fit; was taken */
	struct complaint why; /* as it was stored */

	/* A network: what it is now, and whether it stays so. */
	struct fact was;
	bool is_there, stays;
	uint32_t number;
};

struct settling {
	struct store_txn *txn;
	struct arena arena;
	struct waiting *first; /* networks before what is in them */
	store_each_settled *each;
	void *arg;
};

/*
 * As many of the networks as may have their prefixes together: each by itself
 * may wait for another to move away.
 */
bool networks_try(struct settling *);

#endif
