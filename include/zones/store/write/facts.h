/*
 * facts.h - the facts in a store, walked.
 */
#ifndef ZONES_STORE_WRITE_FACTS_H
#define ZONES_STORE_WRITE_FACTS_H

#include "zones/facts/fact.h"
#include "zones/store/read/store.h"

/*
 * Calls EACH with every fact of KIND, in the order of keys, of one network
 * or of all (NULL).  An app that only its instances brought into being is
 * told too, with implied set.  The fact is valid during the call.  Ends at
 * the first false, which is no error.
 */
typedef bool fact_each(void *arg, const struct fact *, bool implied);
enum err snapshot_facts(struct snapshot *, enum fact_kind, const char *network,
    fact_each *, void *arg) MUST_CHECK;

/* The same of what a transaction holds. */
struct store_txn;
enum err store_facts(struct store_txn *, enum fact_kind, const char *network,
    fact_each *, void *arg) MUST_CHECK;

#endif
