/*
 * passed.c - sockets that a service manager opened: sd_listen_fds(3).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "dnsd/listen/socket.h"

#define FIRST 3 /* the descriptor that they begin at */

/* One behind the last of them. */
static int
passed_end(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");

	if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != getpid())
		return FIRST;
	return FIRST + (int)strtol(count, NULL, 10);
}

/* [::] is for IPv6 alone, else IPv4 came there as IPv6, of no network. */
static bool
is_for(int fd, const struct config_listen *l, int type)
{
	struct config_listen its = { .line = 0 };
	socklen_t len = sizeof(its.address), int_len = sizeof(int);
	int its_type, only = 1;

	if (getsockname(fd, &its.address.any, &len) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &its_type, &int_len) != 0)
		return false;
	if (config_listen_is_wildcard(l) &&
	    l->address.any.sa_family == AF_INET6)
		(void)getsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &int_len);
	its.link.index = its.address.v6.sin6_scope_id;
	return its_type == type && config_listen_is_same(&its, l) && only != 0;
}

/* How many there are; they are in OUT, and closed on exec, from now on. */
static unsigned
passed_take(int *out, const struct config_listen *l, int type)
{
	unsigned count = 0;

	for (int fd = FIRST; fd < passed_end(); fd++) {
		if (!is_for(fd, l, type) || !listen_socket_prepare(fd, l, type))
			continue;
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		out[count++] = fd;
	}
	return count;
}

/* Open and unread, it would take what comes from others. */
static void
rest_close(void)
{
	for (int fd = FIRST; fd < passed_end(); fd++) {
		if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0)
			continue;
		log_warn("socket %d of systemd's is at no address that is "
			 "listened on, or not IPv6 alone; it is not used",
		    fd);
		(void)close(fd);
	}
}

static enum err
passed_find(struct listen_sockets *s, const struct config_listen *l)
{
	size_t most = (size_t)(passed_end() - FIRST);
	char text[CONFIG_LISTEN_TEXT];
	unsigned tcp;

	*s = (struct listen_sockets){ .listen = l, .passed = true };
	s->udp = calloc(most, sizeof(*s->udp));
	s->tcp = calloc(most, sizeof(*s->tcp));
	if (s->udp == NULL || s->tcp == NULL)
		return E_NOMEM;
	s->count = passed_take(s->udp, l, SOCK_DGRAM);
	tcp = passed_take(s->tcp, l, SOCK_STREAM);
	if (s->count == tcp)
		return E_OK;
	log_error("%s: systemd has %u sockets for UDP and %u for TCP there; "
		  "they must be as many",
	    config_listen_text(l, text), s->count, tcp);
	s->count = 0;
	return E_SYSTEM;
}

enum err
listen_passed(struct listen_sockets **out, const struct config *c)
{
	struct listen_sockets *s;
	enum err err = E_OK;

	*out = NULL;
	if (passed_end() <= FIRST)
		return E_OK;
	s = calloc(c->listen_count, sizeof(*s));
	if (s == NULL)
		return E_NOMEM;
	for (unsigned i = 0; i < c->listen_count && err == E_OK; i++)
		err = passed_find(&s[i], &c->listen[i]);
	if (err == E_OK)
		rest_close();
	*out = s;
	return err;
}
