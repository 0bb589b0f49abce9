/*
 * check.c - is this the reply to what was asked?
 *
 * The id and the socket have found the attempt that a reply is checked for.
 */
#include "check.h"

#define CLIENT_COOKIE 8 /* octets, RFC 7873, 4.1 */

static bool
is_from(const struct upstream *up, const struct sockaddr *sender)
{
	const union sockaddr_ip *from = (const void *)sender;
	struct addr addr = addr_from_sockaddr(from);

	return from->any.sa_family == up->address.any.sa_family &&
	    from->v4.sin_port == up->address.v4.sin_port &&
	    addr_is_same(&addr, &up->config->address);
}

static bool
repeats_question(const struct pending *p, const uint8_t *pkt, size_t len)
{
	struct wire_in in = wire_in(pkt, len);
	struct dname name;

	in.pos = DNS_HEADER;
	return dns_get16(pkt + 4) == 1 && dname_get(&name, &in) &&
	    name_is_same(&name, &p->name) && wire_get16(&in) == p->key.qtype &&
	    wire_get16(&in) == CLASS_IN;
}

static bool
repeats_letters(const struct attempt *a, const uint8_t *pkt)
{
	uint8_t name[QUESTION_NAME];

	question_name(name, a);
	return memcmp(pkt + DNS_HEADER, name, a->pending->name.len) == 0;
}

/* To add a check: a line, its reason and phrase. */
enum forward_drop
forward_check(const struct attempt *a, const struct sockaddr *from,
    const uint8_t *pkt, size_t len)
{
	const struct pending *p = a->pending;

	if ((dns_get16(pkt + 2) & (DNS_QR | DNS_OPCODE)) != DNS_QR)
		return DROP_NOT_RESPONSE;
	if (from != NULL && !is_from(a->upstream, from))
		return DROP_SENDER;
	if (len < DNS_HEADER + p->name.len + 4U || dns_get16(pkt + 4) == 0)
		return DROP_SHORT;
	if (!repeats_question(p, pkt, len))
		return DROP_QUESTION;
	if (a->needs_letters && !repeats_letters(a, pkt))
		return DROP_LETTERS;
	return DROP_NOT;
}

/* RFC 7873, 5.3. */
enum forward_drop
forward_check_cookie(const struct attempt *a, const struct answer_reply *r)
{
	if (!a->shape.cookie)
		return DROP_NOT;
	if (r->cookie_len == 0)
		return a->needs_cookie ? DROP_COOKIE : DROP_NOT;
	if (r->cookie_len < CLIENT_COOKIE ||
	    memcmp(r->cookie, a->upstream->cookie, CLIENT_COOKIE) != 0)
		return DROP_COOKIE;
	return DROP_NOT;
}

/* A header and little else tells no more than its rcode, or TC. */
enum forward_drop
forward_check_short(
    const struct attempt *a, const uint8_t *pkt, struct answer_reply *r)
{
	uint16_t flags = dns_get16(pkt + 2);

	answer_reply_start(r, flags & DNS_RCODE);
	r->truncated = (flags & DNS_TC) != 0;
	if (r->rcode == RCODE_NOERROR && !r->truncated)
		return DROP_SHORT;
	if (a->needs_cookie)
		return DROP_COOKIE;
	return a->needs_letters ? DROP_LETTERS : DROP_NOT;
}

/* --- what a good reply teaches */

/* A good reply to A, after B, which had more, brought none. */
static void
learn_by_contrast(
    const struct attempt *a, const struct attempt *b, int64_t now_us)
{
	struct ability *able = a->upstream->able;
	enum evidence why = b->failed ? EVIDENCE_REFUSED : EVIDENCE_SILENT;
	bool stream = a->shape.stream;

	if (b->upstream != a->upstream || b == a || b->lost)
		return;
	if (b->shape.edns && !a->shape.edns)
		ability_lack(&able[ABLE_EDNS], why, stream, now_us);
	if (b->failed && b->shape.cookie && !a->shape.cookie && a->shape.edns)
		ability_lack(&able[ABLE_COOKIES], why, stream, now_us);
	if (!b->failed && !b->doubted && !b->shape.stream && stream && b->waits)
		ability_lack(&able[ABLE_UDP], why, stream, now_us);
}

void
forward_learn(const struct attempt *a, const uint8_t *pkt, size_t len,
    const struct answer_reply *reply, int64_t now_us)
{
	const struct pending *p = a->pending;
	struct upstream *up = a->upstream;
	bool stream = a->shape.stream;
	bool cookie = reply->cookie_len > CLIENT_COOKIE;
	/* Without a capital, as in the root, nothing is to be learnt. */
	bool letters = a->capitals && len >= DNS_HEADER + (size_t)p->name.len;
	/* To add one: its name in ability.h, its row here. */
	const struct {
		bool tried, shown;
	} lessons[ABLE_COUNT_] = {
		[ABLE_EDNS] = { a->shape.edns, reply->edns },
		[ABLE_DO] = { reply->edns && p->key.edns_do, reply->edns_do },
		[ABLE_COOKIES] = { a->shape.cookie, cookie },
		[ABLE_LETTERS] = { letters,
		    letters && (a->needs_letters || repeats_letters(a, pkt)) },
		[ABLE_UDP] = { !stream, true },
		[ABLE_TCP] = { stream, true },
	};

	if (a->shape.cookie && cookie) {
		memcpy(up->cookie, reply->cookie, reply->cookie_len);
		up->cookie_len = reply->cookie_len;
		ability_show(&up->able[ABLE_COOKIES], stream, now_us);
	}
	if (reply->rcode != RCODE_NOERROR && reply->rcode != RCODE_NXDOMAIN)
		return; /* an error proves nothing */
	for (unsigned i = 0; i < ABLE_COUNT_; i++)
		if (lessons[i].tried && lessons[i].shown)
			ability_show(&up->able[i], stream, now_us);
		else if (lessons[i].tried)
			ability_lack(
			    &up->able[i], EVIDENCE_LACKED, stream, now_us);
	for (unsigned i = 0; i < p->tries; i++)
		learn_by_contrast(a, &p->attempt[i], now_us);
}

const char *
forward_drop_str(enum forward_drop why)
{
	static const char *const phrase[] = {
		[DROP_NOT] = "accepted",
		[DROP_SHORT] = "shorter than its question",
		[DROP_NOT_RESPONSE] = "not a response",
		[DROP_ID] = "id was not asked for",
		[DROP_SENDER] = "not from the upstream",
		[DROP_QUESTION] = "question differs",
		[DROP_LETTERS] = "letters' case differs",
		[DROP_COOKIE] = "cookie is missing or wrong",
		[DROP_MALFORMED] = "malformed",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == DROP_COUNT_,
	    "one phrase a reason");
	return phrase[why];
}
