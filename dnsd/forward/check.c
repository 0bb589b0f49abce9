/*
 * check.c - is this the reply to what was asked?
 *
 * The id and the socket have found the attempt that a reply is checked for.
 *
 * To add a check: a predicate, a row, a reason in forward_drop.
 */
#include "check.h"

#include "base/letters.h"

#define CLIENT_COOKIE 8 /* octets, RFC 7873, 4.1 */
#define DOUBTS_MOST   8

struct reply {
	const struct attempt *asked;
	const struct sockaddr *from; /* NULL: a stream's other end */
	const uint8_t *pkt;
	size_t len;
};

static bool
has_question(const struct reply *r)
{
	return r->len >= DNS_HEADER + r->asked->pending->name.len + 4U;
}

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

/* Length octets are below 64, where no letter is. */
static bool
name_is_repeated(const uint8_t *pkt, const struct plain_name *name)
{
	for (unsigned i = 0; i < name->len; i++)
		if (letter_lower(pkt[i]) != name->wire[i])
			return false;
	return true;
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
	uint8_t name[DNS_NAME_MAX];

	question_name(name, a);
	return memcmp(pkt + DNS_HEADER, name, a->pending->name.len) == 0;
}

static bool
repeats_letters(const struct reply *r)
{
	return r->asked->upstream->letters != LEARNT_YES ||
	    letters_are_same(r->asked, r->pkt);
}

static const struct {
	bool (*holds)(const struct reply *);
	enum forward_drop otherwise;
} checks[] = {
	{ has_question, DROP_SHORT },
	{ is_response, DROP_NOT_RESPONSE },
	{ is_from_upstream, DROP_SENDER },
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
	const struct upstream *up = a->upstream;

	if (!a->cookie)
		return DROP_NOT;
	if (r->cookie_len == 0)
		return up->cookies == LEARNT_YES ? DROP_COOKIE : DROP_NOT;
	if (r->cookie_len < CLIENT_COOKIE ||
	    memcmp(r->cookie, up->cookie, CLIENT_COOKIE) != 0)
		return DROP_COOKIE;
	return DROP_NOT;
}

static void
letters_learn(const struct attempt *a, const uint8_t *pkt)
{
	const struct plain_name *name = &a->pending->name;
	uint8_t sent[DNS_NAME_MAX];

	question_name(sent, a);
	if (memcmp(sent, name->wire, name->len) == 0)
		return; /* no capital was in it: nothing to be learnt */
	a->upstream->letters =
	    letters_are_same(a, pkt) ? LEARNT_YES : LEARNT_NO;
}

void
forward_learn(const struct attempt *a, const uint8_t *pkt,
    const struct answer_reply *reply)
{
	struct upstream *up = a->upstream;

	up->doubts = 0;
	if (up->letters == LEARNT_NOTHING)
		letters_learn(a, pkt);
	if (reply->edns)
		up->edns = LEARNT_YES;
	if (a->cookie && reply->cookie_len > CLIENT_COOKIE) {
		memcpy(up->cookie, reply->cookie, reply->cookie_len);
		up->cookie_len = reply->cookie_len;
		up->cookies = LEARNT_YES;
	}
}

/* It has changed, or somebody else is answering: do not stay deaf to it. */
void
forward_doubt(const struct attempt *a)
{
	struct upstream *up = a->upstream;

	if (++up->doubts < DOUBTS_MOST)
		return;
	up->doubts = 0;
	up->letters = LEARNT_NOTHING;
	up->cookies = LEARNT_NOTHING;
	up->cookie_len = CLIENT_COOKIE;
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
