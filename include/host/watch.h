/*
 * watch.h - a file of the system's that others change.
 *
 * They write into it, put another in its place, or let its link lead
 * elsewhere: so what is watched are the folders, of the link and of what it
 * leads to, and what counts is whether another file is there.
 */
#ifndef HOST_WATCH_H
#define HOST_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>

struct watch {
	const char *path; /* borrowed */
	int fd;           /* to be read from when something happened; or -1 */
	struct stat seen;
};

/* False with errno: nothing will be seen. */
bool watch_open(struct watch *, const char *path);
void watch_close(struct watch *);

/* Takes what happened; true: there is a file, and not the one seen last. */
bool watch_changed(struct watch *);

/* Of two looks: the file is the same one, and nobody wrote into it. */
bool watch_is_same(const struct stat *, const struct stat *);

#endif
