/*
 * parse.c - a question's packet, read as the RFCs' figures are drawn.
 */
#include "impl.h"

#include <assert.h>

/* RFC 7873, 4: 8 octets of the client, then none or 8 to 32 of a server. */
static bool
read_cookie(struct query *q, const uint8_t *cookie, unsigned len)
{
	if (len != 8 && (len < 16 || len > 40))
		return false;
	q->cookie_len = (uint8_t)len;
	memcpy(q->cookie, cookie, len < COOKIE_LEN ? len : COOKIE_LEN);
	return true;
}

/* RFC 6891, 6.1.2.  What is cut anywhere is no OPT. */
static bool
read_options(struct query *q, struct wire_in in)
{
	while (wire_left(&in) > 0) {
		uint16_t code = wire_get16(&in), len = wire_get16(&in);
		const uint8_t *data = wire_take(&in, len);

		if (in.bad ||
		    (code == EDNS_OPTION_COOKIE && q->cookie_len == 0 &&
			!read_cookie(q, data, len)))
			return false;
		q->nsid = q->nsid || code == EDNS_OPTION_NSID;
	}
	return true;
}

/* RFC 6891, 6.1.3: extended rcode, version, DO and zero in the TTL. */
static enum dns_rcode
read_opt(struct query *q, uint16_t size, uint32_t ttl, struct wire_in options)
{
	if (q->edns)
		return RCODE_FORMERR; /* 6.1.1: more than one */
	q->edns = true;
	q->edns_do = (ttl & EDNS_DO) != 0;
	q->edns_version = (uint8_t)(ttl >> 16);
	if (size > DNS_UDP_MIN) /* 6.2.3: smaller is 512 */
		q->edns_size = size;
	return read_options(q, options) ? RCODE_NOERROR : RCODE_FORMERR;
}

/* No record but OPT says anything to us; each must be whole. */
static enum dns_rcode
read_additional(struct query *q, struct wire_in *in, unsigned count)
{
	enum dns_rcode rcode = RCODE_NOERROR;

	while (count-- > 0 && !in->bad && rcode == RCODE_NOERROR) {
		bool root = wire_left(in) > 0 && in->buf[in->pos] == 0;
		uint16_t type, class, len;
		const uint8_t *data;
		uint32_t ttl;

		wire_skip_name(in);
		type = wire_get16(in);
		class = wire_get16(in);
		ttl = wire_get32(in);
		len = wire_get16(in);
		data = wire_take(in, len);
		if (type == TYPE_OPT && !in->bad)
			rcode = root
			    ? read_opt(q, class, ttl, wire_in(data, len))
			    : RCODE_FORMERR;
	}
	return in->bad ? RCODE_FORMERR : rcode;
}

/* A reply must not be answered, or two servers could go on for ever. */
static bool
deserves_reply(const struct query *q)
{
	return q->len >= DNS_HEADER && (dns_get16(q->pkt + 2) & DNS_QR) == 0;
}

/* QDCOUNT, ANCOUNT and NSCOUNT of the only question that there is. */
#define ONE_QUESTION (UINT64_C(1) << 32)

static enum dns_rcode
read_question(struct query *q)
{
	struct wire_in in = wire_in(q->pkt, q->len);
	enum dns_rcode rcode;
	uint64_t counts;

	q->question_len = 0;
	q->edns_size = DNS_UDP_MIN;
	(void)wire_get16(&in);
	q->flags = wire_get16(&in);
	counts = wire_get64(&in);
	if ((q->flags & DNS_OPCODE) != 0)
		return RCODE_NOTIMP;
	if (counts >> 16 != ONE_QUESTION)
		return RCODE_FORMERR; /* RFC 9619 */
	if (!dname_get(&q->qname, &in))
		return RCODE_FORMERR;
	q->qtype = wire_get16(&in);
	q->qclass = wire_get16(&in);
	if (in.bad)
		return RCODE_FORMERR;
	q->question_len = in.pos - DNS_HEADER;
	rcode = read_additional(q, &in, (uint16_t)counts);
	if (rcode == RCODE_NOERROR && wire_left(&in) > 0)
		rcode = RCODE_FORMERR;
	if (rcode == RCODE_NOERROR && q->edns && q->edns_version != 0)
		rcode = RCODE_BADVERS;
	return rcode;
}

/* Type numbers that are no data: RFC 6895, 3.1, and OPT. */
static bool
is_data(const struct query *q)
{
	return q->qtype != TYPE_OPT && q->qtype != 0 &&
	    (q->qtype < 128 || q->qtype >= TYPE_ANY) &&
	    (q->qclass == CLASS_IN ||
		(q->qclass == CLASS_CH && q->qtype == TYPE_TXT));
}

/* Compiled with all that it calls, which others call, too. */
__attribute__((flatten)) void
query_parse(struct query *q, special_set ordinary)
{
	assert(q->cap >= DNS_UDP_MIN && q->len <= q->cap);
	q->why = WHY_NOT_ASKED;
	q->network = NETWORK_NONE;
	q->edns = q->edns_do = q->nsid = q->truncated = q->answered =
	    q->proven = false;
	q->cookie_len = 0;
	q->ede = EDE_NONE;
	q->next = deserves_reply(q) ? QUERY_SEND : QUERY_DROP;
	if (q->next == QUERY_DROP)
		return;
	q->rcode = read_question(q);
	if (q->rcode == RCODE_NOERROR && !is_data(q)) {
		q->rcode = RCODE_REFUSED;
		q->ede = EDE_NOT_SUPPORTED;
	}
	if (q->rcode == RCODE_NOERROR)
		name_read(&q->name, &q->qname, ordinary);
}
