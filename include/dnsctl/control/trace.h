/*
 * trace.h - who asks a server most, and for what, while all is counted.
 */
#ifndef DNSCTL_CONTROL_TRACE_H
#define DNSCTL_CONTROL_TRACE_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

#define TRACE_SECONDS     10 /* where nobody says how long */
#define TRACE_SECONDS_MAX 3600

/*
 * To standard output when SECONDS are over, or *stop, what was until then.
 * E_SYSTEM: it was logged why.
 */
enum err trace_run(const char *control, unsigned seconds, bool json,
    const volatile sig_atomic_t *stop) MUST_CHECK;

#endif
