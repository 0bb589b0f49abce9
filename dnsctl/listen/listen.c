/*
 * listen.c - see listen.h.
 */
#include "dnsctl/listen/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 128

/* False, with a line in the log, where TEXT is no address with a port. */
static bool
address_read(const char *text, const char *example, struct addrinfo **out)
{
	const struct addrinfo numeric = { .ai_flags =
					      AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	const char *port = strrchr(text, ':');
	size_t len = port == NULL ? 0 : (size_t)(port - text);
	char host[64];
	bool six = len > 2 && text[0] == '[' && text[len - 1] == ']';

	(void)snprintf(host, sizeof(host), "%.*s", (int)(six ? len - 2 : len),
	    six ? text + 1 : text);
	if (len > 0 && len < sizeof(host) &&
	    getaddrinfo(host, port + 1, &numeric, out) == 0)
		return true;
	log_error("%s: must be an address and a port, as %s or [::1]:9153",
	    text, example);
	return false;
}

static bool
is_loopback(const struct sockaddr *a)
{
	const struct sockaddr_in6 *six = (const void *)a;
	const struct sockaddr_in *four = (const void *)a;

	return a->sa_family == AF_INET6
	    ? IN6_IS_ADDR_LOOPBACK(&six->sin6_addr)
	    : ntohl(four->sin_addr.s_addr) >> 24 == 127;
}

/* At one of AT; -1, and errno says why. */
static int
http_socket_open(const struct addrinfo *at)
{
	const int one = 1;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int why;

	if (fd < 0 ||
	    (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
		bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
		listen(fd, BACKLOG) == 0))
		return fd;
	why = errno;
	(void)close(fd);
	errno = why;
	return -1;
}

int
listen_open(
    const char *address, const char *example, bool knows, const char *remedy)
{
	struct addrinfo *at;
	int fd = -1;

	if (!address_read(address, example, &at))
		return -1;
	if (!knows && !is_loopback(at->ai_addr))
		log_error("%s: others than this host can reach that; %s",
		    address, remedy);
	else if ((fd = http_socket_open(at)) < 0)
		log_error(
		    "%s: cannot listen there: %s", address, strerror(errno));
	freeaddrinfo(at);
	return fd;
}
