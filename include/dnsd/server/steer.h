/*
 * steer.h - what a processor receives is answered on that processor.
 *
 * The kernel spreads packets over the sockets of a group by a hash of their
 * addresses, so that most come to a worker on another processor.  Steered, each
 * worker stays on a processor of its own and is given what is received there;
 * what others receive is still spread.
 */
#ifndef DNSD_SERVER_STEER_H
#define DNSD_SERVER_STEER_H

#include <pthread.h>
#include <stdbool.h>

/*
 * The SO_REUSEPORT group of a socket; its first sockets, in the order in
 * which they were bound, are those of WORKERS.  False with errno.
 */
bool steer_group(int fd, unsigned workers);
/* As the kernel does it by itself. */
void steer_group_not(int fd);

/* False with errno; nothing where there are more workers than processors. */
bool steer_thread(pthread_t, unsigned worker);

#endif
