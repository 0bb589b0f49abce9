/*
 * ask.c - a DNS server is asked, and the time taken.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dns_wire.h"
#include "impl.h"

#define ID    0x6473
#define TRIES 2 /* a second each */

static const struct {
	const char *name; /* as it travels; the zero behind it is the root */
	uint16_t type, class, flags;
} questions[] = {
	[ASK_WHO] = { "\2id\6server", TYPE_TXT, CLASS_CH, 0 },
	[ASK_ROOT] = { "", TYPE_NS, CLASS_IN, DNS_RD },
};

/* Behind the two octets that TCP has before a message. */
static size_t
probe_question_put(uint8_t *pkt, size_t cap, enum ask_what what)
{
	struct wire_out out = wire_out(pkt + 2, cap - 2);

	wire_put16(&out, ID);
	wire_put16(&out, questions[what].flags);
	wire_put16(&out, 1);
	wire_put16(&out, 0);
	wire_put32(&out, 0);
	wire_put(&out, questions[what].name, strlen(questions[what].name) + 1);
	wire_put16(&out, questions[what].type);
	wire_put16(&out, questions[what].class);
	dns_put16(pkt, (uint16_t)out.len);
	return out.len;
}

static enum asked
why_not(int error)
{
	if (error == ECONNREFUSED || error == ECONNRESET)
		return ASKED_NOBODY;
	/* What SO_RCVTIMEO and SO_SNDTIMEO end with. */
	return error == EAGAIN || error == EINPROGRESS || error == ETIMEDOUT
	    ? ASKED_SILENT
	    : ASKED_NOT_SENT;
}

static int
server_connect(const union sockaddr_ip *to, int kind)
{
	const struct timeval patience = { .tv_sec = 1 };
	int error, fd = socket(to->any.sa_family, kind | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, &to->any, sockaddr_len(to)) == 0)
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

/* Reads until it is our reply; PKT begins where the message does. */
static enum asked
reply_get(int fd, bool tcp, struct ask_reply *reply)
{
	uint8_t pkt[2 + 4096];
	size_t skip = tcp ? 2 : 0;
	ssize_t got;

	do
		got = recv(fd, pkt, sizeof(pkt), 0);
	while (got >= 0 && !tcp &&
	    (got < DNS_HEADER || dns_get16(pkt) != ID || pkt[2] < 0x80));
	if (got < 0)
		return why_not(errno);
	if ((size_t)got < skip + DNS_HEADER || dns_get16(pkt + skip) != ID)
		return ASKED_NOBODY;
	reply->rcode = pkt[skip + 3] & DNS_RCODE;
	return ASKED_ANSWERED;
}

static enum asked
question_ask(const union sockaddr_ip *to, bool tcp, enum ask_what what,
    struct ask_reply *reply)
{
	uint8_t pkt[64];
	size_t skip = tcp ? 0 : 2,
	       len = probe_question_put(pkt, sizeof(pkt), what);
	int fd = server_connect(to, tcp ? SOCK_STREAM : SOCK_DGRAM);
	enum asked asked;

	if (fd < 0)
		return why_not(errno);
	if (send(fd, pkt + skip, 2 + len - skip, MSG_NOSIGNAL) < 0)
		asked = why_not(errno);
	else
		asked = reply_get(fd, tcp, reply);
	(void)close(fd);
	return asked;
}

enum asked
server_ask(const union sockaddr_ip *to, bool tcp, enum ask_what what,
    struct ask_reply *reply)
{
	enum asked asked = ASKED_SILENT;

	for (int i = 0; i < TRIES && asked == ASKED_SILENT; i++) {
		int64_t start = clock_us(CLOCK_MONOTONIC);

		asked = question_ask(to, tcp, what, reply);
		reply->took_us = clock_us(CLOCK_MONOTONIC) - start;
	}
	return asked;
}

enum asked
connection_open(const union sockaddr_ip *to, struct ask_reply *reply)
{
	int64_t start = clock_us(CLOCK_MONOTONIC);
	int fd = server_connect(to, SOCK_STREAM);

	if (fd < 0)
		return why_not(errno);
	reply->rcode = RCODE_NOERROR;
	reply->took_us = clock_us(CLOCK_MONOTONIC) - start;
	(void)close(fd);
	return ASKED_ANSWERED;
}
