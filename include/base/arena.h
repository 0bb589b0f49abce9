/*
 * arena.h - memory that is given back all at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Ends the program: a tool that cannot hold one line has nothing else to do. */
void no_memory(void) __attribute__((noreturn));

/* Embedded; all zero is an empty arena. */
struct arena {
	struct arena_block *blocks;
};

/* N zeroed octets, aligned for any object; never NULL: see no_memory(). */
void *arena_take(struct arena *, size_t n);
/* The same, not zeroed: for what is written at once. */
void *arena_room(struct arena *, size_t n);
char *arena_copy(struct arena *, const char *text, size_t len);
char *arena_text(struct arena *, const char *text); /* NULL of NULL */

/* Everything taken is invalid; one block is kept for the next use. */
void arena_reset(struct arena *);
void arena_release(struct arena *);

#endif
