/*
 * answer_rewrite.c - a record that had to move, without pointers.
 */
#include "answer_impl.h"

/*
 * The types whose rdata may hold compressed names: those of RFC 1035 and
 * the ones that RFC 3597, 4 adds.  No later type may join this table.
 */
static const struct layout {
	uint16_t type;
	uint8_t before; /* octets before the first name */
	uint8_t names;
} layouts[] = {
	{ TYPE_NS, 0, 1 },
	{ 3 /* MD */, 0, 1 },
	{ 4 /* MF */, 0, 1 },
	{ TYPE_CNAME, 0, 1 },
	{ TYPE_SOA, 0, 2 },
	{ 7 /* MB */, 0, 1 },
	{ 8 /* MG */, 0, 1 },
	{ 9 /* MR */, 0, 1 },
	{ TYPE_PTR, 0, 1 },
	{ 14 /* MINFO */, 0, 2 },
	{ TYPE_MX, 2, 1 },
	{ 17 /* RP */, 0, 2 },
	{ 18 /* AFSDB */, 2, 1 },
	{ 21 /* RT */, 2, 1 },
	{ 26 /* PX */, 2, 2 },
	{ TYPE_SRV, 6, 1 },
	{ TYPE_DNAME, 0, 1 },
};

static const struct layout *
layout_of(uint16_t type)
{
	static const struct layout opaque = { 0 };

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return &opaque;
}

static void
name_copy(struct wire_out *out, struct wire_in *in)
{
	struct plain_name name;

	if (!message_name(in->buf, in->len, in->pos, &name))
		out->bad = true;
	wire_put(out, name.wire, name.len);
	wire_skip_name(in);
}

static void
rdata_copy(struct wire_out *out, struct wire_in *in, uint16_t type)
{
	const struct layout *layout = layout_of(type);
	const uint8_t *fixed = wire_take(in, layout->before);

	if (fixed != NULL)
		wire_put(out, fixed, layout->before);
	for (unsigned i = 0; i < layout->names; i++)
		name_copy(out, in);
	wire_put(out, in->buf + in->pos, wire_left(in));
	if (in->bad)
		out->bad = true;
}

void
record_rewrite(struct wire_out *out, const uint8_t *pkt, const struct record *r,
    const struct plain_name *qname)
{
	struct wire_in owner = wire_in(pkt, r->end);
	struct wire_in rdata = owner;
	struct plain_name name;
	size_t start;

	owner.pos = r->start;
	if (message_name(pkt, r->end, r->start, &name) &&
	    name_is_same(&name, qname))
		wire_put16(out, 0xc000 | DNS_HEADER);
	else
		name_copy(out, &owner);
	wire_put(out, pkt + r->ttl_at - 4, 8); /* type, class, TTL */
	wire_put16(out, 0);
	start = out->len;
	rdata.pos = r->rdata;
	rdata_copy(out, &rdata, r->type);
	if (!out->bad)
		dns_put16(out->buf + start - 2, (uint16_t)(out->len - start));
}
