/*
 * message.h - reading somebody else's message in place.
 *
 * Nothing is allocated and nothing is believed: names are followed
 * backwards only, so that no chain of pointers can loop, and so far, so that
 * none costs much; every length is checked against the message's end.
 */
#ifndef DNSD_FORWARD_MESSAGE_H
#define DNSD_FORWARD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dns_wire.h"

/* A name without compression, in lower case unless it is said to differ. */
struct plain_name {
	uint8_t len;                    /* with the root's zero; 0: no name */
	uint8_t wire[DNS_NAME_MAX + 1]; /* eight at a time are worked on */
};

/* A record; the numbers are offsets in the message. */
struct record {
	size_t start; /* of its owner */
	size_t ttl_at;
	size_t rdata;
	size_t end;
	uint16_t type, class;
	uint32_t ttl;
};

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };
#define SECTIONS 3

/* The name at AT; false where it is none, or takes more than 128 hops. */
bool message_name(const uint8_t *pkt, size_t len, size_t at,
    struct plain_name *out) __attribute__((warn_unused_result));
/* The same in the letters that it came in. */
bool message_name_as_sent(const uint8_t *pkt, size_t len, size_t at,
    struct plain_name *out) __attribute__((warn_unused_result));
void name_lower(struct plain_name *);

/* The next record; false, with the cursor bad, where there is none. */
bool message_record(struct wire_in *, struct record *)
    __attribute__((warn_unused_result));

bool name_is_same(const struct plain_name *, const struct plain_name *);
/* NAME is PARENT or below it. */
bool name_is_within(
    const struct plain_name *name, const struct plain_name *parent);

#endif
