/*
 * control.c - see control.h.
 */
#include "dnsctl/control/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLY_MAX (8 << 20) /* octets; a report of many upstreams is 1 MB */

static int
control_fail(int fd, int error)
{
	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return -1;
}

int
control_connect(const char *path, const char *command)
{
	const struct timeval patience = { .tv_sec = CONTROL_PATIENCE };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return control_fail(fd, ENAMETOOLONG);
	memcpy(address.sun_path, path, strlen(path));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) !=
		0 ||
	    dprintf(fd, "%s\n", command) < 0)
		return control_fail(fd, errno);
	return fd;
}

/* False with errno; the reply is OUT's. */
static bool
read_all(int fd, FILE *out)
{
	char piece[16384];
	size_t got = 0;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		got += (size_t)n;
		if (got > REPLY_MAX) {
			errno = EMSGSIZE;
			return false;
		}
		(void)fwrite(piece, 1, (size_t)n, out);
	}
	return n == 0;
}

char *
control_read(int fd, size_t *len)
{
	int error = ENOMEM;
	char *reply = NULL;
	FILE *out = open_memstream(&reply, len);
	bool whole;

	whole = out != NULL && read_all(fd, out);
	if (!whole && out != NULL)
		error = errno == EAGAIN ? ETIMEDOUT : errno;
	if ((out != NULL && fclose(out) != 0) || !whole) {
		free(reply);
		reply = NULL;
		errno = error;
	}
	return reply;
}

char *
control_ask(const char *path, const char *command, size_t *len)
{
	int fd = control_connect(path, command), error;
	char *reply;

	if (fd < 0)
		return NULL;
	reply = control_read(fd, len);
	error = errno;
	(void)close(fd);
	errno = error;
	return reply;
}

json_t *
control_report(const char *path, char why[CONTROL_WHY])
{
	json_error_t wrong;
	json_t *report;
	size_t len;
	char *text = control_ask(path, "report", &len);

	if (text == NULL) {
		(void)snprintf(
		    why, CONTROL_WHY, "%s: %s", path, strerror(errno));
		return NULL;
	}
	report = json_loadb(text, len, 0, &wrong);
	free(text);
	if (json_integer_value(json_object_get(report, "dnsd")) ==
	    CONTROL_VERSION)
		return report;
	(void)snprintf(why, CONTROL_WHY,
	    "%s: what answers there is no dnsd, or one of another version",
	    path);
	json_decref(report);
	return NULL;
}
