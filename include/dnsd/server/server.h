/*
 * server.h - the main thread: starts workers, obeys signals, sums counters.
 *
 * SIGTERM and SIGINT end it.  SIGHUP rereads the configuration: a bad one
 * is reported and changes nothing; a good one starts new workers, which
 * take over the sockets of listeners that stay, and then retires the old.
 */
#ifndef DNSD_SERVER_SERVER_H
#define DNSD_SERVER_SERVER_H

#include "base/err.h"

/* Serves as FILE says until told to end.  What fails is logged. */
enum err server_run(const char *file) MUST_CHECK;

#endif
