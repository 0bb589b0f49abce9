/*
 * answer_impl.h - what the sources of answer.h share.
 */
#ifndef DNSD_FORWARD_ANSWER_IMPL_H
#define DNSD_FORWARD_ANSWER_IMPL_H

#include "dnsd/forward/answer.h"

/* An A, AAAA, SVCB or HTTPS record that leads to a private address. */
bool record_is_private(const uint8_t *pkt, const struct record *);

#endif
