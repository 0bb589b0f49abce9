/*
 * message.c - see message.h.
 */
#include "dnsd/forward/message.h"

#include "base/letters.h"

#define HOPS_MAX 128 /* a name has no more labels than that */

bool
message_name_as_sent(
    const uint8_t *pkt, size_t len, size_t at, struct plain_name *name)
{
	size_t limit = at; /* a pointer must lead before this */
	unsigned hops = 0;

	name->len = 0;
	while (at < len) {
		uint8_t octet = pkt[at];

		if (octet >= DNS_POINTER) {
			if (at + 1 >= len || ++hops > HOPS_MAX)
				break;
			at = (size_t)(octet & 0x3f) << 8 | pkt[at + 1];
			/* The header is no name, and differs in each reply. */
			if (at >= limit || at < DNS_HEADER)
				break;
			limit = at;
			continue;
		}
		if (octet > DNS_LABEL_MAX || octet >= len - at ||
		    name->len + octet + 1U > DNS_NAME_MAX)
			break;
		memcpy(name->wire + name->len, pkt + at, octet + 1U);
		name->len = (uint8_t)(name->len + octet + 1);
		if (octet == 0)
			return true;
		at += octet + 1U;
	}
	name->len = 0;
	return false;
}

/* Letters cannot be lengths, which are below 64. */
void
name_lower(struct plain_name *name)
{
	for (unsigned i = 0; i < name->len; i += 8) {
		uint64_t eight;

		memcpy(&eight, name->wire + i, 8);
		eight |= letters_of(eight, 'A');
		memcpy(name->wire + i, &eight, 8);
	}
}

bool
message_name(const uint8_t *pkt, size_t len, size_t at, struct plain_name *name)
{
	bool is_name = message_name_as_sent(pkt, len, at, name);

	name_lower(name);
	return is_name;
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

bool
name_is_same(const struct plain_name *a, const struct plain_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

bool
name_is_within(const struct plain_name *name, const struct plain_name *parent)
{
	size_t at = 0;

	/* Label by label: the tail must start where a label starts. */
	while (name->len - at > parent->len)
		at += name->wire[at] + 1U;
	return name->len - at == parent->len &&
	    memcmp(name->wire + at, parent->wire, parent->len) == 0;
}
