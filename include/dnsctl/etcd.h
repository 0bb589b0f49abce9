/*
 * etcd.h - a store that follows etcd.
 *
 * Keys and values are those of docs/feed.md.  A revision of etcd is one
 * transaction; the store's cursor is "CLUSTER/REVISION", so that a follower
 * goes on where the store stands, if that cluster still knows.  Else a
 * snapshot is read, of which only what differs is written.
 */
#ifndef DNSCTL_ETCD_H
#define DNSCTL_ETCD_H

#include "dnsctl/ctl.h"

bool etcd_is_url(const char *source);

/* Follows ctl->args[0] until ctl->stop. */
enum exit_status follow_etcd(const struct ctl *, struct store *);

#endif
