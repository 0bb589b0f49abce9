/*
 * echo_tcp.c - the floor over TCP: answers each message with one of a fixed
 * size, all that came together in one write.
 *
 *	echo_tcp [-c] PORT BYTES
 *	  -c  copies each answer from elsewhere, as a server must
 *
 * BYTES 0 sends the message itself back.  On 127.0.0.1, one thread.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS  256
#define FDS_MAX 20000
#define MESSAGE (2 + 65535)
#define IN_MAX  (16 << 10)

static uint8_t *left[FDS_MAX]; /* what a connection has sent in part */
static size_t left_len[FDS_MAX];
static uint8_t in[IN_MAX + MESSAGE], out[4 << 20], store[MESSAGE];

struct answer {
	size_t bytes;
	bool copied;
};

static int
listen_on(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 4096) != 0) {
		perror("echo_tcp");
		exit(1);
	}
	return fd;
}

static void
watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	int on = 1;

	if (fd < 0 || fd >= FDS_MAX)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	left_len[fd] = 0;
}

/* Octets of the answers to all whole messages in the first LEN of `in`. */
static size_t
answers(size_t len, const struct answer *a, size_t *used)
{
	size_t at = 0, n = 0;

	while (at + 2 <= len) {
		size_t message = (size_t)(in[at] << 8 | in[at + 1]);
		size_t size = a->bytes > 0 ? a->bytes : message;

		if (at + 2 + message > len || n + 2 + size > sizeof(out))
			break;
		out[n] = (uint8_t)(size >> 8);
		out[n + 1] = (uint8_t)size;
		if (a->copied)
			memcpy(out + n + 2, store, size);
		memcpy(
		    out + n + 2, in + at + 2, message < size ? message : size);
		n += 2 + size;
		at += 2 + message;
	}
	*used = at;
	return n;
}

static void
serve(int fd, const struct answer *a)
{
	size_t have = left_len[fd], used, n;
	ssize_t got;

	if (have > 0)
		memcpy(in, left[fd], have);
	got = recv(fd, in + have, IN_MAX, 0);
	if (got <= 0) {
		close(fd);
		return;
	}
	have += (size_t)got;
	n = answers(have, a, &used);
	if (n > 0)
		(void)send(fd, out, n, MSG_NOSIGNAL);
	left_len[fd] = have - used;
	if (left_len[fd] == 0)
		return;
	if (left[fd] == NULL)
		left[fd] = malloc(IN_MAX + MESSAGE);
	if (left[fd] == NULL)
		exit(1);
	memcpy(left[fd], in + used, left_len[fd]);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	int listener, epoll = epoll_create1(0);
	struct answer answer = { 0 };

	answer.copied = argc == 4 && strcmp(argv[1], "-c") == 0;
	if (argc != 3 + answer.copied || epoll < 0) {
		fputs("usage: echo_tcp [-c] port bytes\n", stderr);
		return 2;
	}
	answer.bytes = strtoul(argv[argc - 1], NULL, 10);
	listener = listen_on(argv[argc - 2]);
	watch(epoll, listener);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener)
				watch(epoll, accept(fd, NULL, NULL));
			else
				serve(fd, &answer);
		}
	}
}
