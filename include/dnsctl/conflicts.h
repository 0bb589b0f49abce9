/*
 * conflicts.h - what two facts claim: addresses, server names, domains, names
 * that an export has in another network, public keys.
 */
#ifndef DNSCTL_CONFLICTS_H
#define DNSCTL_CONFLICTS_H

#include <stdio.h>

#include "base/err.h"
#include "zones/store/read/store.h"

/*
 * A line each, "address fdaa:0:18::2 of network acme: instance acme/web/f0,
 * peer acme/x", or an object where JSON; of NETWORK or all (NULL).
 */
enum err conflicts_list(
    FILE *out, struct snapshot *, const char *network, bool json) MUST_CHECK;

#endif
