/*
 * near.h - the word that somebody meant who wrote another.
 *
 *	near_start(&near, written);
 *	near_try(&near, each word that there is);
 *	near_found(&near)
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

struct near {
	const char *written, *found;
	unsigned distance; /* of FOUND; anything less is nearer */
};

void near_start(struct near *, const char *written);
void near_try(struct near *, const char *word); /* borrowed */

/* NULL: no word is so near that it was meant. */
const char *near_found(const struct near *);

#endif
