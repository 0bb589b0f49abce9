/*
 * answer_private.c - addresses that the Internet's names have no business
 * with: what a rebinding attack would make a browser talk to.
 */
#include "dnsd/forward/answer.h"

#define TYPE_SVCB 64
#define IPV4HINT  4 /* RFC 9460, 7.3 */
#define IPV6HINT  6

/* To add one: its first octets and how many bits count; IPv4 as 96 + n. */
static const struct prefix ranges[] = {
#define V4(a, b, n)                                                            \
	{                                                                      \
		{ { [10] = 0xff, 0xff, a, b } }, 96 + (n)                      \
	}
	V4(0, 0, 8),      /* this network */
	V4(10, 0, 8),     /* RFC 1918 */
	V4(100, 64, 10),  /* RFC 6598 */
	V4(127, 0, 8),    /* loopback */
	V4(169, 254, 16), /* RFC 3927 */
	V4(172, 16, 12),  /* RFC 1918 */
	V4(192, 168, 16), /* RFC 1918 */
#undef V4
	{ { { 0 } }, 127 },         /* :: and ::1 */
	{ { { 0xfc } }, 7 },        /* RFC 4193 */
	{ { { 0xfe, 0x80 } }, 10 }, /* link-local */
	{ { { 0xfe, 0xc0 } }, 10 }, /* site-local, RFC 3879 */
};

bool
address_is_private(const struct addr *addr)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (prefix_holds(&ranges[i], addr))
			return true;
	return false;
}

/* N octets of addresses, SIZE each; whether one is private. */
static bool
any_private(const uint8_t *at, size_t n, size_t size)
{
	struct addr addr;

	for (; n >= size; at += size, n -= size) {
		if (size == 4)
			addr = addr_from_v4(at);
		else
			memcpy(addr.ip, at, 16);
		if (address_is_private(&addr))
			return true;
	}
	return false;
}

/* RFC 9460, 2.2: priority, target, then parameters. */
static bool
hints_are_private(struct wire_in *in)
{
	(void)wire_get16(in);
	wire_skip_name(in);
	while (wire_left(in) >= 4) {
		uint16_t key = wire_get16(in);
		uint16_t len = wire_get16(in);
		const uint8_t *value = wire_take(in, len);

		if (value == NULL)
			return false;
		if ((key == IPV4HINT && any_private(value, len, 4)) ||
		    (key == IPV6HINT && any_private(value, len, 16)))
			return true;
	}
	return false;
}

bool
record_is_private(const uint8_t *pkt, const struct record *r)
{
	struct wire_in in = wire_in(pkt, r->end);

	in.pos = r->rdata;
	switch (r->type) {
	case TYPE_A:
		return any_private(pkt + r->rdata, r->end - r->rdata, 4);
	case TYPE_AAAA:
		return any_private(pkt + r->rdata, r->end - r->rdata, 16);
	case TYPE_SVCB:
	case TYPE_HTTPS:
		return hints_are_private(&in);
	default:
		return false;
	}
}
