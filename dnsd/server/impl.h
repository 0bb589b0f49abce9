/*
 * impl.h - a generation: all that came from one reading of the configuration;
 * and what the sources of the server share.
 *
 * At most two generations are alive: the current one, and one that retires.
 * They share the store and the cache where the configuration says the same, and
 * sockets are handed on, so the older one is closed with its HEIR in sight.
 */
#ifndef DNSD_SERVER_IMPL_H
#define DNSD_SERVER_IMPL_H

#include "dnsd/server/worker.h"
#include "dnsd/tap/tap.h"

struct evbuffer;

struct generation {
	struct config *config;
	atomic_int store_told;   /* an enum err: what was said of it last */
	atomic_llong trace;      /* 0, or a number for one that runs */
	struct worker_options o; /* what all of its workers are given */
	struct worker **workers;
	unsigned count; /* workers */
};

/*
 * Owns CONFIG from now on, also if it fails.  OLD may be NULL.  NEWS is the
 * eventfd of worker.h.  What fails is logged.
 */
enum err generation_open(struct generation **, struct config *,
    const struct generation *old, int news) MUST_CHECK;
enum err generation_start(struct generation *) MUST_CHECK;

/* What HEIR has taken over is read by its workers alone from now on. */
void generation_hand_on(struct generation *old, const struct generation *heir);

/* NULL is fine for all of these; NULL has ended and reported nothing. */
void generation_order(struct generation *, enum worker_order);
bool generation_has_ended(const struct generation *);
bool generation_has_reported(const struct generation *);
void generation_sum(const struct generation *, struct report *sum);

/* Ends workers that still run.  HEIR keeps what it shares; NULL: none. */
void generation_close(struct generation *, const struct generation *heir);

/* responder.c: a worker's own, a snapshot and a forwarder. */
struct worker_responder {
	struct responder responder; /* first: it is cast to this */
	struct forward *forward;    /* NULL: nothing is forwarded */
	struct timing timing;
	const struct worker_options *options;
	enum err store_was;
	int64_t began_ns;
	struct sketch sketch;
	struct responder_seen *seen; /* while somebody looks; else NULL */
	unsigned cached; /* replies of this batch, at once from the cache */
};

/* R is all zero.  To be closed also if it fails. */
enum err worker_responder_open(struct worker_responder *r,
    const struct worker_options *, struct event_base *) MUST_CHECK;
/* Before the listeners: the forwarder knows them as paths of clients. */
void worker_responder_close(struct worker_responder *);

/*
 * descriptors.c: the process has so many; who may have how many.
 *
 * They are divided when a configuration is put in force, by a table, and no
 * part takes what is another's: connections of clients leave the forwarder its
 * ports, and both leave the control socket and SIGHUP what they need.  Half of
 * them is kept for the next generation, as a reload has two for some seconds.
 */
/* As many as the process may have, from now on. */
unsigned long descriptors_raise(void);
/*
 * Divides LIMIT; LISTENING are the sockets listened on.  What it does not carry
 * is logged, with the limit that would.  E_SYSTEM where it does not carry the
 * least that each part needs.
 */
enum err descriptors_divide(struct descriptors *, const struct config *,
    unsigned long limit, unsigned listening) MUST_CHECK;

/*
 * rights.c: what the server may do, given away before the first packet is read;
 * for good, so that a reload changes nothing of it.  A failure is logged.
 */
/*
 * The user that the configuration names, before anything is opened, so that all
 * is that user's, and with the right to ports below 1024.
 */
enum err rights_become(const struct config *) MUST_CHECK;
/* All else that is of no use once sockets are bound. */
void rights_give_away(const struct config *);
/* E_INPUT where NEW is not to be had with what OLD has left us. */
enum err rights_fit(const struct config *old, struct config *new) MUST_CHECK;

/*
 * steer.c: what a processor receives is answered on that processor.
 *
 * The kernel spreads packets over the sockets of a group by a hash of their
 * addresses, so that most come to a worker on another processor.  Steered, each
 * worker stays on a processor of its own and is given what is received there;
 * what others receive is still spread.
 */
/*
 * The SO_REUSEPORT group of a socket; its first sockets, in the order in which
 * they were bound, are those of WORKERS; 0: as the kernel does it by itself.
 * False with errno.
 */
bool steer_group(int fd, unsigned workers);
/* This thread.  False with errno; nothing where there are more workers than
 * processors. */
bool steer_thread(unsigned worker);

/* follow.c: questions as they are answered, for one client of the control
 * socket.  WHAT is "[NETWORK|- [ADDRESS]]": whose; NULL: all.  NULL: it is
 * neither, or there is no memory. */
struct follow *follow_open(struct store *, const char *what);
void follow_close(struct follow *); /* NULL is fine */
/* A line, if it is wanted, and OUT has room: a client that does not read loses
 * lines, and is told how many. */
void follow_print(
    struct follow *, struct evbuffer *, const struct tap_message *);

#endif
