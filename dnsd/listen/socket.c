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
#define UDP_BUFFER (8 << 20)
#define BACKLOG    4096
/* A longest message; the kernel doubles it for what it adds to octets. */
#define TCP_BUFFER (1 << 16)
/* Every IPv6 link carries it (RFC 8200, 5). */
#define IPV6_MTU_MIN 1280

enum when { ALWAYS, BINDING, WILDCARD };

/* Of all families and types, where it is 0. */
static const struct {
	int family, type;
	enum when when;
	int level, name, value;
	bool needed;
} options[] = {
	{ 0, 0, BINDING, SOL_SOCKET, SO_REUSEPORT, 1, true },
	{ AF_INET6, 0, BINDING, IPPROTO_IPV6, IPV6_V6ONLY, 1, true },
	/*
	 * An address may come to lo or to a tunnel after we start; and replies
	 * may leave from one that is only routed here (`ip route add local`).
	 * Needs no privilege.
	 */
	{ AF_INET, 0, BINDING, IPPROTO_IP, IP_FREEBIND, 1, false },
	{ AF_INET6, 0, BINDING, IPPROTO_IPV6, IPV6_FREEBIND, 1, false },
	/* Up to net.core.rmem_max, and beyond where we may (CAP_NET_ADMIN). */
	{ 0, SOCK_DGRAM, ALWAYS, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER, false },
	{ 0, SOCK_DGRAM, ALWAYS, SOL_SOCKET, SO_RCVBUFFORCE, UDP_BUFFER,
	    false },
	{ 0, SOCK_DGRAM, ALWAYS, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER, false },
	{ 0, SOCK_DGRAM, ALWAYS, SOL_SOCKET, SO_SNDBUFFORCE, UDP_BUFFER,
	    false },
	/*
	 * A question is not asked long enough to learn a path's MTU, and
	 * forged ICMP could tell another.  IPv4: whole, see messages_send().
	 * IPv6 may not be cut on the way, so we cut it to what passes
	 * everywhere.
	 */
	{ AF_INET, SOCK_DGRAM, ALWAYS, IPPROTO_IP, IP_MTU_DISCOVER,
	    IP_PMTUDISC_PROBE, false },
	{ AF_INET6, SOCK_DGRAM, ALWAYS, IPPROTO_IPV6, IPV6_MTU, IPV6_MTU_MIN,
	    false },
	/* systemd may have asked to be told; replies would echo it. */
	{ 0, SOCK_DGRAM, ALWAYS, SOL_SOCKET, SO_TIMESTAMPNS, 0, false },
	/* Replies tell from which address they are to leave: udp.c. */
	{ AF_INET, SOCK_DGRAM, WILDCARD, IPPROTO_IP, IP_PKTINFO, 1, true },
	{ AF_INET6, SOCK_DGRAM, WILDCARD, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1,
	    true },
	/*
	 * Accepted connections inherit these; replies are written whole.
	 * Buffers that grew by themselves held 4 MB for who does not read.
	 */
	{ 0, SOCK_STREAM, ALWAYS, SOL_SOCKET, SO_REUSEADDR, 1, true },
	{ 0, SOCK_STREAM, ALWAYS, SOL_SOCKET, SO_SNDBUF, TCP_BUFFER, true },
	{ 0, SOCK_STREAM, ALWAYS, SOL_SOCKET, SO_RCVBUF, TCP_BUFFER, true },
	{ 0, SOCK_STREAM, ALWAYS, IPPROTO_TCP, TCP_NODELAY, 1, false },
};

static bool
options_apply(int fd, const struct config_listen *l, int type, enum when when)
{
	int family = l->address.any.sa_family;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].when == when &&
		    (options[i].family == 0 || options[i].family == family) &&
		    (options[i].type == 0 || options[i].type == type) &&
		    setsockopt(fd, options[i].level, options[i].name,
			&options[i].value, sizeof(options[i].value)) != 0 &&
		    options[i].needed)
			return false;
	return true;
}

bool
listen_socket_prepare(int fd, const struct config_listen *l, int type)
{
	return options_apply(fd, l, type, ALWAYS) &&
	    (!config_listen_is_wildcard(l) ||
		options_apply(fd, l, type, WILDCARD));
}

/* A bound socket, or -1 with errno. */
static int
bound_open(const struct config_listen *l, int type)
{
	int saved,
	    fd = socket(l->address.any.sa_family,
		type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (options_apply(fd, l, type, BINDING) &&
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
	int fd = socket(l->address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int alone = 1;
	bool taken;

	if (fd < 0)
		return E_OK;
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &alone, sizeof(alone));
	taken = bind(fd, &l->address.any, sockaddr_len(&l->address)) != 0 &&
	    errno == EADDRINUSE;
	(void)close(fd);
	if (!taken)
		return E_OK;
	log_error(
	    "%s: another program listens there", config_listen_text(l, text));
	return E_SYSTEM;
}

/*
 * The old socket itself, under a descriptor of our own; else a new one.  FDS
 * are those of its kind among OLD's.
 */
static int
socket_get(const struct config_listen *l, int type,
    const struct listen_sockets *old, const int *fds, unsigned i)
{
	return i < old->count || (old->passed && old->count > 0)
	    ? fcntl(fds[i % old->count], F_DUPFD_CLOEXEC, 0)
	    : bound_open(l, type);
}

enum err
listen_sockets_open(struct listen_sockets *s, const struct config_listen *l,
    unsigned count, const struct listen_sockets *old)
{
	static const struct listen_sockets none = { .count = 0 };
	char text[CONFIG_LISTEN_TEXT];
	bool good = true;

	assert(old == NULL || config_listen_is_same(old->listen, l));
	old = old == NULL ? &none : old;
	if (count < old->count)
		count = old->count;
	/* Its interface is not there. */
	if (l->link.name[0] != '\0' && l->link.index == 0)
		count = 0;
	*s = (struct listen_sockets){ .listen = l, .passed = old->passed };
	s->udp = calloc(count + 1, sizeof(*s->udp));
	s->tcp = calloc(count + 1, sizeof(*s->tcp));
	if (s->udp == NULL || s->tcp == NULL) {
		listen_sockets_close(s);
		return E_NOMEM;
	}
	for (unsigned i = 0; good && i < count; i = s->count) {
		s->udp[i] = socket_get(l, SOCK_DGRAM, old, old->udp, i);
		s->tcp[i] = s->udp[i] < 0
		    ? -1
		    : socket_get(l, SOCK_STREAM, old, old->tcp, i);
		good = s->tcp[i] >= 0;
		s->count++;
	}
	if (good)
		return E_OK;
	log_error("%s: cannot listen there (%s): %s",
	    config_listen_text(l, text),
	    s->udp[s->count - 1] < 0 ? "UDP" : "TCP", strerror(errno));
	listen_sockets_close(s);
	return E_SYSTEM;
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
