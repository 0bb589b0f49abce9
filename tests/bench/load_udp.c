/*
 * load_udp.c - questions over UDP, in batches or at a fixed rate.
 */
#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH               64
#define QUESTION_MAX        512
#define CONNECTIONS_PATIENT 64
#define ANSWER_MAX          4096
#define SOCKET_BYTES        (4 << 20)

/* A window is told by ids: those from `oldest` to `newest` may be out. */
struct conn {
	int fd;
	uint16_t oldest, newest;
	unsigned out; /* ids that wait for an answer */
	struct flight *flights;
};

struct batch {
	struct mmsghdr out[BATCH], in[BATCH];
	struct iovec iov_out[BATCH], iov_in[BATCH];
	struct sockaddr_storage to[BATCH];
	struct {
		_Alignas(struct cmsghdr)
		    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} source[BATCH];
	uint8_t questions[BATCH][QUESTION_MAX], answers[BATCH][ANSWER_MAX];
};

static void
conn_open(struct conn *c, const struct load *l)
{
	int bytes = SOCKET_BYTES, on = 1;

	c->fd = socket(l->to.ss_family, SOCK_DGRAM, 0);
	if (c->fd < 0)
		load_fail("socket");
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (l->sources)
		(void)setsockopt(
		    c->fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	else if (connect(c->fd, (const struct sockaddr *)&l->to, l->to_len) !=
	    0)
		load_fail("connect");
	c->flights = calloc(UINT16_MAX + 1, sizeof(c->flights[0]));
	if (c->flights == NULL)
		load_fail("memory for the window");
}

static void
batch_init(struct batch *b)
{
	for (unsigned i = 0; i < BATCH; i++) {
		b->iov_out[i].iov_base = b->questions[i];
		b->out[i].msg_hdr.msg_iov = &b->iov_out[i];
		b->out[i].msg_hdr.msg_iovlen = 1;
		b->iov_in[i] = (struct iovec){ b->answers[i], ANSWER_MAX };
		b->in[i].msg_hdr.msg_iov = &b->iov_in[i];
		b->in[i].msg_hdr.msg_iovlen = 1;
	}
}

/* Every question with the address it comes from. */
static void
batch_with_sources(struct batch *b, const struct load *l)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct msghdr *m = &b->out[i].msg_hdr;

		b->to[i] = l->to;
		m->msg_name = &b->to[i];
		m->msg_namelen = l->to_len;
		m->msg_control = &b->source[i];
		m->msg_controllen = sizeof(b->source[i]);
		*CMSG_FIRSTHDR(m) = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo)),
			.cmsg_level = IPPROTO_IPV6,
			.cmsg_type = IPV6_PKTINFO,
		};
	}
}

static void
source_set(struct batch *b, unsigned i, const struct question *q)
{
	struct in6_pktinfo info = { .ipi6_addr = q->source };

	memcpy(
	    CMSG_DATA(CMSG_FIRSTHDR(&b->out[i].msg_hdr)), &info, sizeof(info));
}

/* What the kernel does not take now goes later, with another id. */
static void
ask(struct load *l, struct conn *c, struct batch *b, unsigned n, uint64_t due)
{
	size_t first = l->next;
	int gone;

	if (n == 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		uint16_t id = (uint16_t)(c->newest + i);

		if (l->sources)
			source_set(b, i, &l->questions.all[l->next]);
		b->iov_out[i].iov_len =
		    load_ask(l, b->questions[i], id, &c->flights[id], due);
	}
	gone = sendmmsg(c->fd, b->out, n, MSG_DONTWAIT);
	if (gone < 0)
		gone = 0;
	for (unsigned i = (unsigned)gone; i < n; i++)
		c->flights[(uint16_t)(c->newest + i)].since = 0;
	l->next = (first + (size_t)gone) % l->questions.count;
	c->newest = (uint16_t)(c->newest + gone);
	c->out += (unsigned)gone;
	l->score.sent += (uint64_t)gone;
}

/* How many came; nothing there is 0. */
static unsigned
hear(struct load *l, struct conn *c, struct batch *b)
{
	int got = recvmmsg(c->fd, b->in, BATCH, MSG_DONTWAIT, NULL);
	uint64_t now = load_now();

	if (got < 0 && errno == ECONNREFUSED)
		load_fail("the server is not there");
	for (int i = 0; i < got; i++) {
		const uint8_t *pkt = b->answers[i];
		struct flight *f = &c->flights[pkt[0] << 8 | pkt[1]];

		if (f->since != 0)
			c->out--;
		load_answered(l, f, pkt, b->in[i].msg_len, now);
	}
	return got < 0 ? 0 : (unsigned)got;
}

/* Gives up on the oldest ids, so that the window opens again. */
static void
forget_lost(struct load *l, struct conn *c, uint64_t now)
{
	while (c->oldest != c->newest) {
		struct flight *f = &c->flights[c->oldest];

		if (f->since != 0 && now - f->since < LOST_NS)
			return;
		if (f->since != 0) {
			f->since = 0;
			c->out--;
			l->score.lost++;
		}
		c->oldest++;
	}
}

/*
 * A question goes out as soon as half a batch has room: the server then
 * finds full batches, which is what a loaded server sees.
 */
static unsigned
room(const struct load *l, const struct conn *c)
{
	unsigned free_ids = (uint16_t)(c->oldest - c->newest - 1);
	unsigned n = c->out < l->window ? l->window - c->out : 0;

	if (n > free_ids)
		n = free_ids;
	if (n > BATCH)
		n = BATCH;
	if (n < BATCH / 2 && n < l->window)
		return 0;
	return n < l->count - l->score.sent
	    ? n
	    : (unsigned)(l->count - l->score.sent);
}

/* Until something comes on any connection, or for so long. */
static void
sleep_for_answers(const struct load *l, const struct conn *conns, uint64_t ns)
{
	struct pollfd fds[CONNECTIONS_PATIENT];
	struct timespec wait = { .tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S) };
	unsigned n = 0;

	for (; n < l->connections && n < CONNECTIONS_PATIENT; n++)
		fds[n] = (struct pollfd){ conns[n].fd, POLLIN, 0 };
	(void)ppoll(fds, n, &wait, NULL);
}

static void
run_window(struct load *l, struct conn *conns, struct batch *b)
{
	uint64_t now = load_now(), end = now + l->run_ns;

	while (now < end && l->score.sent < l->count) {
		unsigned heard = 0, n;

		for (unsigned i = 0; i < l->connections; i++) {
			ask(l, &conns[i], b, room(l, &conns[i]), now);
			do {
				n = hear(l, &conns[i], b);
				heard += n;
			} while (n == BATCH);
			now = load_now();
			forget_lost(l, &conns[i], now);
		}
		if (heard == 0 && l->patient)
			sleep_for_answers(l, conns, NS_PER_S / 100);
	}
}

/*
 * A latency counts from the moment the question was due, not from when
 * it went: a client that is late must not hide that a server is.
 */
static void
run_rate(struct load *l, struct conn *conns, struct batch *b)
{
	uint64_t step = NS_PER_S / l->rate;
	uint64_t now = load_now(), due = now, end = now + l->run_ns;
	unsigned turn = 0;

	while (now < end) {
		if (due <= now) {
			ask(l, &conns[turn], b, 1, due);
			due += step;
			turn = turn + 1 == l->connections ? 0 : turn + 1;
		}
		for (unsigned i = 0; i < l->connections; i++) {
			(void)hear(l, &conns[i], b);
			forget_lost(l, &conns[i], now);
		}
		now = load_now();
		if (l->patient && now < due)
			sleep_for_answers(l, conns, due - now);
	}
}

static void
drain(struct load *l, struct conn *conns, struct batch *b)
{
	uint64_t end = load_now() + LOST_NS;
	unsigned out;

	do {
		out = 0;
		for (unsigned i = 0; i < l->connections; i++) {
			(void)hear(l, &conns[i], b);
			out += conns[i].out;
		}
	} while (out > 0 && load_now() < end);
	l->score.lost += out;
}

void
load_udp(struct load *l)
{
	struct conn *conns = calloc(l->connections, sizeof(conns[0]));
	struct batch *b = calloc(1, sizeof(*b));

	if (conns == NULL || b == NULL)
		load_fail("memory");
	batch_init(b);
	if (l->sources)
		batch_with_sources(b, l);
	for (unsigned i = 0; i < l->connections; i++)
		conn_open(&conns[i], l);
	l->begun = load_now();
	if (l->rate > 0)
		run_rate(l, conns, b);
	else
		run_window(l, conns, b);
	drain(l, conns, b);
	for (unsigned i = 0; i < l->connections; i++) {
		close(conns[i].fd);
		free(conns[i].flights);
	}
	free(conns);
	free(b);
}
