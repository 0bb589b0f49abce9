/*
 * load.h - what the parts of the load client share.
 *
 * load asks a DNS server the questions of a file, over and over, and
 * counts what comes back.  One thread, no allocation while it runs, and
 * it never sleeps unless told so: a server that it loads must not pay for
 * waking it.
 *
 *	load.c            options, the report
 *	load_questions.c  the file, as packets ready to send
 *	load_udp.c        a window of questions, or a fixed rate
 *	load_tcp.c        the same over TCP, and many idle connections
 */
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_S 1000000000ULL

/* A question that was not answered for this long is lost. */
#define LOST_NS (1 * NS_PER_S)

struct question {
	uint32_t at; /* where its packet begins in questions.bytes */
	uint16_t len;
	uint16_t answers; /* records that belong into the answer */
	uint8_t rcode;
	struct in6_addr source; /* who asks, where the file says it */
};

struct questions {
	struct question *all;
	size_t count;
	uint8_t *bytes;
};

/*
 * Latencies in 1/32 of each power of two of nanoseconds: 3 per cent is
 * finer than any two runs agree.
 */
#define LATENCY_STEPS 32
#define LATENCY_SLOTS (64 * LATENCY_STEPS)

struct score {
	uint64_t sent;
	uint64_t answered; /* with what was expected */
	uint64_t wrong;    /* another rcode or number of answers */
	uint64_t lost;
	uint64_t closed; /* connections the server ended */
	uint64_t stray;  /* late, doubled, or never asked for */
	uint64_t latency[LATENCY_SLOTS];
};

/* One question on its way; indexed by its id. */
struct flight {
	uint64_t since; /* when it was due, 0: nothing is on its way */
	uint32_t question;
};

struct load {
	struct sockaddr_storage to;
	socklen_t to_len;
	struct questions questions;
	unsigned connections;
	unsigned window; /* questions under way on each connection */
	unsigned rate;   /* questions a second in all, 0: as many as go */
	uint64_t run_ns;
	uint64_t count; /* questions in all; over UDP without a rate */
	bool sources;   /* ask from the addresses in the file */
	bool patient;   /* sleep rather than spin: the processor is shared */
	bool echo;      /* expect octets back, not an answer */
	size_t echo_octets; /* so many; 0: as many as were asked */
	size_t next;        /* question to ask */
	uint64_t begun;     /* when the first question went */
	uint64_t last_seen; /* when the last answer came */
	struct score score;
};

/* Ends the program with a message: a benchmark has nothing to save. */
void load_fail(const char *what) __attribute__((noreturn));

uint64_t load_now(void); /* nanoseconds, monotonic */

/* Exits when the file cannot be read. */
void questions_read(struct questions *, const char *path);

/* Writes the next question with this id; the length of its packet. */
size_t load_ask(
    struct load *, uint8_t *out, uint16_t id, struct flight *, uint64_t due);

/* Compares a packet with the question its flight asked, and counts. */
void load_answered(struct load *, struct flight *, const uint8_t *pkt,
    size_t len, uint64_t now);

void load_udp(struct load *);
void load_tcp(struct load *);

#endif
