/*
 * device.h - a device's peers, as they are and as they shall be.
 *
 * What differs is changed with `wg`, many peers a call, and nothing else is
 * touched: the sessions of others live on.
 */
#ifndef DNSCTL_WIREGUARD_DEVICE_H
#define DNSCTL_WIREGUARD_DEVICE_H

#include "base/arena.h"
#include "zones/facts/fact.h"

struct text; /* impl.h */

struct device_peer {
	const char *key;
	const char *allowed; /* blocks, sorted, with commas between */
	int64_t seen;        /* of a device: when it was heard last; 0: never */
};

struct device_peers {
	struct device_peer *at; /* sorted by key */
	size_t count, room;
	struct arena arena;
};

void device_peers_release(struct device_peers *);
/* The peer of a fact: the networks of its blocks. */
void device_peers_add(struct device_peers *, const struct fact *);
void device_peers_sort(struct device_peers *);
/* Of sorted ones; NULL: there is none. */
const struct device_peer *device_peers_find(
    const struct device_peers *, const char *key);

/*
 * Adds what `wg show DEVICE dump` says, and sorts; false where it is no such
 * thing.  The text is used up, and the device's own key in it cleansed.
 */
bool device_dump_read(struct device_peers *, char *dump) MUST_CHECK;

/* The peers that the device has; false, and it was said why. */
bool device_read(struct device_peers *, const char *device) MUST_CHECK;

/*
 * What the device HAS becomes what it SHALL have.  ANEW: nobody knows which
 * routes there are.  False, and it was said why: nobody knows what it has.
 */
bool device_change(const char *device, const struct device_peers *has,
    const struct device_peers *shall, bool anew) MUST_CHECK;

/* --- program.c: programs, found by PATH; false, and it was said why */

/* INPUT becomes its standard input, and TEXT, where not NULL, its output. */
struct program {
	const char *const *argv;
	const char *input;
	size_t input_len;
	bool may_fail; /* and what it says of that is nobody's concern */
};

bool program_run(const struct program *, struct text *output) MUST_CHECK;

#endif
