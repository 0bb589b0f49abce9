/*
 * rdata.c - see rdata.h.
 */
#include "rdata.h"

#include "base/letters.h"

/*
 * What the rdata of a type is, piece by piece:
 *
 *	1-9	so many octets
 *	N	a name, which may be written with a pointer (RFC 1035)
 *	n	a name, which is written whole (RFC 3597, 4)
 *	s	a character-string; t: one that is not empty
 *	S	character-strings, at least one, up to the end
 *	x	octets up to the end, maybe none; X: at least one
 *	b	a bitmap of types (RFC 4034, 4.1.2)
 *	p	parameters of a service (RFC 9460, 2.2)
 *	a	address prefixes (RFC 3123, 4)
 *	g	type of a gateway, algorithm, gateway (RFC 4025, 2.1)
 *	r	type of a relay and the relay (RFC 8777, 4)
 *	h	a host's identity and its servers (RFC 8005, 5)
 *
 * To add a type: in its row, and a row in tests/unit/forward/test_rdata.c.
 */
static const struct layout {
	const char *is;
	uint16_t types[8];
} layouts[] = {
	/* clang-format off */
	{ "4", { TYPE_A } },		/* RFC 1035, 3.3 and 3.4 */
	{ "88", { TYPE_AAAA, 29 /* LOC */ } }, /* RFC 3596, 1876 */
	{ "N", { TYPE_NS, 3 /* MD */, 4 /* MF */, TYPE_CNAME, 7 /* MB */,
		 8 /* MG */, 9 /* MR */, TYPE_PTR } },
	{ "NN992", { TYPE_SOA } },
	{ "5x", { 11 /* WKS */ } },
	{ "ss", { TYPE_HINFO } },
	{ "NN", { 14 /* MINFO */ } },
	{ "2N", { TYPE_MX } },
	{ "S", { TYPE_TXT, 20 /* ISDN */, 99 /* SPF, RFC 7208 */ } },
	{ "nn", { 17 /* RP */ } },	/* RFC 1183 */
	{ "2n", { 18 /* AFSDB */, 21 /* RT */, 36 /* KX, RFC 2230 */,
		  107 /* LP, RFC 6742 */ } },
	{ "s", { 19 /* X25 */ } },
	{ "n", { 23 /* NSAP-PTR, RFC 1706 */, TYPE_DNAME /* RFC 6672 */ } },
	{ "99nX", { 24 /* SIG, RFC 2535 */, 46 /* RRSIG, RFC 4034 */ } },
	{ "4x", { 25 /* KEY */ } },	/* RFC 2535 */
	{ "2nn", { 26 /* PX */ } },	/* RFC 2163 */
	{ "sss", { 27 /* GPOS */ } },	/* RFC 1712 */
	{ "nx", { 30 /* NXT */ } },	/* RFC 2535 */
	{ "6n", { TYPE_SRV } },		/* RFC 2782 */
	{ "4sssn", { 35 /* NAPTR */ } }, /* RFC 3403 */
	{ "5X", { 37 /* CERT */ } },	/* RFC 4398 */
	{ "a", { 42 /* APL */ } },
	{ "4X", { 43 /* DS, RFC 4034 */, 48 /* DNSKEY */,
		  59 /* CDS, RFC 8078: one octet is "delete" */,
		  60 /* CDNSKEY */, 256 /* URI, RFC 7553 */,
		  32769 /* DLV, RFC 4431 */ } },
	{ "2X", { 44 /* SSHFP */ } },	/* RFC 4255 */
	{ "1gx", { 45 /* IPSECKEY */ } },
	{ "nb", { 47 /* NSEC */ } },
	{ "3x", { 49 /* DHCID */ } },	/* RFC 4701 */
	{ "4stb", { 50 /* NSEC3 */ } },	/* RFC 5155 */
	{ "4s", { 51 /* NSEC3PARAM */ } },
	{ "3X", { 52 /* TLSA, RFC 6698 */, 53 /* SMIMEA, RFC 8162 */ } },
	{ "h", { 55 /* HIP */ } },
	{ "X", { 61 /* OPENPGPKEY */ } }, /* RFC 7929 */
	{ "6b", { 62 /* CSYNC */ } },	/* RFC 7477 */
	{ "6X", { 63 /* ZONEMD */ } },	/* RFC 8976 */
	{ "2np", { 64 /* SVCB */, 65 /* HTTPS */ } },
	{ "28", { 104 /* NID, RFC 6742 */, 106 /* L64 */ } },
	{ "24", { 105 /* L32 */ } },
	{ "6", { 108 /* EUI48 */ } },	/* RFC 7043 */
	{ "8", { 109 /* EUI64 */ } },
	{ "1tx", { 257 /* CAA */ } },	/* RFC 8659 */
	{ "1r", { 260 /* AMTRELAY */ } },
	/* clang-format on */
};

static const char *
layout_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		for (unsigned t = 0; t < 8 && layouts[i].types[t] != 0; t++)
			if (layouts[i].types[t] == type)
				return layouts[i].is;
	return "x";
}

/* --- names that are written */

void
rewrite_start(struct rewrite *rw, uint8_t *room, size_t cap,
    const struct dname *qname, bool same)
{
	rw->out = wire_out(room, cap);
	rw->qname = qname;
	rw->base = DNS_HEADER + qname->len + 4U;
	rw->same = same;
	rw->count = 0;
}

/* What we wrote at AT, followed; NAME is in lower case. */
static bool
stands_at(const struct rewrite *rw, size_t at, const uint8_t *name)
{
	for (;;) {
		const uint8_t *there = at < rw->base
		    ? rw->qname->wire + (at - DNS_HEADER)
		    : rw->out.buf + (at - rw->base);

		if (there[0] >= DNS_POINTER) {
			at = dns_get16(there) & 0x3fff;
			continue;
		}
		for (unsigned i = 0; i <= there[0]; i++)
			if (letter_lower(there[i]) != name[i])
				return false;
		if (there[0] == 0)
			return true;
		at += there[0] + 1U;
		name += there[0] + 1U;
	}
}

/* Where in the message NAME's end from a label on stands; 0: nowhere. */
static size_t
end_find(const struct rewrite *rw, const struct dname *name, unsigned label,
    bool in_question)
{
	const struct dname *q = rw->qname;
	const uint8_t *end = name->wire + name->at[label];
	size_t len = name->len - (size_t)name->at[label];
	int skip = q->labels - (name->labels - (int)label);

	if (skip >= 0 && q->len - (size_t)q->at[skip] == len &&
	    memcmp(q->wire + q->at[skip], end, len) == 0)
		return DNS_HEADER + (size_t)q->at[skip];
	for (unsigned i = 0; i < rw->count && !in_question; i++)
		if (rw->known[i].len == len &&
		    stands_at(rw, rw->known[i].at, end))
			return rw->known[i].at;
	return 0;
}

/* As it was SENT, and where it ends as something known does, a pointer. */
static void
name_put(struct rewrite *rw, const struct dname *name, const uint8_t *sent,
    bool whole)
{
	unsigned count = rw->count, i = 0;
	size_t found = 0;

	for (; i < name->labels; i++) {
		size_t here = rw->base + rw->out.len;

		found = end_find(rw, name, i, whole);
		if (found != 0)
			break;
		if (count < NAMES_KEPT && here <= 0x3fff) {
			rw->known[count].at = (uint16_t)here;
			rw->known[count].len =
			    (uint8_t)(name->len - name->at[i]);
			count++;
		}
		wire_put(&rw->out, sent + name->at[i], sent[name->at[i]] + 1U);
	}
	/* Known from now on: not while parts of it were looked for. */
	rw->count = count;
	if (found != 0 && !whole)
		wire_put16(&rw->out, (uint16_t)(DNS_POINTER << 8 | found));
	else /* The letters of the question are lower ones here. */
		wire_put(&rw->out, name->wire + name->at[i],
		    name->len - (size_t)name->at[i]);
}

/* The name at AT; a WHOLE one has no pointer. */
static void
name_copy(
    struct rewrite *rw, const uint8_t *pkt, size_t len, size_t at, bool whole)
{
	uint8_t sent[DNS_NAME_MAX];
	struct wire_in in =
	    wire_in(sent, message_name_as_sent(pkt, len, at, sent));
	struct dname name;

	if (!dname_get(&name, &in))
		rw->out.bad = true;
	if (!rw->out.bad)
		name_put(rw, &name, sent, whole);
}

/* --- pieces of rdata, from IN */

static const uint8_t *
octets_copy(struct rewrite *rw, struct wire_in *in, size_t n)
{
	const uint8_t *at = wire_take(in, n);

	if (at != NULL)
		wire_put(&rw->out, at, n);
	return at;
}

static uint8_t
octet_copy(struct rewrite *rw, struct wire_in *in)
{
	const uint8_t *at = octets_copy(rw, in, 1);

	return at == NULL ? 0 : at[0];
}

static uint16_t
two_copy(struct rewrite *rw, struct wire_in *in)
{
	const uint8_t *at = octets_copy(rw, in, 2);

	return at == NULL ? 0 : dns_get16(at);
}

static void
rdata_name_copy(struct rewrite *rw, struct wire_in *in, bool whole)
{
	name_copy(rw, in->buf, in->len, in->pos, whole);
	wire_skip_name(in);
}

static void
string_copy(struct rewrite *rw, struct wire_in *in, size_t least)
{
	size_t len = octet_copy(rw, in);

	if (len < least)
		in->bad = true;
	(void)octets_copy(rw, in, len);
}

static void
rest_copy(struct rewrite *rw, struct wire_in *in, size_t least)
{
	if (wire_left(in) < least)
		in->bad = true;
	(void)octets_copy(rw, in, wire_left(in));
}

static void
bitmap_copy(struct rewrite *rw, struct wire_in *in)
{
	for (int last = -1; wire_left(in) > 0;) {
		int window = octet_copy(rw, in);
		uint8_t len = octet_copy(rw, in);

		if (window <= last || len == 0 || len > 32)
			in->bad = true;
		(void)octets_copy(rw, in, len);
		last = window;
	}
}

/* RFC 9460, 7 and 8: how long values are; 0: not at all. */
static bool
parameter_is_good(uint16_t key, uint16_t len)
{
	static const uint8_t part[] = { 2, 1, 0, 2, 4, 1, 16 };

	if (key >= sizeof(part))
		return true;
	if (part[key] == 0)
		return len == 0;
	return len > 0 && len % part[key] == 0 && (key != 3 || len == 2);
}

static void
parameters_copy(struct rewrite *rw, struct wire_in *in)
{
	for (int last = -1; wire_left(in) > 0;) {
		uint16_t key = two_copy(rw, in);
		uint16_t len = two_copy(rw, in);

		if (key <= last || !parameter_is_good(key, len))
			in->bad = true;
		(void)octets_copy(rw, in, len);
		last = key;
	}
}

static void
gateway_copy(struct rewrite *rw, struct wire_in *in, uint8_t type)
{
	static const uint8_t len[] = { 0, 4, 16 };

	if (type < sizeof(len))
		(void)octets_copy(rw, in, len[type]);
	else if (type == 3)
		rdata_name_copy(rw, in, true);
	else
		in->bad = true;
}

static void
host_copy(struct rewrite *rw, struct wire_in *in)
{
	size_t identity = octet_copy(rw, in);

	(void)octet_copy(rw, in);
	identity += two_copy(rw, in);
	(void)octets_copy(rw, in, identity);
	while (wire_left(in) > 0)
		rdata_name_copy(rw, in, true);
}

static void
piece_copy(struct rewrite *rw, struct wire_in *in, char piece)
{
	uint8_t type;

	switch (piece) {
	case 'N':
	case 'n':
		rdata_name_copy(rw, in, piece == 'n');
		break;
	case 's':
	case 't':
		string_copy(rw, in, piece == 't');
		break;
	case 'S':
		do {
			string_copy(rw, in, 0);
		} while (wire_left(in) > 0);
		break;
	case 'x':
	case 'X':
		rest_copy(rw, in, piece == 'X');
		break;
	case 'b':
		bitmap_copy(rw, in);
		break;
	case 'p':
		parameters_copy(rw, in);
		break;
	case 'a':
		while (wire_left(in) > 0) {
			(void)octets_copy(rw, in, 3);
			(void)octets_copy(rw, in, octet_copy(rw, in) & 0x7f);
		}
		break;
	case 'g':
		type = octet_copy(rw, in);
		(void)octet_copy(rw, in);
		gateway_copy(rw, in, type);
		break;
	case 'r':
		gateway_copy(rw, in, octet_copy(rw, in) & 0x7f);
		break;
	case 'h':
		host_copy(rw, in);
		break;
	default:
		(void)octets_copy(rw, in, (size_t)(piece - '0'));
		break;
	}
}

void
rewrite_record(struct rewrite *rw, const uint8_t *pkt, const struct record *r)
{
	struct wire_out *out = &rw->out;
	struct wire_in in = wire_in(pkt, r->end);
	size_t start;

	if (rw->same && dns_get16(pkt + r->start) == QUESTION_POINTER)
		wire_put16(out, QUESTION_POINTER);
	else
		name_copy(rw, pkt, r->end, r->start, false);
	wire_put(out, pkt + r->ttl_at - 4, 4); /* type, class */
	wire_put32(out, r->ttl);
	wire_put16(out, 0);
	start = out->len;
	in.pos = r->rdata;
	for (const char *at = layout_of(r->type); *at != '\0'; at++)
		piece_copy(rw, &in, *at);
	if (in.bad || wire_left(&in) > 0)
		out->bad = true;
	if (!out->bad)
		dns_put16(out->buf + start - 2, (uint16_t)(out->len - start));
}
