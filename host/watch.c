/*
 * watch.c - see watch.h.
 */
#include "host/watch.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define HAPPENS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)

/* A folder that is watched already stays so. */
static void
folder_add(const struct watch *w, const char *path)
{
	char folder[PATH_MAX];

	if (strlen(path) >= sizeof(folder))
		return;
	memcpy(folder, path, strlen(path) + 1);
	(void)inotify_add_watch(w->fd, dirname(folder), HAPPENS);
}

/* The folder of a link whose target is not there yet is enough: it comes. */
static void
folders_add(const struct watch *w)
{
	char target[PATH_MAX];

	folder_add(w, w->path);
	if (realpath(w->path, target) != NULL)
		folder_add(w, target);
}

bool
watch_open(struct watch *w, const char *path)
{
	*w = (struct watch){ .path = path,
		.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	if (w->fd < 0)
		return false;
	folders_add(w);
	(void)stat(path, &w->seen);
	return true;
}

void
watch_close(struct watch *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

bool
watch_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool
watch_changed(struct watch *w)
{
	char events[4096];
	struct stat now;

	while (read(w->fd, events, sizeof(events)) > 0)
		continue;
	folders_add(w);
	if (stat(w->path, &now) != 0 || watch_is_same(&now, &w->seen))
		return false;
	w->seen = now;
	return true;
}
