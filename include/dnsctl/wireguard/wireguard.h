/*
 * wireguard.h - from a key to a name: peers, what configures them, and the
 * device of a gateway.
 *
 * Each function does one command and says why where it cannot.  A private
 * key is made here, is in the configuration, and nowhere else: not in the
 * store, the log, a command line or a core.  A fact and its file come
 * together or not at all.
 */
#ifndef DNSCTL_WIREGUARD_WIREGUARD_H
#define DNSCTL_WIREGUARD_WIREGUARD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "dnsctl/etcd/etcd.h"

/* All is borrowed; what was not given is NULL or false. */
struct wireguard_options {
	const char *store; /* a folder */
	bool no_sync;
	bool print;             /* the feed's line, for another to take */
	struct etcd_options to; /* source NULL: the store is written */
	const char *network, *name, *file;
	const char *gateway, *region; /* where to; one of both or none */
	const char *lease;            /* "24h" */
	const char *role, *apps, *public_key;
	const char *png; /* a file for the QR code */
	const char *mtu;
	bool qr, search, split_dns, mesh;
	const char *device; /* list, follow; list's is NULL where not asked */
	bool json;          /* list */
	bool once, keep_others;
	const volatile sig_atomic_t *stop; /* follow */
};

bool wireguard_create(const struct wireguard_options *) MUST_CHECK;
bool wireguard_show(const struct wireguard_options *) MUST_CHECK;
bool wireguard_list(const struct wireguard_options *) MUST_CHECK;
bool wireguard_remove(const struct wireguard_options *) MUST_CHECK;
bool wireguard_renew(const struct wireguard_options *) MUST_CHECK;
bool wireguard_rekey(const struct wireguard_options *) MUST_CHECK;
/* Until it is stopped, or at once. */
bool wireguard_follow(const struct wireguard_options *) MUST_CHECK;

/* "24h", from NOW; 0, and it was said why, where it is no such thing. */
int64_t lease_end(const char *text, int64_t now) MUST_CHECK;

/*
 * An address of the network for the app NAME, or one of the network LEASE, for
 * its export there; it is printed.
 */
bool flycast_allocate(const struct wireguard_options *) MUST_CHECK;

#endif
