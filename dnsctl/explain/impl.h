/*
 * impl.h - what the sources of explain share.
 */
#ifndef DNSCTL_EXPLAIN_IMPL_H
#define DNSCTL_EXPLAIN_IMPL_H

#include <stdio.h>

#include "dnsd/config/config.h"
#include "zones/query/query.h"

/* Where a question to an address of the host arrives; NULL: nowhere. */
const struct config_listen *explain_listener(
    const struct config *, const struct addr *to);

/* What becomes of a name that is somebody else's, for NETWORK's askers. */
void explain_route(FILE *out, const struct config *, const struct dname *,
    struct label network);

/* Which label of a name that does not exist is not there, and what is near. */
void explain_missing(FILE *out, struct snapshot *, const struct query *);

#endif
