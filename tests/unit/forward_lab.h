/*
 * forward_lab.h - the forwarder with a clock and a network of the test's.
 *
 * Everything but sockets is the real code.  A scenario asks, looks at what
 * was sent to upstreams, replies or does not, lets time pass, and reads
 * what the askers got as text:
 *
 *	"NOERROR www.example.com. 300 IN A 192.0.2.1"
 */
#ifndef FORWARD_LAB_H
#define FORWARD_LAB_H

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dnsd/forward/impl.h"

#define LAB_SENT 4096

struct lab_sent {
	struct upstream *upstream;
	const struct channel *channel;
	uint16_t id;
	struct shape shape;
	bool stream;
	size_t len;
	uint8_t msg[QUESTION_MAX];
};

struct lab {
	struct carrier carrier; /* first: cast back */
	struct client_path path;
	struct config config;
	struct config_upstream upstreams[4];
	struct query_env env;
	struct cache *cache;
	struct load *load;
	struct forward *forward;
	struct channel sockets[1000], streams[8];
	int64_t now_us;
	bool ticking, unreachable;
	bool quiet; /* replies are not read */
	unsigned sent_count;
	struct lab_sent sent[LAB_SENT];
	unsigned got_count;
	char got[512]; /* the last reply to an asker */
	uint16_t got_id;
	uint16_t next_id;
	uint8_t pkt[DNS_TCP_MAX];
	size_t pkt_len;
};

static inline struct lab *
lab_of(struct carrier *carrier)
{
	return (struct lab *)(void *)carrier;
}

static inline int64_t
lab_now(struct carrier *carrier)
{
	return lab_of(carrier)->now_us;
}

static inline struct channel *
lab_channel(struct carrier *carrier, const struct upstream *up, bool stream)
{
	struct lab *lab = lab_of(carrier);

	return stream ? &lab->streams[up->number]
		      : &lab->sockets[lab->sent_count % 1000];
}

static inline bool
lab_send(struct carrier *carrier, const struct attempt *a, const uint8_t *msg,
    size_t len)
{
	struct lab *lab = lab_of(carrier);
	struct lab_sent *sent = &lab->sent[lab->sent_count];

	if (lab->unreachable)
		return false;
	assert_true(lab->sent_count < LAB_SENT);
	lab->sent_count++;
	*sent = (struct lab_sent){ .upstream = a->upstream,
		.channel = a->channel,
		.id = a->id,
		.shape = a->shape,
		.stream = a->shape.stream,
		.len = len };
	memcpy(sent->msg, msg, len);
	return true;
}

static inline void
lab_nothing(struct carrier *carrier)
{
	(void)carrier;
}

static inline void
lab_ticks(struct carrier *carrier, bool on)
{
	assert_true(lab_of(carrier)->ticking != on);
	lab_of(carrier)->ticking = on;
}

/* Flags and records of a message as text, without OPT's own line. */
static inline void
lab_text(char *to, size_t cap, const uint8_t *pkt, size_t len)
{
	ldns_pkt *p = NULL;
	ldns_rr_list *all;
	char *rcode;
	int ede = -1;

	assert_int_equal(ldns_wire2pkt(&p, pkt, len), LDNS_STATUS_OK);
	rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(p));
	(void)snprintf(to, cap, "%s%s%s", rcode, ldns_pkt_tc(p) ? " TC" : "",
	    ldns_pkt_ad(p) ? " AD" : "");
	free(rcode);
	if (ldns_pkt_edns(p) && ldns_pkt_edns_data(p) != NULL) {
		const uint8_t *data = ldns_rdf_data(ldns_pkt_edns_data(p));

		assert_int_equal(dns_get16(data), EDNS_OPTION_EDE);
		ede = dns_get16(data + 4);
	}
	if (ede >= 0)
		(void)snprintf(
		    to + strlen(to), cap - strlen(to), " EDE%d", ede);
	all = ldns_pkt_all_noquestion(p);
	for (size_t i = 0; i < ldns_rr_list_rr_count(all); i++) {
		char *text = ldns_rr2str(ldns_rr_list_rr(all, i));

		for (char *c = text; *c != '\0'; c++)
			if (*c == '\t' || *c == '\n')
				*c = *c == '\t' ? ' ' : '\0';
		(void)snprintf(to + strlen(to), cap - strlen(to), " %s", text);
		free(text);
	}
	ldns_rr_list_deep_free(all);
	ldns_pkt_free(p);
}

static inline void
lab_got(struct client_path *path, const struct client *client,
    const uint8_t *pkt, size_t len)
{
	struct lab *lab =
	    (struct lab *)(void *)((char *)path - offsetof(struct lab, path));

	(void)client;
	lab->got_count++;
	lab->got_id = dns_get16(pkt);
	if (!lab->quiet)
		lab_text(lab->got, sizeof(lab->got), pkt, len);
	memcpy(lab->pkt, pkt, len);
	lab->pkt_len = len;
}

static inline void
lab_flushed(struct client_path *path)
{
	(void)path;
}

static inline void
lab_open(struct lab *lab, unsigned upstreams)
{
	memset(lab, 0, sizeof(*lab));
	lab->carrier = (struct carrier){ .now_us = lab_now,
		.channel = lab_channel,
		.ask = lab_send,
		.flush = lab_nothing,
		.ticks = lab_ticks,
		.close = lab_nothing };
	lab->path = (struct client_path){ lab_got, lab_flushed };
	lab->now_us = INT64_C(1000000000);
	for (unsigned i = 0; i < upstreams; i++) {
		lab->upstreams[i].address =
		    addr_from_v4((const uint8_t[4]){ 192, 0, 2, 53 + i });
		lab->upstreams[i].port = 53;
	}
	lab->config.workers = 1;
	lab->config.upstreams = lab->upstreams;
	lab->config.upstream_count = upstreams;
	lab->config.in_flight = 2000;
	lab->config.in_flight_network = 2000;
	lab->env.max_udp_size = 8192;
	lab->env.forwards = true;
	/* There is no store: private names get SERVFAIL, EDE 14. */
	lab->env.store = E_SYSTEM;
	assert_int_equal(query_env_init(&lab->env), E_OK);
	assert_int_equal(load_open(&lab->load), E_OK);
	assert_int_equal(cache_open(&lab->cache, 1 << 20), E_OK);
}

/* Before the first question; lab->config may be changed until then. */
static inline void
lab_start(struct lab *lab)
{
	const struct forward_options options = { .config = &lab->config,
		.env = &lab->env,
		.cache = lab->cache,
		.load = lab->load };

	assert_int_equal(
	    forward_open_on(&lab->forward, &options, &lab->carrier), E_OK);
}

static inline void
lab_close(struct lab *lab)
{
	forward_close(lab->forward);
	cache_close(lab->cache);
	load_close(lab->load);
	query_env_release(&lab->env);
}

struct lab_question {
	const char *name;
	uint16_t type;  /* 0: A */
	uint16_t flags; /* besides RD */
	bool no_recursion, edns_do, no_edns, tcp;
	uint32_t network;
};

/* QUERY_SEND: the reply came at once; its text is in lab->got. */
static inline enum query_next
lab_ask_as(struct lab *lab, const struct lab_question *lq)
{
	struct client client = { .path = &lab->path };
	struct wire_out out = wire_out(lab->pkt, sizeof(lab->pkt));
	struct query q = { .pkt = lab->pkt, .cap = sizeof(lab->pkt) };
	unsigned got = lab->got_count;
	enum query_next next;

	assert_true(dname_parse(&q.qname, lq->name));
	q.qtype = lq->type == 0 ? TYPE_A : lq->type;
	q.flags = lq->flags | (lq->no_recursion ? 0 : DNS_RD);
	wire_put16(&out, ++lab->next_id);
	wire_put16(&out, q.flags);
	wire_put16(&out, 1);
	wire_put32(&out, 0);
	wire_put16(&out, lq->no_edns ? 0 : 1);
	wire_put(&out, q.qname.wire, q.qname.len);
	/* As the asker wrote it, with its capitals. */
	for (unsigned i = 0, j = DNS_HEADER; lq->name[i] != '\0'; i++, j++)
		if (lq->name[i] >= 'A' && lq->name[i] <= 'Z')
			lab->pkt[j + 1] = (uint8_t)lq->name[i];
	wire_put16(&out, q.qtype);
	wire_put16(&out, CLASS_IN);
	q.question_len = q.qname.len + 4U;
	q.len = out.len;
	q.qclass = CLASS_IN;
	q.edns = !lq->no_edns;
	q.edns_do = lq->edns_do;
	q.edns_size = lq->no_edns ? 512 : 1232;
	q.tcp = lq->tcp;
	q.network = lq->network;
	q.bound = "lab";
	q.ede = EDE_NONE;
	next = forward_ask(lab->forward, &q, &client);
	if (next == QUERY_SEND) {
		lab->got_count++;
		lab->got_id = dns_get16(q.pkt);
		lab->pkt_len = q.len;
		if (!lab->quiet)
			lab_text(lab->got, sizeof(lab->got), q.pkt, q.len);
	}
	forward_flush(lab->forward);
	return lab->got_count > got ? QUERY_SEND : next;
}

static inline enum query_next
lab_ask(struct lab *lab, const char *name)
{
	const struct lab_question lq = { .name = name };

	return lab_ask_as(lab, &lq);
}

/*
 * What an upstream might send; records as text, "answer|authority|more"; ""
 * is NODATA that nobody may keep, and NULL no record at all.
 */
struct lab_reply {
	uint16_t flags; /* besides QR */
	const char *records;
	bool no_edns;
	int ede;            /* 0: none */
	uint8_t rcode_high; /* in OPT: 1 and a rcode of 0 are BADVERS */
	size_t cookie_len;
	uint8_t cookie[ANSWER_COOKIE_MAX];
};

static inline uint16_t
lab_put_section(struct wire_out *out, const char *text, size_t len)
{
	char *copy = strndup(text, len), *rest = copy, *line;
	uint16_t count = 0;

	while ((line = strsep(&rest, ";")) != NULL) {
		ldns_rr *rr = NULL;
		uint8_t *wire = NULL;
		size_t size;

		if (line[0] == '\0')
			continue;
		assert_int_equal(
		    ldns_rr_new_frm_str(&rr, line, 300, NULL, NULL),
		    LDNS_STATUS_OK);
		assert_int_equal(
		    ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &size),
		    LDNS_STATUS_OK);
		wire_put(out, wire, size);
		free(wire);
		ldns_rr_free(rr);
		count++;
	}
	free(copy);
	return count;
}

static inline void
lab_put_opt(struct wire_out *out, const struct lab_reply *r)
{
	size_t ede = r->ede == 0 ? 0 : 6;
	size_t cookie = r->cookie_len == 0 ? 0 : 4 + r->cookie_len;

	wire_put8(out, 0);
	wire_put16(out, TYPE_OPT);
	wire_put16(out, 1232);
	wire_put32(out, (uint32_t)r->rcode_high << 24);
	wire_put16(out, (uint16_t)(ede + cookie));
	if (ede > 0) {
		wire_put16(out, EDNS_OPTION_EDE);
		wire_put16(out, 2);
		wire_put16(out, (uint16_t)r->ede);
	}
	if (cookie > 0) {
		wire_put16(out, 10);
		wire_put16(out, (uint16_t)r->cookie_len);
		wire_put(out, r->cookie, r->cookie_len);
	}
}

/* A reply to what was sent as number I, into lab->pkt. */
static inline void
lab_make_reply(struct lab *lab, unsigned i, const struct lab_reply *r)
{
	const struct lab_sent *s = &lab->sent[i];
	struct wire_in in = wire_in(s->msg, s->len);
	struct wire_out out = wire_out(lab->pkt, sizeof(lab->pkt));
	const char *at = r->records == NULL ? "" : r->records;
	uint16_t count[SECTIONS] = { 0 };

	if (r->records != NULL && at[0] == '\0')
		at = "|. 0 IN SOA a. b. 1 2 3 4 0";
	in.pos = DNS_HEADER;
	wire_skip_name(&in);
	wire_put(&out, s->msg, in.pos + 4);
	for (unsigned section = 0; section < SECTIONS; section++) {
		size_t len = strcspn(at, "|");

		count[section] = lab_put_section(&out, at, len);
		at += len + (at[len] == '|');
	}
	if (!r->no_edns)
		lab_put_opt(&out, r);
	dns_put16(lab->pkt + 2, DNS_QR | DNS_RD | DNS_RA | r->flags);
	dns_put16(lab->pkt + 6, count[0]);
	dns_put16(lab->pkt + 8, count[1]);
	dns_put16(lab->pkt + 10, (uint16_t)(count[2] + !r->no_edns));
	lab->pkt_len = out.len;
}

/* What lab_make_reply() made arrives. */
static inline void
lab_arrive(struct lab *lab, unsigned i)
{
	const struct lab_sent *s = &lab->sent[i];

	forward_got(lab->forward, s->channel,
	    s->stream ? NULL : &s->upstream->address.any, lab->pkt,
	    lab->pkt_len);
	forward_flush(lab->forward);
}

/* The I-th message is known to have no answer, if it is waited for. */
static inline void
lab_lose(struct lab *lab, unsigned i)
{
	struct attempt *a =
	    attempt_find(lab->forward, lab->sent[i].channel, lab->sent[i].id);

	if (a != NULL)
		forward_lost(lab->forward, a);
	forward_flush(lab->forward);
}

static inline void
lab_reply(struct lab *lab, unsigned i, const char *records)
{
	const struct lab_reply r = { .records = records };

	lab_make_reply(lab, i, &r);
	lab_arrive(lab, i);
}

static inline void
lab_pass(struct lab *lab, int64_t ms)
{
	int64_t end = lab->now_us + ms * 1000;

	while (lab->now_us < end) {
		lab->now_us +=
		    end - lab->now_us < TICK_US ? end - lab->now_us : TICK_US;
		if (lab->ticking)
			forward_tick(lab->forward);
	}
}

/* Upstream of the I-th message: 0 is the first configured. */
static inline unsigned
lab_asked(const struct lab *lab, unsigned i)
{
	return (unsigned)(lab->sent[i].upstream - lab->forward->upstreams);
}

#endif
