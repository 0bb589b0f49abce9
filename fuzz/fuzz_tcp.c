/*
 * fuzz_tcp.c - a stream of questions, cut anywhere, on a connection.
 *
 * The input is pieces: an octet with its length and what the asker does
 * behind it, then the octets.  Whatever the pieces, and whether or not the
 * asker reads meanwhile, the replies are those to the stream as a whole: one
 * to each question that deserves one, whole, those given at once in order,
 * late ones too; then the connection closes, and not before.
 */
#include "dnsd/listen/tcp_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define STREAM_MAX  1024
#define REPLIES_MAX (STREAM_MAX / 2) /* questions without an octet */
#define LATE_MAX    64               /* octets of a late reply */
#define STREAM_OUT  (16 << 20)

/* What a question's first octet asks for. */
enum { ASKS_NOW, ASKS_FORWARDED, ASKS_LATE, ASKS_NOTHING, ASKS };

/* What the asker does behind a piece. */
#define LENGTH(octet) ((octet)&0x3f)
#define READS         0x40
#define LATE_COMES    0x80

struct octets {
	uint8_t *at;
	size_t len;
};

static struct {
	struct tcp_hub *hub;
	struct tcp_counters counters;
	struct responder responder;
	bool in_batch;
	unsigned asked; /* on this connection */
	/* Replies that are not given yet. */
	struct late {
		struct client client;
		uint8_t pkt[LATE_MAX];
		size_t len;
	} late[REPLIES_MAX];
	unsigned late_first, late_count;
	uint8_t *got; /* by the asker */
	size_t got_len;
	int fd; /* the asker's */
} w;

/* --- who answers */

static unsigned
asks(const uint8_t *question, size_t len)
{
	return len == 0 ? ASKS_NOTHING : question[0] % ASKS;
}

/* The number of a question, itself, and octets up to what it asks for. */
static size_t
reply_make(uint8_t *out, unsigned number, const uint8_t *question, size_t len)
{
	uint8_t copy[16], more = len > 1 ? question[1] : 0;
	size_t copied = len < sizeof(copy) ? len : sizeof(copy);
	unsigned what = asks(question, len);
	size_t size = LATE_MAX;

	memcpy(copy, question, copied);
	if (what != ASKS_LATE && more != 0)
		size += (more & 0x80) != 0 ? (more & 0x7fU) * 500U : more;
	memset(out, (int)(number & 0xff), size);
	out[0] = (uint8_t)what;
	dns_put16(out + 1, (uint16_t)number);
	dns_put16(out + 3, (uint16_t)len);
	memcpy(out + 5, copy, copied);
	return size;
}

static void
batch_begin(struct responder *r)
{
	(void)r;
	assert(!w.in_batch);
	w.in_batch = true;
}

static void
batch_end(struct responder *r)
{
	(void)r;
	assert(w.in_batch);
	w.in_batch = false;
}

static void
answer(struct responder *r, struct query *const *queries, unsigned n)
{
	struct query *q = queries[0];

	(void)r;
	assert(w.in_batch && n == 1 && q->tcp && q->cap >= q->len);
	switch (asks(q->pkt, q->len)) {
	case ASKS_NOTHING:
		w.asked++;
		q->next = QUERY_DROP;
		break;
	case ASKS_NOW:
		q->next = QUERY_SEND;
		q->len = reply_make(q->pkt, w.asked++, q->pkt, q->len);
		break;
	default:
		q->next = QUERY_FORWARD;
	}
}

static bool
forward(struct responder *r, struct query *q, const struct client *client)
{
	struct late *late = &w.late[w.late_count];

	(void)r;
	if (asks(q->pkt, q->len) == ASKS_FORWARDED) {
		q->len = reply_make(q->pkt, w.asked++, q->pkt, q->len);
		return true;
	}
	assert(w.late_count < REPLIES_MAX);
	late->client = *client;
	late->len = reply_make(late->pkt, w.asked++, q->pkt, q->len);
	w.late_count++;
	return false;
}

static void
late_come(void)
{
	for (; w.late_first < w.late_count; w.late_first++) {
		struct late *late = &w.late[w.late_first];

		late->client.path->send(
		    late->client.path, &late->client, late->pkt, late->len);
	}
	w.hub->path.flush(&w.hub->path);
}

/* --- the asker */

static void
start(void)
{
	const struct tcp_options options = { .base = served(),
		.responder = &w.responder,
		.connections = 4,
		.idle = 60,
		.counters = &w.counters };

	w.responder = (struct responder){ .begin = batch_begin,
		.answer = answer,
		.end = batch_end,
		.forward = forward };
	w.got = malloc(STREAM_OUT);
	if (w.got == NULL || tcp_hub_open(&w.hub, &options) != E_OK)
		abort();
}

/* False: the server has closed. */
static bool
read_some(void)
{
	ssize_t n;

	while ((n = recv(w.fd, w.got + w.got_len, STREAM_OUT - w.got_len,
		    MSG_DONTWAIT)) > 0)
		w.got_len += (size_t)n;
	assert(w.got_len < STREAM_OUT);
	return n != 0;
}

/* Who is not read from reads first. */
static void
write_all(const uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t n = send(w.fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		assert(n > 0 || errno == EAGAIN);
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else {
			assert(read_some());
		}
		serve();
	}
}

static void
connect_to(bool small)
{
	static const struct config_listen listen;
	struct tcp_conn new = { .hub = w.hub, .listen = &listen };
	struct tcp_conn *c;
	int pair[2], size = small ? 1 : 1 << 18;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0 ||
	    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) !=
		0)
		abort();
	new.used = clock_seconds(CLOCK_MONOTONIC_COARSE);
	w.fd = pair[1];
	new.fd = pair[0];
	memset(&w.counters, 0, sizeof(w.counters));
	w.asked = w.late_first = w.late_count = 0;
	w.got_len = 0;
	c = tcp_conn_open(&new, 0);
	assert(c != NULL);
	tcp_conn_settle(c);
}

/* Until the server closes, which late replies may hold up, and no more. */
static void
finish(void)
{
	(void)shutdown(w.fd, SHUT_WR);
	serve();
	assert(tcp_hub_connections(w.hub) == 1 || w.late_first == w.late_count);
	while (read_some()) {
		serve();
		late_come();
	}
	serve();
	assert(tcp_hub_connections(w.hub) == 0);
	(void)close(w.fd);
}

/* --- what it should have got */

static void
reply_check(struct octets *got, unsigned number, struct octets question)
{
	static uint8_t want[DNS_TCP_MAX];
	size_t len = reply_make(want, number, question.at, question.len);

	assert(got->len >= 2 + len);
	assert(dns_get16(got->at) == len);
	assert(memcmp(got->at + 2, want, len) == 0);
	got->at += 2 + len;
	got->len -= 2 + len;
}

/* Sorts what came into what was given at once and what was late. */
static void
got_sort(struct octets *now, struct octets *late)
{
	uint8_t *at = w.got, *end = w.got + w.got_len;

	while (at < end) {
		size_t len = 2U + dns_get16(at);
		struct octets *to = at[2] == ASKS_LATE ? late : now;

		assert(len > 2 && len <= (size_t)(end - at));
		if (to == late)
			memcpy(late->at + late->len, at, len);
		else
			memmove(now->at + now->len, at, len);
		to->len += len;
		at += len;
	}
}

static void
got_check(const uint8_t *stream, size_t len)
{
	static uint8_t room[REPLIES_MAX * (2 + LATE_MAX)];
	struct octets now = { w.got, 0 }, late = { room, 0 };
	struct wire_in in = wire_in(stream, len);
	unsigned number = 0, replies = 0;

	got_sort(&now, &late);
	for (;;) {
		struct octets q = { .len = wire_get16(&in) };
		const uint8_t *at = wire_take(&in, q.len);

		if (at == NULL)
			break;
		q.at = (uint8_t *)(uintptr_t)at;
		if (asks(at, q.len) != ASKS_NOTHING) {
			reply_check(asks(at, q.len) == ASKS_LATE ? &late : &now,
			    number, q);
			replies++;
		}
		number++;
	}
	assert(now.len == 0 && late.len == 0);
	assert(w.counters.received == number && w.asked == number);
	assert(w.counters.sent == replies);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t stream[STREAM_MAX];
	size_t len = 0;

	if (size == 0 || size > STREAM_MAX)
		return -1;
	if (w.hub == NULL)
		start();
	connect_to((*data & 1) != 0);
	for (data++, size--; size > 0;) {
		uint8_t what = *data++;
		size_t piece = LENGTH(what);

		size--;
		if (piece > size)
			piece = size;
		memcpy(stream + len, data, piece);
		len += piece;
		write_all(data, piece);
		data += piece;
		size -= piece;
		if ((what & LATE_COMES) != 0)
			late_come();
		if ((what & READS) != 0)
			assert(read_some());
	}
	finish();
	got_check(stream, len);
	return 0;
}
