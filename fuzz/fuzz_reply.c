/*
 * fuzz_reply.c - any message an upstream might send, up to the asker.
 *
 * The question is taken from the message itself, as forward_check() has
 * compared the two before.  Promises checked on every input:
 *
 *	only class IN stays, and never OPT;
 *	with rebind protection no private address stays in the answer;
 *	no reply is larger than its asker takes, and none is cut without TC;
 *	what stays, stays: a reply that is read again loses nothing, and means
 *	the same after its TTLs were counted down;
 *	an owner is spelled out or points at octets that are a name;
 *	TTLs never grow, and no answer is kept for more than a day.
 */
#include <assert.h>
#include <stdlib.h>

#include "dnsd/forward/answer.h"
#include "zones/names/dname.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint8_t room[DNS_TCP_MAX], out[DNS_TCP_MAX], again[DNS_TCP_MAX];

static void
check_records(const uint8_t *pkt, size_t len, size_t start,
    const struct answer *a, bool remove_private)
{
	struct wire_in in = wire_in(pkt, len);
	struct record r;
	struct addr addr;

	in.pos = start;
	for (unsigned s = 0; s < SECTIONS; s++)
		for (unsigned i = 0; i < a->count[s]; i++) {
			assert(message_record(&in, &r));
			assert(r.class == CLASS_IN && r.type != TYPE_OPT);
			assert(r.ttl <= ANSWER_TTL_MAX);
			if (!remove_private || s == SECTION_AUTHORITY)
				continue;
			if (r.type == TYPE_A && r.end - r.rdata == 4) {
				addr = addr_from_v4(pkt + r.rdata);
				assert(!address_is_private(&addr));
			}
			if (r.type == TYPE_AAAA && r.end - r.rdata == 16) {
				memcpy(addr.ip, pkt + r.rdata, 16);
				assert(!address_is_private(&addr));
			}
		}
}

static void
check_reply(const struct answer *a, const struct answer_rules *rules,
    const uint8_t *question, size_t limit, bool edns)
{
	const struct reply_to to = { .question = question,
		.question_len = rules->qname->len + 4U,
		.edns = edns,
		.limit = limit,
		.udp_size = 1232 };
	static struct answer_reply second;
	size_t len = reply_write(out, &to, a);
	bool cut = (dns_get16(out + 2) & DNS_TC) != 0;

	assert(len <= limit);
	assert(dns_get16(out + 6) == a->count[SECTION_ANSWER] || cut);
	assert(dns_get16(out + 8) == a->count[SECTION_AUTHORITY] || cut);
	check_records(out, len, DNS_HEADER + to.question_len,
	    &(struct answer){ .count = { dns_get16(out + 6), dns_get16(out + 8),
				  (uint16_t)(dns_get16(out + 10) - edns) } },
	    rules->remove_private);
	if (cut)
		return;
	memcpy(again, out, len);
	assert(answer_read(&second, again, len, rules, room));
	assert(second.answer.count[SECTION_AUTHORITY] ==
	    a->count[SECTION_AUTHORITY]);
	assert(second.answer.chain == a->chain);
	assert(second.answer.count[SECTION_ANSWER] == a->count[SECTION_ANSWER]);
	assert(second.removed == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer_reply reply;
	static uint8_t body[DNS_TCP_MAX];
	uint8_t pkt[4096], question[DNS_NAME_MAX + 4];
	struct wire_in in;
	struct dname name;
	struct answer_rules rules = { .qname = &name };

	if (size < 1 + DNS_HEADER || size - 1 > sizeof(pkt))
		return 0;
	rules.remove_private = (data[0] & 1) != 0;
	memcpy(pkt, data + 1, size - 1);
	in = wire_in(pkt, size - 1);
	in.pos = DNS_HEADER;
	if (!dname_get(&name, &in))
		return 0;
	rules.qtype = wire_get16(&in);
	(void)wire_get16(&in);
	if (in.bad)
		return 0;
	memcpy(question, pkt + DNS_HEADER, name.len + 4U);
	if (!answer_read(&reply, pkt, size - 1, &rules, room))
		return 0;
	assert(reply.answer.ttl <= ANSWER_TTL_MAX);
	assert(reply.answer.len <= sizeof(body));
	if (reply.answer.len > 0)
		memcpy(body, reply.answer.body, reply.answer.len);
	reply.answer.body = body;
	answer_age(body, reply.answer.len, reply.answer.count, data[0], 0);
	check_reply(&reply.answer, &rules, question, DNS_TCP_MAX, true);
	check_reply(&reply.answer, &rules, question, 1232, true);
	check_reply(&reply.answer, &rules, question, 512, false);
	return 0;
}
