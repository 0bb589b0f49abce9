/*
 * tcp_impl.h - what listening, the table and its connections share.
 */
#ifndef DNSD_LISTEN_TCP_IMPL_H
#define DNSD_LISTEN_TCP_IMPL_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/siphash.h"
#include "dnsd/listen/tcp.h"

#define TCP_MESSAGE (2 + DNS_TCP_MAX) /* with its length */
#define TCP_READ    16384             /* octets a connection has a turn for */
#define TCP_WRITE   65536             /* replies beyond leave at once */
#define TCP_HELD    65536

struct tcp_listener {
	SLIST_ENTRY(tcp_listener) next;
	struct event event;
	struct tcp_hub *hub;
	const struct listen_sockets *sockets;
	int fd;
	bool wildcard;
};

struct tcp_conn {
	struct event event;
	struct tcp_hub *hub;
	TAILQ_ENTRY(tcp_conn) by_use;
	TAILQ_ENTRY(tcp_conn) unflushed; /* while is_unflushed */
	struct evbuffer *in;             /* came, not answered; NULL: none */
	struct evbuffer *out;            /* answered, not taken; NULL: none */
	uint64_t number; /* for struct client; never used again */
	int64_t used;    /* monotonic seconds */
	uint64_t turn;   /* of all uses of the hub's, to tell which was first */
	/* Connections of its network and of its client: see held[]. */
	uint32_t *of_network, *of_client;
	const struct config_listen *listen;
	struct addr from, to;
	uint16_t port; /* it came from */
	int fd;
	unsigned waiting; /* questions that are forwarded */
	short wants;      /* EV_READ, EV_WRITE or 0: what EVENT is set for */
	bool is_unflushed;
	bool ended; /* the asker sends no more */
	bool dead;  /* the connection is broken, or to be */
};

TAILQ_HEAD(tcp_conns, tcp_conn);

struct tcp_hub {
	struct client_path path; /* first: a path is cast back */
	struct tcp_options o;
	SLIST_HEAD(, tcp_listener) listeners;
	bool paused; /* no descriptors: nobody is accepted for a second */
	bool retiring;
	struct log_limit accept_log;

	struct tcp_conns by_use; /* longest silent first */
	struct tcp_conns unflushed;
	unsigned count;
	struct event timer; /* runs only while there is a connection */
	/* How many a network has, and a client, by a hash that nobody foresees;
	 * who shares a number by chance is taken for more than he has. */
	uint32_t held[TCP_HELD];
	struct siphash_key key;
	uint64_t turns;

	/* Connections by the lower bits of their number. */
	struct tcp_conn **slots;
	unsigned *free_slots;
	unsigned free_count, slots_used;
	uint64_t serial;

	/* One connection's turn. */
	bool serving;
	struct query query;
	uint8_t in[TCP_MESSAGE + TCP_READ];
	size_t out_len;
	uint8_t out[TCP_WRITE + TCP_MESSAGE];
};

#define TCP_SLOT_BITS 20

/* tcp_table.c */
/* For the hub's options; tcp_table_close() is due also where it failed. */
enum err tcp_table_open(struct tcp_hub *) MUST_CHECK;
void tcp_table_close(struct tcp_hub *); /* and every connection */

/*
 * Takes in who has come, of NETWORK: a copy of what the caller knows of him.
 * It owns the descriptor; NULL, and it is the caller's, where there is no room
 * and none can be made: see tcp.h.
 */
struct tcp_conn *tcp_conn_open(const struct tcp_conn *, uint32_t network);
/* NULL: it has gone. */
struct tcp_conn *tcp_conn_find(const struct tcp_hub *, uint64_t number);
/* To the end of the queue of those that are silent. */
void tcp_conn_touch(struct tcp_conn *);
void tcp_conn_close(struct tcp_conn *);

/* tcp_conn.c */
void tcp_conn_settle(struct tcp_conn *); /* may close it */
void tcp_path_send(struct client_path *, const struct client *,
    const uint8_t *pkt, size_t len);
void tcp_path_flush(struct client_path *);
void tcp_conn_retire(struct tcp_conn *);

#endif
