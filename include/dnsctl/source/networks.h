/*
 * networks.h - the networks that a node follows, where it does not need all.
 *
 * They are told once, or by a file, a name a line, which is read again when
 * another is there.  What the store lacks of them is asked for, and what it
 * has besides goes: its networks alone say what was followed before.
 */
#ifndef DNSCTL_SOURCE_NETWORKS_H
#define DNSCTL_SOURCE_NETWORKS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "zones/store/read/store.h"

#define NETWORKS_OCTETS 16384   /* of a list, at most */
#define NETWORKS_MARK   "#some" /* behind a source's name, for the store */

struct network_list {
	const char *file; /* borrowed; or NULL */
	struct stat seen;
	char *list;  /* "A,B"; NULL: all */
	char *added; /* of these: those that the store lacks; NULL: none */
	char *gone;  /* what it has besides */
};

/* LIST and FILE may be NULL, not both.  False, and it was said why. */
bool networks_open(
    struct network_list *, const char *list, const char *file) MUST_CHECK;
void networks_release(struct network_list *);

/* Another file is there, and says other networks: LIST is that now. */
bool networks_changed(struct network_list *);

/* Finds what is added and what is gone. */
enum err networks_compare(struct network_list *, struct store *) MUST_CHECK;

/* LIST is "A,B", or NULL for all. */
bool networks_hold(const char *list, const char *id, size_t id_len);

/* Those of LIST that are not in OTHERS, from malloc(); NULL: none. */
char *networks_without(const char *list, const char *others);

/*
 * Which of a comma list stands at *AT; *AT is then the next.  0: no more.
 */
size_t networks_next(const char **at, const char **id);

/* What a store of SOURCE holds is enough for who needs these; NULL: all. */
bool networks_suffice(const struct network_list *, const char *source);

#endif
