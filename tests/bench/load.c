/*
 * load.c - asks a DNS server many questions and says how it did.
 *
 *	load [options] ADDRESS PORT QUESTIONS
 *	  -t SECONDS      run time (2)
 *	  -n QUESTIONS    ends after so many (UDP without a rate)
 *	  -w WINDOW       questions under way on each connection (128)
 *	  -c CONNECTIONS  sockets (1)
 *	  -r RATE         questions a second in all; without: as many as go
 *	  -T              TCP
 *	  -p              sleep while there is nothing to do (UDP)
 *	  -S              ask from the addresses that the file names (IPv6 UDP)
 *	  -e OCTETS       the other side is an echo; of so many, 0: as asked
 *
 * The report is one line of JSON.
 */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void
load_fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t
load_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

size_t
load_ask(struct load *l, uint8_t *out, uint16_t id, struct flight *flight,
    uint64_t due)
{
	const struct question *q = &l->questions.all[l->next];

	flight->since = due;
	flight->question = (uint32_t)l->next;
	memcpy(out, l->questions.bytes + q->at, q->len);
	out[0] = (uint8_t)(id >> 8);
	out[1] = (uint8_t)id;
	if (++l->next == l->questions.count)
		l->next = 0;
	return q->len;
}

static bool
is_expected(const struct load *l, const struct question *q, const uint8_t *pkt,
    size_t len)
{
	if (l->echo)
		return len == (l->echo_octets > 0 ? l->echo_octets : q->len);
	return len >= 12 && (pkt[2] & 0x80) != 0 && (pkt[3] & 15) == q->rcode &&
	    (pkt[6] << 8 | pkt[7]) == q->answers;
}

static unsigned
latency_slot(uint64_t ns)
{
	unsigned power;

	if (ns < LATENCY_STEPS)
		return (unsigned)ns;
	power = 63 - (unsigned)__builtin_clzll(ns) - 5;
	return power * LATENCY_STEPS + (unsigned)(ns >> power);
}

static double
slot_us(unsigned slot)
{
	unsigned power = slot / LATENCY_STEPS;

	if (power == 0)
		return slot / 1e3;
	return (double)((uint64_t)(slot % LATENCY_STEPS + LATENCY_STEPS)
		   << (power - 1)) /
	    1e3;
}

void
load_answered(struct load *l, struct flight *flight, const uint8_t *pkt,
    size_t len, uint64_t now)
{
	if (flight->since == 0) {
		l->score.stray++;
		return;
	}
	if (is_expected(l, &l->questions.all[flight->question], pkt, len))
		l->score.answered++;
	else
		l->score.wrong++;
	l->score.latency[latency_slot(now - flight->since)]++;
	flight->since = 0;
	l->last_seen = now;
}

static double
latency_at(const struct score *t, double part)
{
	uint64_t all = t->answered + t->wrong, seen = 0;

	for (unsigned i = 0; i < LATENCY_SLOTS; i++) {
		seen += t->latency[i];
		if (seen > 0 && (double)seen >= part * (double)all)
			return slot_us(i);
	}
	return 0;
}

static void
report(const struct score *t, double seconds)
{
	printf("{\"seconds\":%.4f,\"sent\":%" PRIu64 ",\"answered\":%" PRIu64
	       ",\"wrong\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"stray\":%" PRIu64
	       ",\"closed\":%" PRIu64,
	    seconds, t->sent, t->answered, t->wrong, t->lost, t->stray,
	    t->closed);
	printf(",\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f}\n", latency_at(t, .5),
	    latency_at(t, .99), latency_at(t, .999));
}

static void
address_read(struct load *l, const char *address, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l->to;
	uint16_t p = htons((uint16_t)strtoul(port, NULL, 10));

	errno = EINVAL;
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = p;
		l->to_len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = p;
		l->to_len = sizeof(*v6);
	} else {
		load_fail(address);
	}
}

static void
usage(void)
{
	fputs("usage: load [-pST] [-e octets] [-t seconds] [-n questions] [-w "
	      "window] [-c "
	      "connections] "
	      "[-r rate] address port questions\n",
	    stderr);
	exit(2);
}

static bool
options_read(struct load *l, int argc, char **argv)
{
	bool tcp = false;
	int option;

	while ((option = getopt(argc, argv, "t:n:w:c:r:e:TSp")) != -1) {
		switch (option) {
		case 't':
			l->run_ns = (uint64_t)(strtod(optarg, NULL) * NS_PER_S);
			break;
		case 'n':
			l->count = strtoull(optarg, NULL, 10);
			break;
		case 'w':
			l->window = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			l->connections = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			l->rate = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'T':
			tcp = true;
			break;
		case 'S':
			l->sources = true;
			break;
		case 'p':
			l->patient = true;
			break;
		case 'e':
			l->echo = true;
			l->echo_octets = strtoull(optarg, NULL, 10);
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 3 || l->window == 0 || l->connections == 0)
		usage();
	return tcp;
}

int
main(int argc, char **argv)
{
	static struct load l = {
		.connections = 1,
		.window = 128,
		.run_ns = 2 * NS_PER_S,
		.count = UINT64_MAX,
	};
	bool tcp = options_read(&l, argc, argv);

	address_read(&l, argv[optind], argv[optind + 1]);
	questions_read(&l.questions, argv[optind + 2]);
	if (tcp)
		load_tcp(&l);
	else
		load_udp(&l);
	if (l.last_seen == 0)
		l.last_seen = load_now();
	report(&l.score, (double)(l.last_seen - l.begun) / NS_PER_S);
	return 0;
}
