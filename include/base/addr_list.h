/*
 * addr_list.h - addresses as they are stored: by family, so that an answer
 * copies them.
 *
 *	u8 flags, u8 n, u8 m, n times 16 octets, m times 4
 *
 * Of the flags one is the list's, the others are whose it is a part of.
 */
#ifndef BASE_ADDR_LIST_H
#define BASE_ADDR_LIST_H

#include "base/addr.h"
#include "base/wire.h"

#define ADDR_LIST_V4_FIRST 0x02
#define ADDR_LIST_START    3 /* octets before the addresses */

/* Up to 255 of each family. */
static inline void
wire_put_addr_list(
    struct wire_out *out, uint8_t flags, const struct addr *a, unsigned count)
{
	unsigned four = 0;

	for (unsigned i = 0; i < count; i++)
		four += addr_is_v4(&a[i]);
	if (count > 0 && addr_is_v4(&a[0]))
		flags |= ADDR_LIST_V4_FIRST;
	wire_put8(out, flags);
	wire_put8(out, (uint8_t)(count - four));
	wire_put8(out, (uint8_t)four);
	for (unsigned i = 0; i < count; i++)
		if (!addr_is_v4(&a[i]))
			wire_put(out, a[i].ip, 16);
	for (unsigned i = 0; i < count; i++)
		if (addr_is_v4(&a[i]))
			wire_put(out, a[i].ip + 12, 4);
}

#endif
