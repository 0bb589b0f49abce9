/*
 * near.c - see near.h.
 */
#include "base/near.h"

#include <stddef.h>
#include <string.h>

#define LONGEST 40 /* what is longer is near to nothing */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Letters that are missing, too many, others, or two that changed places:
 * each is one step.  The row before last is for the latter.
 */
static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][LONGEST + 1], *above = rows[0], *here = rows[1],
				       *last = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		here[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *next = above;

		above = last;
		last = here;
		here = next;
		here[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			here[j] = least(least(last[j], here[j - 1]) + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				here[j] = least(here[j], above[j - 2] + 1);
		}
	}
	return here[b_len];
}

/* A step for three letters; a word begun is meant, too. */
void
near_start(struct near *n, const char *written)
{
	n->written = written;
	n->found = NULL;
	n->distance = (unsigned)(strlen(written) + 1) / 3 + 1;
}

void
near_try(struct near *n, const char *word)
{
	size_t a = strlen(n->written), b = strlen(word);
	unsigned d;

	if (a == 0 || a > LONGEST || b > LONGEST)
		return;
	d = a >= 3 && strncmp(n->written, word, a) == 0
	    ? 1
	    : distance(n->written, a, word, b);
	if (d >= n->distance)
		return;
	n->distance = d;
	n->found = word;
}

const char *
near_found(const struct near *n)
{
	return n->found;
}
