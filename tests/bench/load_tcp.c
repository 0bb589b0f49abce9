/*
 * load_tcp.c - questions over TCP: few busy connections, or many quiet
 * ones that share a rate.
 *
 * The id of a question is its place in the connection's window, so that
 * answers may come in any order.
 */
#include "load.h"

#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS       256
#define OUT_BYTES    (16 << 10)
#define QUESTION_MAX 512
/* A connection keeps what is left of a message in here. */
#define IN_BYTES_BUSY  (2 + 65535 + (16 << 10))
#define IN_BYTES_QUIET (4 << 10)

struct conn {
	int fd; /* -1 when the server has closed it */
	unsigned out, turn;
	struct flight *flights; /* window of them */
	uint8_t *in;
	size_t in_used;
};

struct tcp {
	struct conn *conns;
	size_t in_bytes;
	int epoll;
};

static void
conn_open(struct conn *c, const struct load *l, const struct tcp *t)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	c->fd = socket(l->to.ss_family, SOCK_STREAM, 0);
	if (c->fd < 0)
		load_fail("socket");
	if (connect(c->fd, (const struct sockaddr *)&l->to, l->to_len) != 0)
		load_fail("connect");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		load_fail("epoll");
	c->flights = calloc(l->window, sizeof(c->flights[0]));
	c->in = malloc(t->in_bytes);
	if (c->flights == NULL || c->in == NULL)
		load_fail("memory for a connection");
}

static void
conn_close(struct conn *c, struct load *l)
{
	close(c->fd);
	c->fd = -1;
	l->score.lost += c->out;
	l->score.closed++;
	c->out = 0;
}

static unsigned
free_place(struct load *l, struct conn *c)
{
	while (c->flights[c->turn].since != 0)
		c->turn = c->turn + 1 == l->window ? 0 : c->turn + 1;
	return c->turn;
}

/*
 * The socket's buffer is far larger than a window of questions: a short
 * write means that the server stands still, and ends the connection.
 */
static void
ask(struct load *l, struct conn *c, unsigned n, uint64_t due)
{
	uint8_t out[OUT_BYTES];
	size_t used = 0;

	while (n > 0 && used + 2 + QUESTION_MAX <= sizeof(out)) {
		unsigned place = free_place(l, c);
		size_t len = load_ask(l, out + used + 2, (uint16_t)place,
		    &c->flights[place], due);

		out[used] = (uint8_t)(len >> 8);
		out[used + 1] = (uint8_t)len;
		used += 2 + len;
		c->out++;
		l->score.sent++;
		n--;
	}
	if (used > 0 && send(c->fd, out, used, MSG_NOSIGNAL) != (ssize_t)used)
		conn_close(c, l);
}

/* One whole message at the begin of the buffer; its length, or 0. */
static size_t
message(struct load *l, struct conn *c, const uint8_t *in, size_t have,
    uint64_t now)
{
	size_t len = have < 2 ? 0 : (size_t)(in[0] << 8 | in[1]);
	unsigned place;

	if (have < 2 + 12 || have < 2 + len)
		return 0;
	place = (unsigned)(in[2] << 8 | in[3]);
	if (place >= l->window || c->flights[place].since == 0) {
		l->score.stray++;
	} else {
		c->out--;
		load_answered(l, &c->flights[place], in + 2, len, now);
	}
	return 2 + len;
}

static void
hear(struct load *l, struct tcp *t, struct conn *c)
{
	ssize_t got =
	    recv(c->fd, c->in + c->in_used, t->in_bytes - c->in_used, 0);
	size_t at = 0, len;
	uint64_t now = load_now();

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		conn_close(c, l);
		return;
	}
	c->in_used += (size_t)got;
	while ((len = message(l, c, c->in + at, c->in_used - at, now)) > 0)
		at += len;
	c->in_used -= at;
	memmove(c->in, c->in + at, c->in_used);
}

static void
hear_all(struct load *l, struct tcp *t)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(t->epoll, events, EVENTS, 0);

	for (int i = 0; i < n; i++)
		hear(l, t, events[i].data.ptr);
}

static void
run_window(struct load *l, struct tcp *t)
{
	uint64_t now = load_now(), end = now + l->run_ns;

	while (now < end) {
		for (unsigned i = 0; i < l->connections; i++) {
			struct conn *c = &t->conns[i];

			if (c->fd >= 0 && c->out <= l->window / 2)
				ask(l, c, l->window - c->out, now);
		}
		hear_all(l, t);
		now = load_now();
	}
}

static void
run_rate(struct load *l, struct tcp *t)
{
	uint64_t step = NS_PER_S / l->rate;
	uint64_t now = load_now(), due = now, end = now + l->run_ns;
	unsigned turn = 0;

	while (now < end) {
		if (due <= now) {
			struct conn *c = &t->conns[turn];

			if (c->fd >= 0 && c->out < l->window)
				ask(l, c, 1, due);
			else
				l->score.lost++;
			due += step;
			turn = turn + 1 == l->connections ? 0 : turn + 1;
		}
		hear_all(l, t);
		now = load_now();
	}
}

static unsigned
all_out(const struct load *l, const struct tcp *t)
{
	unsigned out = 0;

	for (unsigned i = 0; i < l->connections; i++)
		out += t->conns[i].out;
	return out;
}

static void
drain(struct load *l, struct tcp *t)
{
	uint64_t end = load_now() + LOST_NS;

	while (all_out(l, t) > 0 && load_now() < end)
		hear_all(l, t);
	l->score.lost += all_out(l, t);
}

void
load_tcp(struct load *l)
{
	struct tcp t = { .epoll = epoll_create1(0),
		.in_bytes = l->rate > 0 ? IN_BYTES_QUIET : IN_BYTES_BUSY,
		.conns = calloc(l->connections, sizeof(t.conns[0])) };

	if (t.conns == NULL || t.epoll < 0)
		load_fail("memory for the connections");
	for (unsigned i = 0; i < l->connections; i++)
		conn_open(&t.conns[i], l, &t);
	l->begun = load_now();
	if (l->rate > 0)
		run_rate(l, &t);
	else
		run_window(l, &t);
	drain(l, &t);
	for (unsigned i = 0; i < l->connections; i++) {
		if (t.conns[i].fd >= 0)
			close(t.conns[i].fd);
		free(t.conns[i].flights);
		free(t.conns[i].in);
	}
	close(t.epoll);
	free(t.conns);
}
