/*
 * shim.c - preloaded: what a program writes below a folder, in which order, and
 * when it is safe on the disk; and a disk that is full.
 *
 * CRASH_STORE is the folder.  CRASH_LOG gets a record of each call that
 * succeeded; crash.py makes of them what a crash of the machine could have
 * left.  CRASH_ROOM is how many octets there is room for.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES  16
#define FDS    256
#define SECTOR 512 /* is written whole or not at all */

/* As crash.py reads it; NAME or data follow. */
struct record {
	uint8_t
	    kind; /* name, write, dsync-write, sync, truncate, rename, output */
	uint8_t file;
	uint16_t zero;
	uint32_t len;
	uint64_t at;
};

static const char *store;
static int log_fd = -1;
static int64_t room = -1;    /* octets left; -1: enough */
static char *names[FILES];   /* of the files below the folder */
static uint8_t file_of[FDS]; /* 1 + index in names; 0: none of ours */
static uint8_t synced[FDS];  /* was opened with O_DSYNC */

#define REAL(name) (__extension__((__typeof__(&(name)))dlsym(RTLD_NEXT, #name)))

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("CRASH_LOG"), *octets = getenv("CRASH_ROOM");

	store = getenv("CRASH_STORE");
	if (path != NULL)
		log_fd = REAL(open)(
		    path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (octets != NULL)
		room = strtoll(octets, NULL, 10);
}

static void
note(uint8_t kind, int file, uint64_t at, const struct iovec *v, int n,
    size_t len)
{
	struct record r = { kind, (uint8_t)file, 0, (uint32_t)len, at };
	ssize_t done;

	if (log_fd < 0)
		return;
	done = REAL(write)(log_fd, &r, sizeof(r));
	for (int i = 0; i < n && len > 0; i++) {
		size_t part = v[i].iov_len < len ? v[i].iov_len : len;

		done = REAL(write)(log_fd, v[i].iov_base, part);
		len -= part;
	}
	(void)done;
}

static void
note_name(uint8_t kind, int file)
{
	const struct iovec v = { names[file], strlen(names[file]) };

	note(kind, file, 0, &v, 1, v.iov_len);
}

/* Below the folder, or -1. */
static const char *
name_below(const char *path)
{
	size_t len = store == NULL ? 0 : strlen(store);

	if (len == 0 || strncmp(path, store, len) != 0)
		return NULL;
	return path[len] == '/' ? path + len + 1 : path[len] == 0 ? "" : NULL;
}

static int
file_named(const char *name)
{
	int i;

	for (i = 0; i < FILES - 1 && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	names[i] = strdup(name);
	note_name('n', i);
	return i;
}

static int
opened(int fd, const char *path, int flags)
{
	const char *name = name_below(path);

	if (fd < 0 || fd >= FDS || name == NULL)
		return fd;
	file_of[fd] = (uint8_t)(1 + file_named(name));
	synced[fd] = (flags & O_DSYNC) != 0;
	if ((flags & O_TRUNC) != 0)
		note('t', file_of[fd] - 1, 0, NULL, 0, 0);
	return fd;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return opened(REAL(open)(path, flags, mode), path, flags);
}

int
close(int fd)
{
	if (fd >= 0 && fd < FDS)
		file_of[fd] = 0;
	return REAL(close)(fd);
}

static int
file(int fd)
{
	return fd >= 0 && fd < FDS ? file_of[fd] - 1 : -1;
}

/* How many of LEN octets there is room for; -1: none. */
static ssize_t
take(size_t len)
{
	if (room < 0 || (int64_t)len <= room) {
		room -= room < 0 ? 0 : (int64_t)len;
		return (ssize_t)len;
	}
	len = len <= SECTOR ? 0 : (size_t)room;
	room = 0;
	if (len > 0)
		return (ssize_t)len;
	errno = ENOSPC;
	return -1;
}

static ssize_t
written(int fd, const struct iovec *v, int n, ssize_t done, off_t at)
{
	if (done > 0)
		note(synced[fd] ? 'd' : 'w', file(fd), (uint64_t)at, v, n,
		    (size_t)done);
	return done;
}

ssize_t
write(int fd, const void *buf, size_t len)
{
	const struct iovec v = { (void *)(uintptr_t)buf, len };

	return file(fd) < 0 ? REAL(write)(fd, buf, len) : writev(fd, &v, 1);
}

/* Whoever reads it knows what was acknowledged. */
int
fflush(FILE *stream)
{
	int rc = REAL(fflush)(stream);

	if (rc == 0 && stream == stdout)
		note('o', 0, 0, NULL, 0, 0);
	return rc;
}

ssize_t
pwrite(int fd, const void *buf, size_t len, off_t at)
{
	const struct iovec v = { (void *)(uintptr_t)buf, len };
	ssize_t may = (ssize_t)len;

	if (file(fd) >= 0 && (may = take(len)) < 0)
		return -1;
	may = REAL(pwrite)(fd, buf, (size_t)may, at);
	return file(fd) < 0 ? may : written(fd, &v, 1, may, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	off_t at = file(fd) < 0 ? 0 : lseek(fd, 0, SEEK_CUR);
	size_t len = 0;
	ssize_t may, sum = 0;

	if (file(fd) < 0)
		return REAL(writev)(fd, v, n);
	for (int i = 0; i < n; i++)
		len += v[i].iov_len;
	may = take(len);
	if (may < 0)
		return -1;
	for (int i = 0; i < n && sum < may; i++) {
		size_t part = (size_t)(may - sum);

		if (part > v[i].iov_len)
			part = v[i].iov_len;
		if (REAL(write)(fd, v[i].iov_base, part) != (ssize_t)part)
			abort();
		sum += (ssize_t)part;
	}
	return written(fd, v, n, sum, at);
}

int
statvfs(const char *path, struct statvfs *fs)
{
	int rc = REAL(statvfs)(path, fs);

	if (room >= 0 && name_below(path) != NULL)
		fs->f_bavail = 0;
	return rc;
}

int
ftruncate(int fd, off_t len)
{
	int rc = REAL(ftruncate)(fd, len);

	if (rc == 0 && file(fd) >= 0)
		note('t', file(fd), (uint64_t)len, NULL, 0, 0);
	return rc;
}

int
fdatasync(int fd)
{
	int rc = REAL(fdatasync)(fd);

	if (rc == 0 && file(fd) >= 0)
		note('s', file(fd), 0, NULL, 0, 0);
	return rc;
}

int
fsync(int fd)
{
	int rc = REAL(fsync)(fd);

	if (rc == 0 && file(fd) >= 0)
		note('s', file(fd), 0, NULL, 0, 0);
	return rc;
}

int
rename(const char *from, const char *to)
{
	const char *name = name_below(to);
	int rc = REAL(rename)(from, to), moved;

	if (rc != 0 || name == NULL || name_below(from) == NULL)
		return rc;
	moved = file_named(name_below(from));
	for (int i = 0; i < FILES && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			names[i][0] = '\0'; /* is in no folder any more */
	names[moved] = strdup(name);
	note_name('r', moved);
	return rc;
}
