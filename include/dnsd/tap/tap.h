/*
 * tap.h - messages as they pass, for who wants to see them.
 *
 *	worker --tap_put()--> its ring --> dnstap's thread --> socket or file
 *	                 '--> its ring --> the main thread --> server log
 *
 * A worker copies a message into a ring that only it fills, and never waits:
 * what a full ring has no room for is lost and counted.  Where nobody looks, a
 * worker spends one look at a word a batch.
 */
#ifndef DNSD_TAP_TAP_H
#define DNSD_TAP_TAP_H

#include <stdatomic.h>

#include "base/addr.h"
#include "dnsd/config/config.h"
#include "zones/store/read/store.h"

enum tap_kind {
	TAP_CLIENT_QUERY,
	TAP_CLIENT_RESPONSE,
	TAP_FORWARDER_QUERY,
	TAP_FORWARDER_RESPONSE
};

struct tap_message {
	enum tap_kind kind;
	bool tcp;
	uint32_t network;          /* the store's number */
	struct addr asker, server; /* zero: not known */
	uint16_t asker_port, port; /* port: the server's; 0: not known */
	int64_t asked_ns, told_ns; /* since 1970; told: of a response */
	size_t len;
	const uint8_t *pkt;
};

/* Whose a message is: the id of a network, kept for the next one; or "". */
struct tap_network {
	struct snapshot *snapshot;
	uint32_t number;
	char id[DNS_LABEL_MAX + 1];
};

const char *tap_network_id(struct tap_network *, uint32_t number);

enum tap_for { TAP_DNSTAP, TAP_LOG, TAP_FOR_COUNT_ };

struct tap; /* of all workers of a generation */

enum err tap_open(
    struct tap **, const struct config *, struct store *) MUST_CHECK;
/*
 * dnstap's thread, where the configuration wants it: after the process has
 * given away what it may give away.  What fails is logged.
 */
enum err tap_start(struct tap *) MUST_CHECK;
void tap_close(struct tap *); /* NULL is fine; no worker runs any more */

/* For whom it is of use to call tap_put(): bits of 1 << enum tap_for. */
unsigned tap_wanted(const struct tap *);
/* From that worker's thread. */
void tap_put(struct tap *, unsigned worker, const struct tap_message *);

/* From the main thread: whether messages are kept for tap_log_each(). */
void tap_log(struct tap *, bool on);
void tap_log_each(struct tap *,
    void (*each)(void *arg, const struct tap_message *), void *arg);

/* Messages that went into no ring, or were not written. */
uint64_t tap_lost(struct tap *, enum tap_for);

#endif
