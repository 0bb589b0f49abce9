/*
 * asked.h - what no name can ask for: a fact has it, or lacks what is answered.
 */
#ifndef ZONES_FACTS_ASKED_H
#define ZONES_FACTS_ASKED_H

#include "zones/facts/fact.h"

/* The field, the form of names that will not answer, the value. */
typedef void fact_unasked_each(void *arg, const struct complaint *);

/* Of a fact that was checked. */
void fact_unasked(const struct fact *, fact_unasked_each *, void *arg);

#endif
