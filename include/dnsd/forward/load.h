/*
 * load.h - how many questions wait for upstreams, over all workers.
 *
 * All are bounded, and those of each network.  The last quarter is for
 * networks that have none: four that ask as much as they may leave a fifth
 * its answers.  Any thread may call at any time; no lock is taken.
 */
#ifndef DNSD_FORWARD_LOAD_H
#define DNSD_FORWARD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct load;

enum err load_open(struct load **) MUST_CHECK;
void load_close(struct load *); /* NULL is fine */

/* One more of NETWORK; false where a bound says no. */
bool load_take(struct load *, uint32_t network, unsigned most,
    unsigned most_network) MUST_CHECK;
void load_give(struct load *, uint32_t network);

#endif
