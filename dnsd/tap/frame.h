/*
 * frame.h - a message as dnstap has it.
 */
#ifndef DNSD_TAP_FRAME_H
#define DNSD_TAP_FRAME_H

#include "dnsd/tap/tap.h"

#define FRAME_MAX (DNS_TCP_MAX + 1024)

/* ID is the node's, NETWORK its name or "".  The frame's length. */
size_t frame_write(uint8_t out[FRAME_MAX], const struct tap_message *,
    const char *id, const char *network);

#endif
