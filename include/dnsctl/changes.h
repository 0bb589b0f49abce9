/*
 * changes.h - what was changed in a store, for people.
 */
#ifndef DNSCTL_CHANGES_H
#define DNSCTL_CHANGES_H

#include "zones/store/write/txn.h"

/* A line: "+ instance acme/web/i1 ...". */
void change_print(enum store_change, const struct fact *);

/* A line: "put 2 networks, 1 region; deleted 1 peer". */
void changes_print(const struct store_changes *);

#endif
