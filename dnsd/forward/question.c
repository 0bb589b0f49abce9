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

void
question_name(uint8_t out[DNS_NAME_MAX], const struct attempt *a)
{
	const struct plain_name *name = &a->pending->name;

	/* Lengths are below 64, where no letter is.  No branch: it is random.
	 */
	for (unsigned i = 0; i < name->len; i++) {
		uint8_t c = name->wire[i];
		unsigned letter = (uint8_t)(c - 'a') < 26;
		unsigned upper = letter & (unsigned)(a->letters >> i % 64);

		out[i] = (uint8_t)(c ^ upper << 5);
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
	uint8_t name[DNS_NAME_MAX];

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
