/*
 * control.h - the control socket: what an operator asks a running server.
 *
 * A Unix stream socket.  A client writes one command and a line's end, and
 * gets lines until the server closes:
 *
 *	$ echo stats | nc -U /run/dnsd/control
 *	udp_received 130211
 *	...
 *
 * Who may use it is said by the socket's mode, 0660, and by its folder.
 */
#ifndef DNSD_SERVER_CONTROL_H
#define DNSD_SERVER_CONTROL_H

#include <stdbool.h>

#include "base/err.h"
#include "dnsd/server/report.h"

struct event_base;
struct evbuffer;
struct control;

/* What the server does for the commands. */
struct control_calls {
	/* Collects reports; control_tell() follows, maybe later. */
	void (*stats)(void *arg);
	/* Empties the cache, of NAME and below or (NULL) all; false: that
	 * is no name. */
	bool (*flush)(void *arg, const char *name);
	/* Rereads the configuration; control_reloaded() follows. */
	void (*reload)(void *arg);
	/*
	 * Questions of WHAT (follow.h) go to control_follower(), or no more.
	 * False: that is nobody, or another client has them.
	 */
	bool (*follow)(void *arg, const char *what, bool on);
	/* All questions are counted anew, or no more.  False: another client
	 * has them counted. */
	bool (*trace)(void *arg, bool on);
	void *arg;
};

/* What fails is logged.  A stale socket at PATH is replaced. */
enum err control_open(struct control **, struct event_base *, const char *path,
    const struct control_calls *) MUST_CHECK;
const char *control_path(const struct control *);

/* For all clients that wait for them. */
void control_tell(struct control *, const struct report_view *);

/* What goes to the client that follows questions; NULL: there is none. */
struct evbuffer *control_follower(struct control *);

/* For all clients that wait for it. */
void control_reloaded(struct control *, bool done);

void control_close(struct control *); /* removes the socket; NULL is fine */

#endif
