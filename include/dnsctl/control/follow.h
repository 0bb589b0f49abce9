/*
 * follow.h - questions of a server as they are answered, a line each.
 */
#ifndef DNSCTL_CONTROL_FOLLOW_H
#define DNSCTL_CONTROL_FOLLOW_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * To standard output until *stop, of NETWORK and FROM an address, or of all
 * (NULL); JSON as the server writes it, else for people.  E_SYSTEM: it was
 * logged why.
 */
enum err follow_run(const char *control, const char *network, const char *from,
    bool json, const volatile sig_atomic_t *stop) MUST_CHECK;

#endif
