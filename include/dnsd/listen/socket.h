/*
 * socket.h - the sockets of a listener.
 *
 * A listener has a UDP and a TCP socket for each worker, all bound to its
 * address with SO_REUSEPORT: the kernel spreads packets and connections
 * over them.  The sockets outlive their workers: a reload hands them on,
 * with what waits in them, so that no packet is lost.
 */
#ifndef DNSD_LISTEN_SOCKET_H
#define DNSD_LISTEN_SOCKET_H

#include "dnsd/config/config.h"

struct listen_sockets {
	const struct config_listen *listen;
	unsigned count;
	int *udp, *tcp; /* COUNT each */
	/* Others have taken them over.  Set before their workers retire. */
	bool handed_on;
	/* A service manager opened them, perhaps at a port that we may not
	 * have: more workers share them. */
	bool passed;
};

/*
 * What the service manager opened for us, by address: an array of one for
 * each of the listeners, some without a socket; NULL where it opened none.
 * To be called once, and *OUT closed in each case.  A failure is logged.
 */
enum err listen_passed(
    struct listen_sockets **out, const struct config *) MUST_CHECK;

/*
 * Opens COUNT sockets of each kind, or takes over those of OLD (NULL: none)
 * where it listens on the same address; never fewer than OLD has, as what
 * waits in them would be lost.  None where the interface of the address is not
 * there.  A failure is logged.
 */
enum err listen_sockets_open(struct listen_sockets *,
    const struct config_listen *, unsigned count,
    const struct listen_sockets *old) MUST_CHECK;
void listen_sockets_close(struct listen_sockets *);

/*
 * For the worker of the sockets I, when it ends: closes them, unless they
 * were handed on.  Open and unread they would take packets from others.
 */
void listen_sockets_leave(struct listen_sockets *, unsigned i);

/*
 * SO_REUSEPORT would let a second server of the same user take half of the
 * packets.  Says E_SYSTEM, logged, where somebody has the address; to be
 * called before the first socket is opened.
 */
enum err listen_is_free(const struct config_listen *) MUST_CHECK;

/* Options that a bound socket of TYPE may be given. */
bool listen_socket_prepare(
    int fd, const struct config_listen *, int type) MUST_CHECK;

#endif
