/*
 * array.c - see array.h.
 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"

#define ROOM_FIRST 64

void *
array_grow(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room == 0 ? ROOM_FIRST : *room * 2;
	items = *room > SIZE_MAX / size ? NULL : realloc(items, *room * size);
	if (items == NULL)
		no_memory();
	return items;
}
