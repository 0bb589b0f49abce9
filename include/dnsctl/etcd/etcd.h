/*
 * etcd.h - a store that follows etcd, through its JSON gateway.
 *
 * Keys and values are those of docs/feed.md.  A revision of etcd is one
 * transaction; the store's cursor is "CLUSTER/REVISION", so that a follower
 * goes on where the store stands, if that cluster still knows.  Else a
 * snapshot is read, of which only what differs is written.
 *
 *	           reached, and the cluster knows
 *	CONNECT --------------------------------------> WATCH <----+
 *	  ^  |      the cursor's cluster and revision    |   |     |
 *	  |  |                                           |   |     | all of it
 *	  |  |  reached, and it does not                 |   |     | is stored
 *	  |  +------------------------> SNAPSHOT --------|---|-----+
 *	  |                               |  ^           |   |
 *	  |                               |  +-----------+   |
 *	  +---- another endpoint, --------+    compacted     |
 *	  |     after a while                                |
 *	  +------------- no word in time, cut, refused ------+
 *
 *	CONNECT   etcd_connect()    connect.c
 *	SNAPSHOT  etcd_snapshot()   range.c
 *	WATCH     etcd_watch()      watch.c
 */
#ifndef DNSCTL_ETCD_ETCD_H
#define DNSCTL_ETCD_ETCD_H

#include <signal.h>

#include "dnsctl/source/networks.h"
#include "zones/feed/feed.h"

#define ETCD_PREFIX_DEFAULT "/dnsd"

/* What is followed, and who we are to it; all of it is borrowed. */
struct etcd_options {
	const char *source;               /* etcd://HOST:PORT,... */
	const char *prefix;               /* of its keys */
	struct network_list *networks;    /* these alone; NULL: all */
	const char *user, *password_file; /* NULL: nobody */
	/* NULL, all of them: no TLS; cacert "system": whom the system trusts */
	const char *cacert, *cert, *key;
	bool insecure;                     /* a password may go without TLS */
	bool allow_delete;                 /* see store_snapshot_end() */
	const struct feed_report *report;  /* gets what is wrong with facts */
	const volatile sig_atomic_t *stop; /* looked at every second */
};

bool etcd_is_url(const char *source);

/*
 * Follows until *stop, which is E_OK, or E_REFUSED where the last snapshot was
 * refused, or until the store fails; E_INPUT where an option is wrong, and it
 * was said which.  A snapshot that is refused is read again, after a while.
 */
enum err etcd_follow(const struct etcd_options *, struct store *) MUST_CHECK;

#endif
