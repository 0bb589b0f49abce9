/*
 * question.c - the message that an upstream gets.
 *
 * It is made anew rather than passed on: the asker's EDNS options are
 * between the asker and us (RFC 6891, 6.2.6; RFC 7873, 7), its subnet is
 * nobody's business (RFC 7871, 11.1), and what is asked once may be for
 * many.
 */
#include "pending.h"

#define OPT_COOKIE 10

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

/* RFC 6891, 6.1.2; RFC 7873, 4. */
static void
put_opt(struct wire_out *out, const struct attempt *a)
{
	const struct upstream *up = a->upstream;
	uint16_t cookie = up->cookie_len;

	wire_put8(out, 0);
	wire_put16(out, TYPE_OPT);
	wire_put16(out, OUR_UDP_SIZE);
	wire_put16(out, 0);
	wire_put16(out, a->pending->key.edns_do ? EDNS_DO : 0);
	if (!a->cookie) {
		wire_put16(out, 0);
		return;
	}
	wire_put16(out, 4 + cookie);
	wire_put16(out, OPT_COOKIE);
	wire_put16(out, cookie);
	wire_put(out, up->cookie, cookie);
}

size_t
question_write(uint8_t to[QUESTION_MAX], const struct attempt *a)
{
	const struct pending *p = a->pending;
	struct wire_out out = wire_out(to, QUESTION_MAX);
	bool edns = a->upstream->edns != LEARNT_NO;
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
		put_opt(&out, a);
	return out.len;
}
