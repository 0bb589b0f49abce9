/*
 * impl.h - what the checks share.
 */
#ifndef DNSCTL_DOCTOR_IMPL_H
#define DNSCTL_DOCTOR_IMPL_H

#include "base/addr.h"
#include "dnsctl/doctor/doctor.h"
#include "dnsd/config/config.h"
#include "zones/store/read/store.h"

struct doctor {
	doctor_each *each;
	void *arg;
	const struct config *config;
	const char *store;
	struct snapshot *snapshot; /* refreshed; NULL: there is none */
	bool runs;                 /* the server has answered for itself */
	bool sees;                 /* it is known whether it runs */
};

#define MEND 512

/* MEND is "" where nothing does, or needs it. */
void doctor_say(struct doctor *, enum finding_state, const char *check,
    const char *mend, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* A packet to A comes to this host, as the kernel routes now; route.c. */
bool route_is_local(const struct addr *a);

/* The least room that a UDP socket at this port has; 0: nobody knows. */
unsigned diag_receive_buffer(uint16_t port);

/* ask.c: somebody is asked as anybody would. */
enum asked {
	ASKED_ANSWERED,
	ASKED_NOBODY,  /* no program is there */
	ASKED_SILENT,  /* for a second, twice */
	ASKED_NOT_SENT /* with errno: no way leads there */
};

struct ask_reply {
	uint8_t rcode;
	int64_t took_us;
};

/* Who the server is: CH TXT id.server; what all servers know: the root. */
enum ask_what { ASK_WHO, ASK_ROOT };

enum asked server_ask(
    const union sockaddr_ip *to, bool tcp, enum ask_what, struct ask_reply *);
/* Of one whose language is TLS, no more than that it is there. */
enum asked connection_open(const union sockaddr_ip *to, struct ask_reply *);

/* The checks, each of which says what it finds. */
void listen_check(struct doctor *);
void resolvers_check(struct doctor *);
void server_check(struct doctor *);
void ports_check(struct doctor *);
void buffers_check(struct doctor *);
void check_store(struct doctor *);
void rights_check(struct doctor *);
void clock_check(struct doctor *);
void upstreams_check(struct doctor *);

#endif
