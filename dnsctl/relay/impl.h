/*
 * impl.h - what the sources of a relay share.
 */
#ifndef DNSCTL_RELAY_IMPL_H
#define DNSCTL_RELAY_IMPL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/queue.h>

#include "dnsctl/relay/backlog.h"
#include "dnsctl/relay/relay.h"

#define RELAY_PORT "9154"
#define CLIENTS    4096 /* at most */

/* All facts as of one commit, in a file without a name; shared. */
struct rendering {
	unsigned refs;
	char *text; /* mapped */
	size_t len;
	uint64_t next; /* the commit behind it */
};

/* Who follows us. */
struct client {
	struct relay *relay;
	struct MHD_Connection *connection;
	LIST_ENTRY(client) waiting;
	bool waits;                  /* it is in the list, and suspended */
	struct rendering *rendering; /* NULL: it reads the backlog */
	bool wants_rendering, asked; /* and the renderer was told */
	unsigned failed;             /* how many it had failed to make then */
	char *ahead;      /* its cursor, which we do not reach yet; or NULL */
	int64_t ahead_ms; /* since when */
	uint64_t number;  /* of the commit that it reads */
	struct lines lines;
	char *networks;
	/* Some of them are new to it: these are not.  It reads changes of these
	 * as far as the rendering, of that what is new, then all. */
	char *had;
	bool brings; /* it has not come as far */
};

struct relay {
	struct store *store;
	struct MHD_Daemon *daemon;
	char *cert, *key, *cacert; /* the files' text */
	pthread_t renderer;
	bool started; /* the renderer */

	struct feed_report below; /* who is told what the relay is told */
	FILE *open; /* what the open transaction changed; its thread's alone */
	char *open_text;
	size_t open_len;
	char cursor[CURSOR_MAX + 1]; /* that it was marked with last */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t news;  /* a commit, somebody who wants one, the end */
	bool ends, wanted;    /* a rendering is */
	unsigned failed;      /* so many could not be made */
	int64_t heard_ms;     /* when something was committed last */
	struct rendering *rendering; /* the last one */
	LIST_HEAD(, client) waiting;
	struct backlog *backlog;
};

/* --- client.c; the first three with the lock */

/* All that wait look again. */
void relay_wake(struct relay *);
/* The last one if the backlog goes on behind it, and it is not before commit
 * LEAST; or NULL. */
struct rendering *rendering_take(struct relay *, uint64_t least);
void rendering_drop(struct rendering *); /* NULL is fine */

/* The next octets for a client; as MHD_ContentReaderCallback. */
ssize_t client_read(void *client, uint64_t at, char *to, size_t room);
void client_close(void *client);

/* --- render.c: a thread that makes renderings when they are wanted */

bool render_start(struct relay *) MUST_CHECK;
void render_end(struct relay *);

/* --- http.c */

enum err relay_listen(struct relay *, const char *address,
    const struct relay_identity *) MUST_CHECK;

#endif
