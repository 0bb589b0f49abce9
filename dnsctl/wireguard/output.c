/*
 * output.c - files that only their owner reads, and that are there whole or
 * not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "impl.h"

#define INTERFACE_MAX 15 /* octets: Linux' IFNAMSIZ and its zero */
#define SUFFIX        ".conf"

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* wg-quick makes the name of an interface of it. */
bool
output_check(const char *path)
{
	const char *base = base_of(path);
	size_t len = strlen(base), suffix = strlen(SUFFIX);

	if (len <= suffix || strcmp(base + len - suffix, SUFFIX) != 0) {
		log_error("%s: must end in %s, as wg-quick asks", path, SUFFIX);
		return false;
	}
	len -= suffix;
	if (len <= INTERFACE_MAX)
		return true;
	log_error("%s: %.*s has %zu octets, and an interface's name at"
		  " most %d: say another FILE",
	    path, (int)len, base, len, INTERFACE_MAX);
	return false;
}

static bool
output_complain(const char *path, int why)
{
	log_error("%s: %s", path, strerror(why));
	return false;
}

/* A name is on the disk when its folder is. */
static bool
folder_sync(const char *path)
{
	int len = (int)(base_of(path) - path);
	char folder[PATH_MAX];
	bool good;
	int fd;

	(void)snprintf(folder, sizeof(folder), "%.*s", len, path);
	fd = open(len == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* Of an open file: the name is still its own, and so is the file ours alone. */
static bool
file_is_ours(int fd, const char *name)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) == 0 && lstat(name, &named) == 0 &&
	    open_one.st_ino == named.st_ino &&
	    open_one.st_dev == named.st_dev && S_ISREG(open_one.st_mode) &&
	    open_one.st_nlink == 1 && open_one.st_uid == geteuid() &&
	    (open_one.st_mode & 077) == 0;
}

static bool
unwritten_take(struct pending *p, struct text *left)
{
	if (flock(p->fd, LOCK_EX | LOCK_NB) != 0 ||
	    !file_is_ours(p->fd, p->name)) {
		log_error("%s: is not ours, or another dnsctl is at work on it",
		    p->name);
		return false;
	}
	return text_read(left, p->fd) || output_complain(p->name, errno);
}

bool
pending_open(struct pending *p, const char *path, struct text *left)
{
	struct stat there;

	if (strlen(path) + sizeof(".new") > sizeof(p->name))
		return output_complain(path, ENAMETOOLONG);
	if (lstat(path, &there) == 0)
		return output_complain(path, EEXIST);
	(void)snprintf(p->name, sizeof(p->name), "%s.new", path);
	p->fd = open(p->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p->fd < 0)
		return output_complain(path, errno);
	if (unwritten_take(p, left)) {
		p->path = path;
		return true;
	}
	(void)close(p->fd);
	return false;
}

bool
pending_write(struct pending *p, const struct text *t)
{
	return (ftruncate(p->fd, 0) == 0 && lseek(p->fd, 0, SEEK_SET) == 0 &&
		   text_write(t, p->fd) && fsync(p->fd) == 0 &&
		   folder_sync(p->path)) ||
	    output_complain(p->path, errno);
}

/* Never over a file that has come meanwhile. */
static bool
rename_anew(const char *from, const char *to)
{
	/* Not all C libraries have a function for it. */
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
		RENAME_NOREPLACE) == 0)
		return true;
	/* NFS cannot. */
	return errno == EINVAL && link(from, to) == 0 && unlink(from) == 0;
}

bool
pending_finish(struct pending *p)
{
	bool good = rename_anew(p->name, p->path) && folder_sync(p->path);

	if (!good)
		log_error("%s: %s; what it should hold is in %s", p->path,
		    strerror(errno), p->name);
	(void)close(p->fd);
	p->path = NULL;
	return good;
}

void
pending_undo(struct pending *p)
{
	if (p->path == NULL)
		return;
	(void)unlink(p->name);
	(void)close(p->fd);
	p->path = NULL;
}
