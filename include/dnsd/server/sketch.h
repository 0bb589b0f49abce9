/*
 * sketch.h - who asks for what most, of the last minute, in little memory.
 *
 * Space-saving (Metwally, Agrawal, El Abbadi 2005) in sets: a key that has no
 * counter takes over the smallest of its set, with what that had counted as its
 * possible error.  Of a batch two questions are looked at, each for half of it;
 * and when there are many batches, of one in four, for four: looking at all
 * would cost a twentieth of an answer.  A trace does, in a window of its own.
 *
 * A worker has a sketch of its own; what follows adds up copies.
 */
#ifndef DNSD_SERVER_SKETCH_H
#define DNSD_SERVER_SKETCH_H

#include "base/rng.h"
#include "zones/query/query.h"

#define SKETCH_SETS    16
#define SKETCH_WAYS    8
#define SKETCH_SECONDS 30 /* of each of two windows */

enum sketch_kind { SKETCH_NETWORKS, SKETCH_ASKERS, SKETCH_NAMES, SKETCH_KINDS };

/* What is compared stands together, and is soon in the processor's cache. */
struct sketch_set {
	uint64_t hash[SKETCH_WAYS]; /* of the key; 0: none */
	uint32_t count[SKETCH_WAYS], error[SKETCH_WAYS];
	uint8_t key[SKETCH_WAYS][DNS_NAME_MAX + 1]; /* number, address, name */
};

struct sketch_window {
	struct sketch_set set[SKETCH_KINDS][SKETCH_SETS];
	int64_t began; /* ms */
	uint64_t questions, looks;
};

/* All zero is an empty one. */
struct sketch {
	struct sketch_window
	    window[2]; /* the current one, and the one before */
	unsigned current;
	struct sketch_window trace;
};

/* The questions of a batch that is over; NOW in seconds, TRACE 0 or when it
 * began, in ms. */
void sketch_see(struct sketch *, struct query *const *, unsigned count,
    struct rng *, int64_t now, int64_t trace);

/* How many were counted; *SINCE goes back to when that began. */
uint64_t sketch_questions(
    struct sketch_window *const *, unsigned windows, int64_t *since);

/* Who is found: COUNT of its questions, give or take ERROR. */
struct sketch_found {
	const uint8_t *key; /* a window's */
	uint64_t count, error;
};

/* The heaviest first, up to MOST; how many there are. */
unsigned sketch_heaviest(struct sketch_window *const *, unsigned windows,
    enum sketch_kind, struct sketch_found *, unsigned most);

#endif
