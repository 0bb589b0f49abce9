/*
 * message.h - reading somebody else's message in place.
 *
 * Nothing is allocated and nothing is believed: names are followed
 * backwards only, so that no chain of pointers can loop, and so far, so that
 * none costs much; every length is checked against the message's end.
 */
#ifndef DNSD_FORWARD_MESSAGE_H
#define DNSD_FORWARD_MESSAGE_H

#include "base/dns_wire.h"
#include "zones/names/dname.h"

/* A name that is the question's. */
#define QUESTION_POINTER (DNS_POINTER << 8 | DNS_HEADER)

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
bool message_name(const uint8_t *pkt, size_t len, size_t at, struct dname *out)
    __attribute__((warn_unused_result));
/* Its octets, in the letters that it came in; how many, or 0. */
size_t message_name_as_sent(
    const uint8_t *pkt, size_t len, size_t at, uint8_t out[DNS_NAME_MAX]);
bool name_is_same(const struct dname *, const struct dname *);

/* The next record; false, with the cursor bad, where there is none. */
bool message_record(struct wire_in *, struct record *)
    __attribute__((warn_unused_result));

#endif
