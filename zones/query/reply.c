/*
 * reply.c - writing replies: decide first, encode afterwards.
 *
 * Records are whole or absent; what does not fit sets TC (RFC 2181, 9).
 */
#include "impl.h"

#include <assert.h>

/*
 * An SOA's data.  Nobody transfers this zone: refresh, retry and expire only
 * have to look usual.  The second name is RFC 6303's.
 */
static const uint8_t soa[] =
    SERVER "\0"
	   "\006nobody\007invalid\0"
	   "\0\0\0\0"         /* serial */
	   "\x00\x00\x0e\x10" /* 3600 */
	   "\x00\x00\x02\x58" /* 600 */
	   "\x00\x01\x51\x80" /* 86400 */
	   "\0\0\0";          /* minimum, with the string's own zero */

#define SOA_SERIAL  (sizeof(soa) - 20)
#define SOA_MINIMUM (sizeof(soa) - 4)

#define CUT_TEXT "cut at 65535 octets"
#define CUT_LEN  (OPTION_FIXED + 2 + sizeof(CUT_TEXT) - 1) /* as EDE */

struct label
query_nsid(const struct query *q, const struct query_env *env)
{
	bool told = q->nsid && env->id != NULL && is_known(q);

	return (struct label){ .at = told ? (const uint8_t *)env->id : NULL,
		.len = told ? (uint8_t)strlen(env->id) : 0 };
}

static size_t
opt_room(const struct query *q, struct label nsid)
{
	return (q->cookie_len == 0 ? 0 : OPTION_FIXED + (size_t)q->cookie_len) +
	    (nsid.at == NULL ? 0 : OPTION_FIXED + (size_t)nsid.len);
}

/* Only for who sent one (RFC 6891, 6.1.1). */
static void
put_opt(const struct query *q, struct wire_out *out,
    const struct query_env *env, const char *text)
{
	struct label nsid = query_nsid(q, env);
	bool ede = q->ede != EDE_NONE;

	wire_put_opt(out, env->max_udp_size, q->rcode, q->edns_do,
	    (ede ? OPTION_FIXED + 2 + strlen(text) : 0) + opt_room(q, nsid));
	if (q->cookie_len > 0)
		wire_put_option(
		    out, EDNS_OPTION_COOKIE, q->cookie, q->cookie_len);
	if (ede)
		wire_put_ede(out, q->ede, text);
	if (nsid.at != NULL)
		wire_put_option(out, EDNS_OPTION_NSID, nsid.at, nsid.len);
}

static inline void
put_header(const struct query *q, uint16_t flags, uint16_t questions,
    uint16_t answers, uint16_t authorities, uint16_t additional)
{
	flags |= DNS_QR | (uint16_t)(q->rcode & DNS_RCODE);
	if (q->truncated)
		flags |= DNS_TC;
	dns_put16(q->pkt + 2, flags);
	dns_put16(q->pkt + 4, questions);
	dns_put16(q->pkt + 6, answers);
	dns_put16(q->pkt + 8, authorities);
	dns_put16(q->pkt + 10, (uint16_t)(additional + q->edns)); /* OPT */
}

/*
 * RD and CD come back as they came (RFC 1035, 4.1.1; RFC 4035, 3.2.2);
 * nothing else of a question's flags does.
 */
static uint16_t
echoed_flags(const struct query *q, const struct query_env *env)
{
	return (uint16_t)((q->flags & (DNS_RD | DNS_CD)) |
	    (env->forwards ? DNS_RA : 0));
}

enum query_next
query_fail(struct query *q, const struct query_env *env, enum dns_rcode rcode,
    enum dns_ede ede)
{
	/* What could not be read is not echoed: a header alone. */
	bool bare = rcode == RCODE_NOTIMP || q->question_len == 0;
	struct wire_out out;

	q->rcode = rcode;
	q->ede = ede;
	q->edns = q->edns && !bare;
	out = wire_out(q->pkt, query_reply_max(q, env));
	(void)wire_room(&out, DNS_HEADER + (bare ? 0 : q->question_len));
	if (q->edns)
		put_opt(q, &out, env,
		    ede == EDE_PROHIBITED ? query_why_str(q->why)
			: ede == EDE_OTHER
			? "the network asks more a second than it may"
			: "");
	assert(!out.bad);
	put_header(q,
	    bare ? (uint16_t)(q->flags & DNS_OPCODE) : echoed_flags(q, env),
	    !bare, 0, 0, 0);
	q->len = out.len;
	return QUERY_SEND;
}

size_t
reply_opt_len(const struct query *q, const struct query_env *env)
{
	return OPT_FIXED + (q->tcp ? CUT_LEN : 0) +
	    opt_room(q, query_nsid(q, env));
}

enum query_next
reply_finish(struct reply *r, enum dns_rcode rcode)
{
	struct query *q = r->q;

	q->rcode = rcode;
	q->answered = r->answers > 0;
	/* An answer that even TCP could not hold says so (docs/names.md). */
	if (q->truncated && q->tcp)
		q->ede = EDE_OTHER;
	r->out.cap += r->opt_len;
	if (q->edns)
		put_opt(
		    q, &r->out, r->env, q->ede == EDE_OTHER ? CUT_TEXT : "");
	assert(!r->out.bad); /* what did not fit was taken back */
	put_header(q, echoed_flags(q, r->env) | DNS_AA, 1, r->answers,
	    r->authorities, r->additional);
	q->len = r->out.len;
	return QUERY_SEND;
}

/* OWNER is where in the question the name begins (RFC 1035, 4.1.4). */
static inline void
record_start(uint8_t *to, unsigned owner, uint16_t type, uint32_t ttl)
{
	dns_put32(to, (0xc000U | owner) << 16 | type);
	dns_put16(to + 4, CLASS_IN);
	dns_put32(to + 6, ttl);
}

size_t
reply_record(struct reply *r, uint16_t type, uint16_t len)
{
	size_t start = r->out.len;
	uint8_t *to = wire_room(&r->out, 12);

	if (to != NULL) {
		record_start(to, r->owner, type, r->ttl);
		dns_put16(to + 10, len);
	}
	return start;
}

/*
 * As many as fit, of the COUNT there are, beginning at START.  What an
 * answer of thousands spends its time on; LEN is a constant.
 */
static inline void
put_addresses(uint8_t *to, const uint8_t record[12], size_t len,
    const uint8_t *const *address, unsigned count, unsigned start, unsigned n)
{
	unsigned at = start;

	for (unsigned i = 0; i < n; i++, to += 12 + len) {
		memcpy(to, record, 12);
		memcpy(to + 12, address[at], len);
		at = at + 1 == count ? 0 : at + 1;
	}
}

void
reply_addresses(struct reply *r, const uint8_t *const *address, unsigned count,
    unsigned start)
{
	uint8_t record[12];
	size_t size = sizeof(record) + r->address;
	size_t room = r->out.cap - r->out.len;
	unsigned n = count;
	uint8_t *to;

	assert(r->address > 0 && start < count);
	if (n * size > room)
		n = (unsigned)(room / size);
	record_start(record, r->owner, r->q->qtype, r->ttl);
	dns_put16(record + 10, r->address);
	to = wire_room(&r->out, n * size);
	if (r->address == 16)
		put_addresses(to, record, 16, address, count, start, n);
	else
		put_addresses(to, record, 4, address, count, start, n);
	r->answers = (uint16_t)(r->answers + n);
	r->q->truncated = r->q->truncated || n < count;
}

/* All from START on, where there was no room for it. */
static bool
take_back(struct reply *r, size_t start)
{
	if (!r->out.bad)
		return false;
	r->out.bad = false;
	r->out.len = start;
	return true;
}

bool
reply_record_end(struct reply *r, size_t start)
{
	if (take_back(r, start)) {
		r->q->truncated = true;
		return false;
	}
	dns_put16(r->out.buf + start + 10, (uint16_t)(r->out.len - start - 12));
	r->answers++;
	return true;
}

bool
reply_rdata(struct reply *r, uint16_t type, const void *rdata, size_t len)
{
	size_t start = reply_record(r, type, 0);

	wire_put(&r->out, rdata, len);
	return reply_record_end(r, start);
}

bool
reply_additional(struct reply *r, size_t start, int count)
{
	if (take_back(r, start))
		return false;
	r->additional = (uint16_t)(r->additional + count);
	return true;
}

/* The zone of the name; the minimum is the negative TTL (RFC 2308, 4). */
static void
put_soa(struct reply *r, bool answer)
{
	const struct dname *name = &r->q->qname;
	uint8_t *to = wire_room(&r->out, 12 + sizeof(soa));

	assert(r->q->name.apex <= name->labels);
	if (to == NULL) {
		r->out.bad = false;
		r->q->truncated = true;
		return;
	}
	record_start(to, r->owner + name->at[name->labels - r->q->name.apex],
	    TYPE_SOA, r->ttl);
	dns_put16(to + 10, sizeof(soa));
	memcpy(to + 12, soa, sizeof(soa));
	dns_put32(to + 12 + SOA_SERIAL,
	    lookup_network_commits(r->env->snapshot, r->q->network));
	dns_put32(to + 12 + SOA_MINIMUM, r->ttl);
	r->answers = (uint16_t)(r->answers + answer);
	r->authorities = (uint16_t)(r->authorities + !answer);
}

enum query_next
reply_nodata(struct reply *r)
{
	static const uint8_t hinfo[] = "\007RFC8482"; /* and "": its zero */

	if (r->q->qtype == TYPE_ANY) /* RFC 8482, 4.2 */
		(void)reply_rdata(r, TYPE_HINFO, hinfo, sizeof(hinfo));
	else
		put_soa(r, false);
	return reply_finish(r, RCODE_NOERROR);
}

enum query_next
reply_nxdomain(struct reply *r)
{
	put_soa(r, false);
	return reply_finish(r, RCODE_NXDOMAIN);
}

enum query_next
reply_zone(struct reply *r)
{
	if (r->q->qtype != TYPE_SOA && r->q->qtype != TYPE_NS)
		return reply_nodata(r);
	if (r->q->qtype == TYPE_SOA)
		put_soa(r, true);
	else
		(void)reply_rdata(r, TYPE_NS, soa, SERVER_LEN);
	return reply_finish(r, RCODE_NOERROR);
}
