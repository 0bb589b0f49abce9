/*
 * listen.h - a socket that listens, of a command that serves others.
 */
#ifndef DNSCTL_LISTEN_LISTEN_H
#define DNSCTL_LISTEN_LISTEN_H

#include <stdbool.h>

/*
 * At ADDRESS, "127.0.0.1:9153" or "[::1]:9153"; EXAMPLE is one for who erred.
 * Where not KNOWS, nobody asks who clients are: then it must be a loopback, and
 * REMEDY says what would let others in.  -1, and it was said why.
 */
int listen_open(
    const char *address, const char *example, bool knows, const char *remedy);

#endif
