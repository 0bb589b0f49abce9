/*
 * control.h - a running server, asked over its control socket.
 *
 * One command a connection; docs/instruments.md has what is answered.  A
 * server that hangs costs two seconds, and one that talks without end is cut
 * off: who asks is an instrument, and has others to look at.
 */
#ifndef DNSCTL_CONTROL_CONTROL_H
#define DNSCTL_CONTROL_CONTROL_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

#define CONTROL_DEFAULT  "/run/dnsd/control"
#define CONTROL_WHY      256
#define CONTROL_PATIENCE 2 /* seconds */
#define CONTROL_VERSION  1 /* of the report that is understood here */

/* Sends COMMAND; a socket to read the reply from, or -1 with errno. */
int control_connect(const char *path, const char *command);

/* The whole reply, malloc'd, with a zero behind it; NULL with errno. */
char *control_read(int fd, size_t *len);
/* Both. */
char *control_ask(const char *path, const char *command, size_t *len);

/*
 * What the server tells of itself: a reference of the caller's own.  NULL,
 * and WHY is a line without an end.
 */
json_t *control_report(const char *path, char why[CONTROL_WHY]);

#endif
