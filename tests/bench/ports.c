/*
 * ports.c - preloaded into dnsd: what other ways to use ports would cost.
 *
 * The server gives a socket's port up before each batch of questions, by
 * connect() to nobody.  With PORTS=keep it stays instead; with PORTS=connect
 * the socket is then connected to 127.0.0.1, port UPSTREAM, so that the
 * kernel takes replies from there alone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int keeps;
static struct sockaddr_in upstream;

__attribute__((constructor)) static void
begin(void)
{
	const char *port = getenv("UPSTREAM");

	keeps = strcmp(getenv("PORTS"), "keep") == 0;
	upstream = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* By its name alone: glibc declares it with a union of all addresses. */
int shim_connect(int, const struct sockaddr *, socklen_t) __asm__("connect");

int
shim_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	if (to->sa_family != AF_UNSPEC)
		return (int)syscall(SYS_connect, fd, to, len);
	if (keeps)
		return 0;
	(void)syscall(SYS_connect, fd, to, len);
	return (int)syscall(
	    SYS_connect, fd, &upstream, (socklen_t)sizeof(upstream));
}

/* Of a port that was given up, what is left of it is read. */
ssize_t
recv(int fd, void *to, size_t room, int flags)
{
	if (keeps && to == NULL) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_recvfrom, fd, to, room, flags, NULL, NULL);
}
