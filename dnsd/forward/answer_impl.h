/*
 * answer_impl.h - what the sources of answer.h share.
 */
#ifndef DNSD_FORWARD_ANSWER_IMPL_H
#define DNSD_FORWARD_ANSWER_IMPL_H

#include "dnsd/forward/answer.h"

/*
 * Writes a record of PKT so that it means the same at any place behind a
 * question for QNAME.  Marks OUT bad where the record is malformed.
 */
void record_rewrite(struct wire_out *out, const uint8_t *pkt,
    const struct record *, const struct plain_name *qname);

/* An A, AAAA, SVCB or HTTPS record that leads to a private address. */
bool record_is_private(const uint8_t *pkt, const struct record *);

#endif
