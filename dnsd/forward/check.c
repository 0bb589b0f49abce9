/*
 * check.c - is this the reply to what was asked?
 *
 * The id and the socket have found the attempt that a reply is checked for.
 *
 * To add a check: a predicate, a row, a reason in forward_drop.
 */
#include "check.h"

#define CLIENT_COOKIE 8 /* octets, RFC 7873, 4.1 */

struct reply {
	const struct attempt *asked;
	const struct sockaddr *from; /* NULL: a stream's other end */
	const uint8_t *pkt;
	size_t len;
};

static bool
is_response(const struct reply *r)
{
	return (dns_get16(r->pkt + 2) & (DNS_QR | DNS_OPCODE)) == DNS_QR;
}

static bool
is_from_upstream(const struct reply *r)
{
	const struct upstream *up = r->asked->upstream;
	const union sockaddr_ip *from = (const void *)r->from;
	struct addr addr;

	if (from == NULL)
		return true;
	addr = addr_from_sockaddr(from);
	return from->any.sa_family == up->address.any.sa_family &&
	    from->v4.sin_port == up->address.v4.sin_port &&
	    addr_is_same(&addr, &up->config->address);
}

static bool
has_question(const struct reply *r)
{
	return r->len >= DNS_HEADER + r->asked->pending->name.len + 4U &&
	    dns_get16(r->pkt + 4) != 0;
}

static bool
name_is_repeated(const uint8_t *pkt, const struct plain_name *name)
{
	struct plain_name its;

	its.len = name->len;
	memcpy(its.wire, pkt, its.len);
	name_lower(&its);
	return name_is_same(&its, name);
}

static bool
repeats_question(const struct reply *r)
{
	const struct pending *p = r->asked->pending;
	const uint8_t *type = r->pkt + DNS_HEADER + p->name.len;

	return dns_get16(r->pkt + 4) == 1 &&
	    name_is_repeated(r->pkt + DNS_HEADER, &p->name) &&
	    dns_get16(type) == p->key.qtype && dns_get16(type + 2) == CLASS_IN;
}

static bool
letters_are_same(const struct attempt *a, const uint8_t *pkt)
{
	struct plain_name name;

	question_name(&name, a);
	return memcmp(pkt + DNS_HEADER, name.wire, name.len) == 0;
}

static bool
repeats_letters(const struct reply *r)
{
	return !r->asked->needs_letters || letters_are_same(r->asked, r->pkt);
}

static const struct {
	bool (*holds)(const struct reply *);
	enum forward_drop otherwise;
} checks[] = {
	{ is_response, DROP_NOT_RESPONSE },
	{ is_from_upstream, DROP_SENDER },
	{ has_question, DROP_SHORT },
	{ repeats_question, DROP_QUESTION },
	{ repeats_letters, DROP_LETTERS },
};

enum forward_drop
forward_check(const struct attempt *asked, const struct sockaddr *from,
    const uint8_t *pkt, size_t len)
{
	const struct reply reply = { asked, from, pkt, len };

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!checks[i].holds(&reply))
			return checks[i].otherwise;
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

struct lesson {
	const struct attempt *asked;
	const uint8_t *pkt;
	const struct answer_reply *reply;
};

static bool
tried_edns(const struct lesson *l)
{
	return l->asked->shape.edns;
}

static bool
shown_edns(const struct lesson *l)
{
	return l->reply->edns;
}

static bool
tried_do(const struct lesson *l)
{
	return l->reply->edns && l->asked->pending->key.edns_do;
}

static bool
shown_do(const struct lesson *l)
{
	return l->reply->edns_do;
}

static bool
tried_cookie(const struct lesson *l)
{
	return l->asked->shape.cookie;
}

static bool
shown_cookie(const struct lesson *l)
{
	return l->reply->cookie_len > CLIENT_COOKIE;
}

/* Without a capital, as in the root, nothing is to be learnt. */
static bool
tried_letters(const struct lesson *l)
{
	return l->asked->capitals;
}

/* What had to be so was looked at. */
static bool
shown_letters(const struct lesson *l)
{
	return l->asked->needs_letters || letters_are_same(l->asked, l->pkt);
}

static bool
tried_udp(const struct lesson *l)
{
	return !l->asked->shape.stream;
}

static bool
tried_stream(const struct lesson *l)
{
	return l->asked->shape.stream;
}

/* To add one: its name in ability.h, its row here. */
static const struct {
	bool (*tried)(const struct lesson *);
	bool (*shown)(const struct lesson *);
} lessons[] = {
	[ABLE_EDNS] = { tried_edns, shown_edns },
	[ABLE_DO] = { tried_do, shown_do },
	[ABLE_COOKIES] = { tried_cookie, shown_cookie },
	[ABLE_LETTERS] = { tried_letters, shown_letters },
	[ABLE_UDP] = { tried_udp, tried_udp },
	[ABLE_TCP] = { tried_stream, tried_stream },
};

static_assert(
    sizeof(lessons) / sizeof(lessons[0]) == ABLE_COUNT_, "one row an ability");

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
forward_learn(const struct attempt *a, const uint8_t *pkt,
    const struct answer_reply *reply, int64_t now_us)
{
	const struct lesson lesson = { a, pkt, reply };
	const struct pending *p = a->pending;
	struct upstream *up = a->upstream;

	if (a->shape.cookie && reply->cookie_len > CLIENT_COOKIE) {
		memcpy(up->cookie, reply->cookie, reply->cookie_len);
		up->cookie_len = reply->cookie_len;
		ability_show(&up->able[ABLE_COOKIES], a->shape.stream, now_us);
	}
	if (reply->rcode != RCODE_NOERROR && reply->rcode != RCODE_NXDOMAIN)
		return; /* an error proves nothing */
	for (unsigned i = 0; i < ABLE_COUNT_; i++) {
		if (!lessons[i].tried(&lesson))
			continue;
		if (lessons[i].shown(&lesson))
			ability_show(&up->able[i], a->shape.stream, now_us);
		else
			ability_lack(&up->able[i], EVIDENCE_LACKED,
			    a->shape.stream, now_us);
	}
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
