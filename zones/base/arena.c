/*
 * arena.c - see arena.h: a list of blocks, the one in use first.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN 16384
#define ALIGN     _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t cap, used;
	_Alignas(max_align_t) uint8_t at[];
};

void
no_memory(void)
{
	(void)fputs("error: out of memory\n", stderr);
	exit(1);
}

static struct arena_block *
block_new(struct arena *a, size_t n)
{
	size_t cap = n > BLOCK_MIN ? n : BLOCK_MIN;
	struct arena_block *b;

	if (cap > SIZE_MAX - sizeof(*b) ||
	    (b = malloc(sizeof(*b) + cap)) == NULL)
		no_memory();
	b->cap = cap;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_room(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *taken;

	if (n > SIZE_MAX - ALIGN)
		no_memory();
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (b == NULL || n > b->cap - b->used)
		b = block_new(a, n);
	taken = b->at + b->used;
	b->used += n;
	return taken;
}

void *
arena_take(struct arena *a, size_t n)
{
	return memset(arena_room(a, n), 0, n);
}

char *
arena_copy(struct arena *a, const char *text, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		no_memory();
	copy = arena_room(a, len + 1);
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_text(struct arena *a, const char *text)
{
	return text == NULL ? NULL : arena_copy(a, text, strlen(text));
}

static void
blocks_free(struct arena_block *b)
{
	struct arena_block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
}

void
arena_reset(struct arena *a)
{
	if (a->blocks == NULL)
		return;
	blocks_free(a->blocks->next);
	a->blocks->next = NULL;
	a->blocks->used = 0;
}

void
arena_release(struct arena *a)
{
	blocks_free(a->blocks);
	a->blocks = NULL;
}
