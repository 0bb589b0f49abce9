/*
 * notify.h - what a service manager is told of us: sd_notify(3).
 *
 * It is one datagram; libsystemd would bring four compressors for it.
 */
#ifndef HOST_NOTIFY_H
#define HOST_NOTIFY_H

#include <stdint.h>

/*
 * One line or more, as "READY=1\nSTATUS=...".  Nothing where nobody started
 * us who wants to know.
 */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Microseconds after which "WATCHDOG=1" is missed; 0: never. */
uint64_t notify_watchdog(void);

#endif
