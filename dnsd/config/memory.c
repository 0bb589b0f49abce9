/*
 * memory.c - what a configuration points to, given back all at once.
 *
 * Not an arena: that ends the program where there is no memory, and a server
 * goes on with the configuration that it has.
 */
#include "impl.h"

struct config_block {
	struct config_block *next;
	_Alignas(max_align_t) char octets[];
};

void *
config_take(struct config_block **owned, size_t n)
{
	struct config_block *b = calloc(1, sizeof(*b) + n);

	if (b == NULL)
		return NULL;
	b->next = *owned;
	*owned = b;
	return b->octets;
}

char *
config_copy(struct config_block **owned, const char *text)
{
	size_t len = strlen(text);
	char *copy = config_take(owned, len + 1);

	return copy == NULL ? NULL : memcpy(copy, text, len);
}

void
config_free(struct config *c)
{
	struct config_block *b;

	if (c == NULL)
		return;
	while ((b = c->owned) != NULL) {
		c->owned = b->next;
		free(b);
	}
	free(c);
}
