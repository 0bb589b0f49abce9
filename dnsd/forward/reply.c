/*
 * reply.c - from an answer to the message for one asker.
 */
#include <assert.h>
#include <string.h>

#include "dnsd/forward/answer.h"
#include "zones/query/query.h"

/* The body was checked when it was read: no record is malformed. */
void
answer_age(uint8_t *body, size_t len, const uint16_t count[SECTIONS],
    uint32_t minus, uint32_t least)
{
	struct wire_in in = wire_in(body, len);
	unsigned left = (unsigned)count[0] + count[1] + count[2];
	struct record r;

	while (left-- > 0 && message_record(&in, &r)) {
		struct wire_out out = wire_out(body + r.ttl_at, 4);
		uint32_t ttl = r.ttl > minus ? r.ttl - minus : 0;

		wire_put32(&out, ttl > least ? ttl : least);
	}
	assert(!in.bad);
}

/*
 * Whole records only, as many as ROOM octets hold; the additional section
 * goes without a word (RFC 2181, 9).  True where others had to go.
 */
static bool
answer_cut(struct answer *a, size_t room)
{
	struct wire_in in = wire_in(a->body, a->len);
	uint16_t fit[SECTIONS] = { 0 };
	size_t len = 0;
	struct record r;

	for (unsigned s = 0; s < SECTIONS; s++) {
		size_t section = len;

		while (fit[s] < a->count[s] && message_record(&in, &r) &&
		    r.end <= room) {
			len = r.end;
			fit[s]++;
		}
		if (fit[s] == a->count[s])
			continue;
		if (s == SECTION_ADDITIONAL) {
			fit[s] = 0;
			len = section;
		}
		memcpy(a->count, fit, sizeof(fit));
		a->len = len;
		return s != SECTION_ADDITIONAL;
	}
	return false;
}

void
reply_to_query(
    struct reply_to *to, const struct query *q, const struct query_env *env)
{
	*to = (struct reply_to){ .id = dns_get16(q->pkt),
		.flags = q->flags,
		.question = q->pkt + DNS_HEADER,
		.question_len = q->question_len,
		.edns = q->edns,
		.edns_do = q->edns_do,
		.cookie = q->cookie,
		.cookie_len = q->cookie_len,
		.nsid = query_nsid(q, env),
		.limit = query_reply_max(q, env),
		.udp_size = env->max_udp_size };
}

static size_t
reply_options_room(const struct reply_to *to)
{
	return (to->cookie_len == 0 ? 0
				    : OPTION_FIXED + (size_t)to->cookie_len) +
	    (to->nsid.at == NULL ? 0 : OPTION_FIXED + (size_t)to->nsid.len);
}

size_t
reply_room(const struct reply_to *to, uint8_t ede_len)
{
	size_t taken = DNS_HEADER + to->question_len;

	if (to->edns)
		taken += OPT_FIXED + reply_options_room(to) + ede_len;
	return taken < to->limit ? to->limit - taken : 0;
}

static uint16_t
reply_flags(const struct reply_to *to, const struct answer *a, bool cut)
{
	/* RFC 4035, 3.2.2: CD is copied. */
	uint16_t flags = DNS_QR | DNS_RA | (to->flags & (DNS_RD | DNS_CD));

	/* RFC 6840, 5.8: AD is for those who understand it. */
	if (a->authentic && (to->edns_do || (to->flags & DNS_AD) != 0))
		flags |= DNS_AD;
	if (to->own &&
	    (a->rcode == RCODE_NOERROR || a->rcode == RCODE_NXDOMAIN))
		flags |= DNS_AA;
	if (cut)
		flags |= DNS_TC;
	return flags | a->rcode;
}

/* What stands where it belongs is not copied onto itself. */
static void
piece_put(struct wire_out *out, const uint8_t *piece, size_t len)
{
	uint8_t *at = wire_room(out, len);

	if (at != NULL && at != piece && len > 0)
		memmove(at, piece, len);
}

size_t
reply_write(
    uint8_t *to_pkt, const struct reply_to *to, const struct answer *answer)
{
	struct wire_out out = wire_out(to_pkt, to->limit);
	struct answer a = *answer;
	bool cut = false;

	/* An explanation is the first to go where there is no room. */
	if (reply_room(to, a.ede_len) < a.len)
		a.ede_len = 0;
	if (reply_room(to, a.ede_len) < a.len)
		cut = answer_cut(&a, reply_room(to, 0));
	wire_put16(&out, to->id);
	wire_put16(&out, reply_flags(to, &a, cut));
	wire_put16(&out, 1);
	wire_put16(&out, a.count[SECTION_ANSWER]);
	wire_put16(&out, a.count[SECTION_AUTHORITY]);
	wire_put16(
	    &out, (uint16_t)(a.count[SECTION_ADDITIONAL] + (to->edns ? 1 : 0)));
	piece_put(&out, to->question, to->question_len);
	piece_put(&out, a.body, a.len);
	if (to->edns) {
		wire_put_opt(&out, to->udp_size, 0, to->edns_do,
		    reply_options_room(to) + a.ede_len);
		if (to->cookie_len > 0)
			wire_put_option(&out, EDNS_OPTION_COOKIE, to->cookie,
			    to->cookie_len);
		wire_put(&out, a.ede, a.ede_len);
		if (to->nsid.at != NULL)
			wire_put_option(
			    &out, EDNS_OPTION_NSID, to->nsid.at, to->nsid.len);
	}
	assert(!out.bad);
	return out.len;
}
