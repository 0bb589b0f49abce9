/*
 * networks.h - the networks that a node follows, where it does not need all.
 */
#ifndef DNSCTL_SOURCE_NETWORKS_H
#define DNSCTL_SOURCE_NETWORKS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/siphash.h"

/* NETWORKS is "A,B", or NULL for all. */
static inline bool
networks_hold(const char *networks, const char *id, size_t id_len)
{
	size_t len;

	if (networks == NULL)
		return true;
	for (;; networks += len + 1) {
		len = strcspn(networks, ",");
		if (len == id_len && memcmp(networks, id, len) == 0)
			return true;
		if (networks[len] == '\0')
			return false;
	}
}

#define NETWORKS_MARK 18 /* octets */

/* "#HASH", or "": a source of other networks is another source. */
static inline void
networks_mark(const char *networks, char mark[NETWORKS_MARK])
{
	static const struct siphash_key key;

	mark[0] = '\0';
	if (networks != NULL)
		(void)snprintf(mark, NETWORKS_MARK, "#%016llx",
		    (unsigned long long)siphash(
			&key, 0, networks, strlen(networks)));
}

#endif
