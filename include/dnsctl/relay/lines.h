/*
 * lines.h - lines of a feed, copied piece by piece: all, or those of networks.
 */
#ifndef DNSCTL_RELAY_LINES_H
#define DNSCTL_RELAY_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	const char *networks; /* "A,B"; NULL: all */
	const char *had;      /* but what is of these alone; or NULL */
	size_t at;            /* in the text */
	bool inside, wanted;  /* of a line that was begun: the rest */
};

/* From TEXT, which is whole lines; returns how many octets were copied. */
size_t lines_copy(
    struct lines *, const char *text, size_t len, char *to, size_t room);

/* A line as we print them is of no network, or of one of NETWORKS. */
bool lines_want(const char *networks, const char *line, size_t len);

#endif
