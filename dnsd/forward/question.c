/*
 * question.c - the message that an upstream gets.
 *
 * It is made anew rather than passed on: the asker's EDNS options are
 * between the asker and us (RFC 6891, 6.2.6; RFC 7873, 7), its subnet is
 * nobody's business (RFC 7871, 11.1), and what is asked once may be for
 * many.
 */
#include "pending.h"

#include <assert.h>

#include "base/letters.h"

void
question_name(uint8_t out[QUESTION_NAME], const struct attempt *a)
{
	const struct dname *name = &a->pending->name;
	const uint64_t each = UINT64_C(0x0101010101010101);

	memcpy(out, name->wire, name->len);
	/* Lengths are below 64, where no letter is. */
	for (unsigned i = 0; i < name->len; i += 8) {
		/* Of each octet its own bit, then 0x20 where that is set. */
		uint64_t bits = (a->letters >> i % 64 & 0xff) * each &
		    UINT64_C(0x8040201008040201);
		uint64_t upper = ((bits + each * 0x7f) & each * 0x80) >> 2;
		uint64_t eight;

		memcpy(&eight, out + i, 8);
		eight ^= letters_of(eight, 'a') & upper;
		memcpy(out + i, &eight, 8);
	}
}

/* RFC 7873, 4. */
static void
opt_put(struct wire_out *out, const struct attempt *a)
{
	const struct upstream *up = a->upstream;

	wire_put_opt(out, OUR_UDP_SIZE, 0, a->pending->key.edns_do,
	    a->shape.cookie ? OPTION_FIXED + (size_t)up->cookie_len : 0);
	if (a->shape.cookie)
		wire_put_option(
		    out, EDNS_OPTION_COOKIE, up->cookie, up->cookie_len);
}

size_t
question_write(uint8_t to[QUESTION_MAX], const struct attempt *a)
{
	const struct pending *p = a->pending;
	struct wire_out out = wire_out(to, QUESTION_MAX);
	bool edns = a->shape.edns;
	uint8_t name[QUESTION_NAME];

	/* RFC 6840, 5.7: AD asks whether the upstream has validated. */
	wire_put16(&out, a->id);
	wire_put16(&out, DNS_RD | DNS_AD | (p->key.cd ? DNS_CD : 0));
	wire_put16(&out, 1);
	wire_put32(&out, 0);
	wire_put16(&out, edns ? 1 : 0);
	question_name(name, a);
	wire_put(&out, name, p->name.len);
	wire_put16(&out, p->key.qtype);
	wire_put16(&out, CLASS_IN);
	if (edns)
		opt_put(&out, a);
	assert(!out.bad);
	return out.len;
}
