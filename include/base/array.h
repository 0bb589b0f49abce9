/*
 * array.h - arrays that grow by one at a time.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

/*
 * ITEMS, of SIZE octets each, with room for one behind the first COUNT:
 * where they were or moved, to be freed by the caller.  ROOM is how many
 * there is room for.  Never NULL, as with arena_take().
 */
void *array_grow(void *items, size_t count, size_t *room, size_t size);

#endif
