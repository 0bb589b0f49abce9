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
 *	CONNECT   etcd_connect()    etcd_connect.c
 *	SNAPSHOT  etcd_snapshot()   etcd_range.c
 *	WATCH     etcd_watch()      etcd_watch.c
 */
#ifndef DNSCTL_ETCD_ETCD_H
#define DNSCTL_ETCD_ETCD_H

#include "dnsctl/ctl.h"

bool etcd_is_url(const char *source);

/* Follows ctl->args[0] until ctl->stop, or until the store fails. */
enum exit_status follow_etcd(const struct ctl *, struct store *);

#endif
