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

/* What commands ask of the server. */
enum control_ask {
	CONTROL_NOTHING,
	CONTROL_REPORT, /* control_tell() follows, maybe later */
	CONTROL_FLUSH,  /* the cache, of a name and below or (NULL) all */
	CONTROL_RELOAD, /* control_reloaded() follows, later */
	CONTROL_FOLLOW, /* questions of whom (impl.h), into the follower */
	CONTROL_TRACE   /* all questions are counted anew */
};

/*
 * ON: begin; else the last two end, as their client goes.  False: WHAT is
 * nothing that can be asked for, or another client has it.
 */
typedef bool control_call(
    void *arg, enum control_ask, bool on, const char *what);

/* What fails is logged.  A stale socket at PATH is replaced. */
enum err control_open(struct control **, struct event_base *, const char *path,
    control_call *, void *arg) MUST_CHECK;
const char *control_path(const struct control *);

/* For all clients that wait for them. */
void control_tell(struct control *, const struct report_view *);
void control_reloaded(struct control *, bool done);

/* What goes to the client that follows questions; NULL: there is none. */
struct evbuffer *control_follower(struct control *);

void control_close(struct control *); /* removes the socket; NULL is fine */

#endif
