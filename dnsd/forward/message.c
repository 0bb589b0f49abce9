/*
 * message.c - see message.h.
 */
#include "dnsd/forward/message.h"

#define HOPS_MAX 128 /* a name has no more labels than that */

size_t
message_name_as_sent(
    const uint8_t *pkt, size_t len, size_t at, uint8_t out[DNS_NAME_MAX])
{
	size_t limit = at; /* a pointer must lead before this */
	size_t n = 0;
	unsigned hops = 0;

	while (at < len) {
		uint8_t octet = pkt[at];

		if (octet >= DNS_POINTER) {
			if (at + 1 >= len || ++hops > HOPS_MAX)
				return 0;
			at = (size_t)(octet & 0x3f) << 8 | pkt[at + 1];
			/* The header is no name, and differs in each reply. */
			if (at >= limit || at < DNS_HEADER)
				return 0;
			limit = at;
			continue;
		}
		if (octet > DNS_LABEL_MAX || octet >= len - at ||
		    n + octet + 1 > DNS_NAME_MAX)
			return 0;
		memcpy(out + n, pkt + at, octet + 1U);
		n += octet + 1U;
		if (octet == 0)
			return n;
		at += octet + 1U;
	}
	return 0;
}

bool
message_name(const uint8_t *pkt, size_t len, size_t at, struct dname *out)
{
	uint8_t sent[DNS_NAME_MAX];
	struct wire_in in =
	    wire_in(sent, message_name_as_sent(pkt, len, at, sent));

	return dname_get(out, &in);
}

bool
name_is_same(const struct dname *a, const struct dname *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

/* RFC 1035, 4.1.3. */
bool
message_record(struct wire_in *in, struct record *r)
{
	uint16_t rdata_len;

	r->start = in->pos;
	wire_skip_name(in);
	r->type = wire_get16(in);
	r->class = wire_get16(in);
	r->ttl_at = in->pos;
	r->ttl = wire_get32(in);
	rdata_len = wire_get16(in);
	r->rdata = in->pos;
	(void)wire_take(in, rdata_len);
	r->end = in->pos;
	return !in->bad;
}
