/*
 * rights.h - what the server may do, given away before the first packet is
 * read; for good, so that a reload changes nothing of it.
 */
#ifndef DNSD_SERVER_RIGHTS_H
#define DNSD_SERVER_RIGHTS_H

#include "dnsd/config/config.h"

/*
 * The user that the configuration names, before anything is opened, so that all
 * is that user's, and with the right to ports below 1024.  A failure is logged.
 */
enum err rights_become(const struct config *) MUST_CHECK;

/* All else that is of no use once sockets are bound; what is amiss is logged.
 */
void rights_give_away(const struct config *);

/* E_INPUT, logged, where NEW is not to be had with what OLD has left us. */
enum err rights_fit(const struct config *old, struct config *new) MUST_CHECK;

#endif
