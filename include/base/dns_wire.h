/*
 * dns_wire.h - what of a DNS message more than one room reads or writes.
 */
#ifndef BASE_DNS_WIRE_H
#define BASE_DNS_WIRE_H

#include "base/dns.h"
#include "base/wire.h"

#define OPT_FIXED    11 /* octets of OPT without options */
#define OPTION_FIXED 4  /* of an option without its data */

/*
 * Steps over a name, compressed or not (RFC 1035, 4.1.4).  What a pointer
 * points to is not looked at.
 */
static inline void
wire_skip_name(struct wire_in *in)
{
	uint8_t octet;

	do {
		octet = wire_get8(in);
		if (octet >= DNS_POINTER) {
			(void)wire_get8(in);
			return;
		}
		if (octet > DNS_LABEL_MAX)
			in->bad = true;
		(void)wire_take(in, octet);
	} while (octet != 0 && !in->bad);
}

/*
 * An OPT up to its options, which are to be OPTIONS octets (RFC 6891, 6.1.2
 * and 6.1.3).  SIZE is what its sender takes over UDP; only the upper bits
 * of RCODE are in it.
 */
static inline void
wire_put_opt(struct wire_out *out, uint16_t size, unsigned rcode, bool edns_do,
    size_t options)
{
	uint8_t *to = wire_room(out, OPT_FIXED);

	if (to == NULL)
		return;
	to[0] = 0;
	dns_put16(to + 1, TYPE_OPT);
	dns_put16(to + 3, size);
	to[5] = (uint8_t)(rcode >> 4);
	to[6] = 0;                                /* the version that we have */
	dns_put16(to + 7, edns_do ? EDNS_DO : 0); /* RFC 3225, 3 */
	dns_put16(to + 9, (uint16_t)options);
}

static inline void
wire_put_option(
    struct wire_out *out, uint16_t code, const void *data, size_t len)
{
	wire_put16(out, code);
	wire_put16(out, (uint16_t)len);
	wire_put(out, data, len);
}

/* RFC 8914, 2; OPTION_FIXED + 2 octets and those of TEXT, which may be "". */
static inline void
wire_put_ede(struct wire_out *out, enum dns_ede ede, const char *text)
{
	size_t len = strlen(text);

	wire_put16(out, EDNS_OPTION_EDE);
	wire_put16(out, (uint16_t)(2 + len));
	wire_put16(out, (uint16_t)ede);
	wire_put(out, text, len);
}

#endif
