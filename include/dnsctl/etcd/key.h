/*
 * key.h - where etcd keeps which fact.
 *
 *	PREFIX/networks/ID		PREFIX/apps/NETWORK/NAME
 *	PREFIX/regions/ID		PREFIX/instances/NETWORK/APP/ID
 *	PREFIX/distances/FROM/TO	PREFIX/peers/NETWORK/NAME
 *	PREFIX/gateways/ID
 */
#ifndef DNSCTL_ETCD_KEY_H
#define DNSCTL_ETCD_KEY_H

#include "base/arena.h"
#include "zones/facts/fact.h"

/*
 * Sets kind and key fields, borrowed from the arena; false where KEY, which
 * begins with "PREFIX/", is no fact's.  The parts may be anything.
 */
bool etcd_key_read(struct fact *, struct arena *, const char *prefix,
    const char *key) MUST_CHECK;

#endif
