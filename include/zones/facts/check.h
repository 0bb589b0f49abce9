/*
 * check.h - the rules that a fact can be held to alone.
 *
 * What needs other facts (a network that is not there, an address outside
 * its prefixes) the store checks.
 */
#ifndef ZONES_FACTS_CHECK_H
#define ZONES_FACTS_CHECK_H

#include "zones/facts/fact.h"

/* E_INPUT, with the first broken rule in *why; strings may be anything. */
enum err fact_check(const struct fact *, struct complaint *why) MUST_CHECK;

/* The key alone: of a fact to be deleted. */
enum err fact_check_key(const struct fact *, struct complaint *why) MUST_CHECK;

#endif
