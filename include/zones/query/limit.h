/*
 * limit.h - how much is sent to a prefix of askers (a /24, a /56), or answered
 * for a network.
 *
 * Shared by all workers; no lock.  Those that share a slot, one in 65,536, push
 * each other out: neither is held to less than its rate.
 */
#ifndef ZONES_QUERY_LIMIT_H
#define ZONES_QUERY_LIMIT_H

#include "base/addr.h"
#include "base/err.h"

struct query_limit;

enum limit_what { LIMIT_PASS, LIMIT_SLIP, LIMIT_DROP };

/*
 * RATE replies a second, 0: NULL, as there is no limit; beyond it each SLIP-th
 * is cut to nothing, 0: none.
 */
enum err query_limit_open(
    struct query_limit **, unsigned rate, unsigned slip) MUST_CHECK;
void query_limit_close(struct query_limit *); /* NULL is fine */

/* One more reply, at NOW (seconds). */
enum limit_what query_limit_take(
    struct query_limit *, const struct addr *from, int64_t now);
enum limit_what query_limit_take_network(
    struct query_limit *, uint32_t network, int64_t now);

#endif
