/*
 * serve.h - dnsctl serve: metrics, an API and a page, over HTTP.
 *
 * A process of its own that reads the store and asks the control sockets of
 * this host's servers: what strangers send to a web server never meets the
 * program that answers questions.  Nothing here writes, and nothing that is
 * asked here costs a server more than two reports a second.
 *
 * Who may ask
 *   - On a loopback address everybody on the host; elsewhere who has the
 *     token, but for the page's own files and /healthz.
 *   - Only by an address, `localhost` or the name that was told (Host), so
 *     that no web site can have a browser read this by a name of its own that
 *     it points here; and only from here (Origin).
 *
 * What is bounded
 *   - connections, their memory, and ten seconds from accept to reply, after
 *     which each is closed.
 */
#ifndef DNSCTL_SERVE_SERVE_H
#define DNSCTL_SERVE_SERVE_H

#include <signal.h>

#include "base/err.h"

#define SERVE_DEFAULT "127.0.0.1:9153"

struct serve_options {
	const char *address;    /* as [::1]:9153 */
	const char *store;      /* its folder */
	const char *controls;   /* paths of control sockets, by commas */
	const char *token_file; /* its first line is the token; NULL: none */
	const char *name;       /* of this host, for Host; or NULL */
	double max_age;         /* seconds; 0: a store of any age is ready */
	const volatile sig_atomic_t *stop;
};

/* Until *stop.  What fails is logged. */
enum err serve_run(const struct serve_options *) MUST_CHECK;

#endif
