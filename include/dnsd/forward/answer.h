/*
 * answer.h - what an upstream said, made fit to be kept and passed on.
 *
 * An answer is the records of a message as they stand behind a question:
 * names in them may point into the question's name, at octet 12, and at
 * other names of the records themselves.  They are right behind any question
 * for the same name, in its letters, and behind no other.
 *
 * What is not the question's business is left out: answers that do not
 * follow from its name by CNAME and DNAME, SOA, NS and DS of zones that it
 * is not in, proofs of others' zones, additional records that are not at or
 * below it, whatever is between two hops (OPT, TSIG), and names that no
 * upstream has a say in.  What is not well formed is no answer: rdata that
 * is not what its type says, chains in a circle or of more than 32 names.
 */
#ifndef DNSD_FORWARD_ANSWER_H
#define DNSD_FORWARD_ANSWER_H

#include <sys/types.h>

#include "base/addr.h"
#include "dnsd/forward/message.h"
#include "zones/names/name.h"

#define ANSWER_CHAIN_MAX    32    /* CNAMEs; longer chains are no answer */
#define ANSWER_TTL_MAX      86400 /* seconds; RFC 8767, 4 wants a cap */
#define ANSWER_NEGATIVE_MAX 10800 /* RFC 2308, 5 */
#define ANSWER_SERVFAIL_TTL 5     /* RFC 9520, 3.2 */
#define ANSWER_COOKIE_MAX   40    /* RFC 7873, 4 */
#define ANSWER_EDE_MAX      255

struct answer {
	uint8_t rcode;
	bool authentic; /* AD */
	bool chain;     /* CNAMEs lead from the question's name to others */
	bool open;      /* ... and what the last one leads to is not there */
	uint16_t count[SECTIONS];
	/* The records; in front of them is room for header and question. */
	uint8_t *body;
	size_t len;
	uint8_t *ede; /* Extended DNS Error options, of ANSWER_EDE_MAX octets */
	uint8_t ede_len;
	uint32_t ttl; /* how long it may be kept, seconds; 0: not at all */
};

/* How to read a reply. */
struct answer_rules {
	const struct dname *qname;
	uint16_t qtype;
	bool remove_private;  /* private addresses leave the answer */
	special_set ordinary; /* special-use names that upstreams may have */
};

/* What a reply holds besides the answer. */
struct answer_reply {
	struct answer answer;
	bool truncated; /* TC; the answer is empty */
	bool lame;      /* NOERROR, and neither an answer nor a SOA */
	bool edns, edns_do;
	uint16_t rcode;   /* with the upper bits of OPT */
	int ede_code;     /* of the first EDE option, or EDE_NONE */
	unsigned removed; /* private addresses that left */
	uint8_t cookie_len;
	uint8_t cookie[ANSWER_COOKIE_MAX];
	uint8_t ede[ANSWER_EDE_MAX];
};

/* One that says nothing but its rcode. */
void answer_reply_start(struct answer_reply *, uint16_t rcode);

/*
 * Reads PKT, a response that repeats the question.  The answer is written
 * into ROOM, 65535 octets, behind the place of its question there.  False
 * where the message is malformed.
 */
bool answer_read(struct answer_reply *, const uint8_t *pkt, size_t len,
    const struct answer_rules *, uint8_t *room)
    __attribute__((warn_unused_result));

/* Counts MINUS seconds off each TTL of a body; none is below LEAST then. */
void answer_age(uint8_t *body, size_t len, const uint16_t count[SECTIONS],
    uint32_t minus, uint32_t least);

/* Loopback, private and link-local addresses of both families. */
bool address_is_private(const struct addr *);
/* An A, AAAA, SVCB or HTTPS record that leads to one. */
bool record_is_private(const uint8_t *pkt, const struct record *);

/* Who asked, as a reply has to know it. */
struct reply_to {
	uint16_t id;
	uint16_t flags;          /* of the question's header */
	const uint8_t *question; /* name as the asker wrote it, type, class */
	size_t question_len;
	bool edns, edns_do;
	bool own;              /* the name is his network's: AA */
	const uint8_t *cookie; /* for OPT */
	uint8_t cookie_len;    /* 0: none */
	struct label nsid;     /* who we are, for OPT; at NULL: not told */
	size_t limit;          /* octets the reply may have */
	uint16_t udp_size;     /* our own, for OPT */
};

struct query;
struct query_env;

void reply_to_query(
    struct reply_to *, const struct query *, const struct query_env *);

/* Octets of a reply to TO that records may take. */
size_t reply_room(const struct reply_to *, uint8_t ede_len);

/*
 * Writes the reply at OUT, which has room for TO's limit; its length.
 * ANSWER's body and TO's question may already stand where they belong.
 */
size_t reply_write(
    uint8_t *out, const struct reply_to *, const struct answer *);

#endif
