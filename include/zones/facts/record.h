/*
 * record.h - the types of records, and the text that their values are.
 *
 * ldns reads and writes values: as zone files have them, names in them
 * absolute with or without the last dot.  What is taken is written again as a
 * text that means the same octets, and no more than what was read.
 */
#ifndef ZONES_FACTS_RECORD_H
#define ZONES_FACTS_RECORD_H

#include "base/arena.h"
#include "zones/facts/fact.h"

/* "AAAA" in any case as a number of the DNS; 0: no record may have it. */
uint16_t record_type(const char *text);
/* NULL: no record may have it. */
const char *record_type_text(uint16_t type);
/* The I-th; NULL: there are no more. */
const char *record_type_at(unsigned i);
/* "A, AAAA, ..." */
const char *record_types_text(void);

/* The text of VALUE, whose type and text are set, as octets. */
enum err record_value_read(
    struct fact_value *, struct arena *, struct complaint *) MUST_CHECK;
/* To be freed; NULL where the octets are none of the type. */
char *record_value_text(const struct fact_value *);

#endif
