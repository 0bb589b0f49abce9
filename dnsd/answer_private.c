/*
 * answer_private.c - addresses that the Internet's names have no business
 * with: what a rebinding attack would make a browser talk to.
 */
#include "dnsd/answer.h"

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
