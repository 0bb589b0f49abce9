/*
 * socket.c - see socket.h.
 */
#include "dnsd/listen/socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* A burst of some 10,000 questions; what is more is lost anyway. */
#define BUFFER_SIZE (8 << 20)
#define BACKLOG     4096
/* A longest message; the kernel doubles it for what it adds to octets. */
#define TCP_BUFFER (1 << 16)
/* Every IPv6 link carries it (RFC 8200, 5). */
#define IPV6_MTU_MIN 1280

struct option {
	int level, name, value;
	bool needed;
};

/* Ends with level -1. */
static bool
options_set(int fd, const struct option *o)
{
	for (; o->level >= 0; o++)
		if (setsockopt(fd, o->level, o->name, &o->value,
			sizeof(o->value)) != 0 &&
		    o->needed)
			return false;
	return true;
}

/*
 * FREEBIND: an address may come to lo or to a tunnel after we start; and
 * replies may leave from one that is only routed here (`ip route add
 * local`).  Needs no privilege.
 */
static const struct option options_v4[] = {
	{ SOL_SOCKET, SO_REUSEPORT, 1, true },
	{ IPPROTO_IP, IP_FREEBIND, 1, false },
	{ -1, 0, 0, false },
};
static const struct option options_v6[] = {
	{ SOL_SOCKET, SO_REUSEPORT, 1, true },
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1, true },
	{ IPPROTO_IPV6, IPV6_FREEBIND, 1, false },
	{ -1, 0, 0, false },
};

/*
 * A question is not asked long enough to learn a path's MTU, and forged ICMP
 * could tell another.  IPv4: whole, see udp_send().  IPv6 may not be cut on
 * the way, so we cut it to what passes everywhere.
 */
static const struct option options_udp_v4[] = {
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, false },
	{ -1, 0, 0, false },
};
static const struct option options_udp_v6[] = {
	{ IPPROTO_IPV6, IPV6_MTU, IPV6_MTU_MIN, false },
	{ -1, 0, 0, false },
};

/* Replies tell from which address they are to leave, see udp_batch.c. */
static const struct option options_wildcard_v4[] = {
	{ IPPROTO_IP, IP_PKTINFO, 1, true },
	{ -1, 0, 0, false },
};
static const struct option options_wildcard_v6[] = {
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, true },
	{ -1, 0, 0, false },
};

/*
 * Accepted connections inherit these; replies are written whole.  Buffers that
 * grew by themselves held 4 MB for who does not read.
 */
static const struct option options_tcp[] = {
	{ SOL_SOCKET, SO_REUSEADDR, 1, true },
	{ SOL_SOCKET, SO_SNDBUF, TCP_BUFFER, true },
	{ SOL_SOCKET, SO_RCVBUF, TCP_BUFFER, true },
	{ IPPROTO_TCP, TCP_NODELAY, 1, false },
	{ -1, 0, 0, false },
};

/* Beyond net.core.rmem_max where we may (CAP_NET_ADMIN), else up to it. */
static void
buffers_grow(int fd)
{
	int size = BUFFER_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) !=
	    0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) !=
	    0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

bool
listen_socket_prepare(int fd, const struct config_listen *l, int type)
{
	bool four = l->address.any.sa_family == AF_INET;

	if (type == SOCK_STREAM)
		return options_set(fd, options_tcp);
	buffers_grow(fd);
	return options_set(fd, four ? options_udp_v4 : options_udp_v6) &&
	    (!config_listen_is_wildcard(l) ||
		options_set(
		    fd, four ? options_wildcard_v4 : options_wildcard_v6));
}

/* A bound socket, or -1 with errno. */
static int
socket_open(const struct config_listen *l, int type)
{
	bool four = l->address.any.sa_family == AF_INET;
	int saved,
	    fd = socket(l->address.any.sa_family,
		type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (options_set(fd, four ? options_v4 : options_v6) &&
	    listen_socket_prepare(fd, l, type) &&
	    bind(fd, &l->address.any, sockaddr_len(&l->address)) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, BACKLOG) == 0))
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

enum err
listen_is_free(const struct config_listen *l)
{
	char text[CONFIG_LISTEN_TEXT];
	static const struct option alone[] = {
		{ IPPROTO_IPV6, IPV6_V6ONLY, 1, false },
		{ -1, 0, 0, false },
	};
	int fd = socket(l->address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool taken = fd >= 0 && options_set(fd, alone) &&
	    bind(fd, &l->address.any, sockaddr_len(&l->address)) != 0 &&
	    errno == EADDRINUSE;

	if (fd >= 0)
		(void)close(fd);
	if (!taken)
		return E_OK;
	log_error(
	    "%s: another program listens there", config_listen_text(l, text));
	return E_SYSTEM;
}

/*
 * The old socket itself, under a descriptor of our own; else a new one.  FDS
 * is the kind of socket among OLD's.
 */
static int
socket_get(const struct config_listen *l, int type,
    const struct listen_sockets *old, const int *fds, unsigned i)
{
	if (old == NULL || (i >= old->count && !old->passed))
		return socket_open(l, type);
	return fcntl(fds[i % old->count], F_DUPFD_CLOEXEC, 0);
}

/* Its interface is not there. */
static bool
listen_is_absent(const struct config_listen *l)
{
	return l->link.name[0] != '\0' && l->link.index == 0;
}

enum err
listen_sockets_open(struct listen_sockets *s, const struct config_listen *l,
    unsigned count, const struct listen_sockets *old)
{
	unsigned inherited = old == NULL ? 0 : old->count;
	char text[CONFIG_LISTEN_TEXT];

	assert(old == NULL || config_listen_is_same(old->listen, l));
	if (count < inherited)
		count = inherited;
	if (listen_is_absent(l))
		count = 0;
	*s = (struct listen_sockets){ .listen = l,
		.passed = old != NULL && old->passed };
	s->udp = calloc(count + 1, sizeof(*s->udp));
	s->tcp = calloc(count + 1, sizeof(*s->tcp));
	if (s->udp == NULL || s->tcp == NULL) {
		listen_sockets_close(s);
		return E_NOMEM;
	}
	for (; s->count < count; s->count++) {
		unsigned i = s->count;

		s->udp[i] = socket_get(
		    l, SOCK_DGRAM, old, old == NULL ? NULL : old->udp, i);
		s->tcp[i] = socket_get(
		    l, SOCK_STREAM, old, old == NULL ? NULL : old->tcp, i);
		if (s->udp[i] >= 0 && s->tcp[i] >= 0)
			continue;
		log_error("%s: cannot listen there (%s): %s",
		    config_listen_text(l, text), s->udp[i] < 0 ? "UDP" : "TCP",
		    strerror(errno));
		s->count++;
		listen_sockets_close(s);
		return E_SYSTEM;
	}
	return E_OK;
}

static void
pair_close(struct listen_sockets *s, unsigned i)
{
	if (s->udp[i] >= 0)
		(void)close(s->udp[i]);
	if (s->tcp[i] >= 0)
		(void)close(s->tcp[i]);
	s->udp[i] = s->tcp[i] = -1;
}

void
listen_sockets_leave(struct listen_sockets *s, unsigned i)
{
	if (!s->handed_on)
		pair_close(s, i);
}

void
listen_sockets_close(struct listen_sockets *s)
{
	for (unsigned i = 0; i < s->count; i++)
		pair_close(s, i);
	free(s->udp);
	free(s->tcp);
	*s = (struct listen_sockets){ 0 };
}
