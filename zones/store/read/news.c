/*
 * news.c - when another look at a store's files is worth it: the kernel tells.
 *
 * Watched are the folder, where files come, go and are written, the one above
 * it, and what is mounted.  On a file system that others may write past this
 * kernel, or that cannot be watched, it is looked once a second.
 */
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "zones/store/read/env.h"

/* Between two looks; of that, for a commit that has begun to write. */
#define LOOK_MS   1000
#define COMMIT_MS 200

#define NAMES  (IN_CREATE | IN_DELETE | IN_MOVE | IN_MOVE_SELF | IN_ONLYDIR)
#define OCTETS (NAMES | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF)

static bool
is_ours_alone(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 &&
	    (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC ||
		fs.f_type == BTRFS_SUPER_MAGIC ||
		fs.f_type == F2FS_SUPER_MAGIC || fs.f_type == TMPFS_MAGIC);
}

bool
news_open(struct news *n)
{
	n->of[NEWS_END] = eventfd(0, EFD_CLOEXEC);
	n->of[NEWS_CALL] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	n->of[NEWS_FILES] = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	n->of[NEWS_MOUNTS] = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	return n->of[NEWS_END] >= 0 && n->of[NEWS_CALL] >= 0;
}

void
news_close(struct news *n)
{
	for (int i = 0; i < NEWS; i++)
		if (n->of[i] >= 0)
			(void)close(n->of[i]);
}

/* What is watched already stays so. */
bool
news_watch(struct news *n, const char *path)
{
	char above[4096];

	(void)snprintf(above, sizeof(above), "%s", path);
	return is_ours_alone(path) &&
	    inotify_add_watch(n->of[NEWS_FILES], dirname(above), NAMES) >= 0 &&
	    inotify_add_watch(n->of[NEWS_FILES], path, OCTETS) >= 0;
}

bool
news_wait(struct news *n, bool told, int most_ms)
{
	struct pollfd all[NEWS];
	char events[4096];

	for (int i = 0; i < NEWS; i++)
		all[i] = (struct pollfd){ .fd = n->of[i],
			.events = i == NEWS_MOUNTS ? POLLPRI : POLLIN };
	(void)poll(all, 1, LOOK_MS - COMMIT_MS);
	if (told && all[NEWS_END].revents == 0)
		(void)poll(all, NEWS, most_ms);
	if (all[NEWS_END].revents == 0)
		(void)poll(all, 1, COMMIT_MS);
	for (int i = NEWS_CALL; i <= NEWS_FILES; i++)
		while (read(n->of[i], events, sizeof(events)) > 0)
			continue;
	return all[NEWS_END].revents == 0;
}
