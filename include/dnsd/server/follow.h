/*
 * follow.h - questions as they are answered, a line each, for one client of
 * the control socket.
 */
#ifndef DNSD_SERVER_FOLLOW_H
#define DNSD_SERVER_FOLLOW_H

#include "dnsd/tap/tap.h"

struct evbuffer;
struct follow;

/* WHAT is "[NETWORK|- [ADDRESS]]": whose questions; NULL: all.  NULL: it is
 * neither, or there is no memory. */
struct follow *follow_open(struct store *, const char *what);
void follow_close(struct follow *); /* NULL is fine */

/* A line, if it is wanted, and OUT has room: a client that does not read
 * loses lines, and is told how many. */
void follow_print(
    struct follow *, struct evbuffer *, const struct tap_message *);

#endif
