/*
 * fuzz_cache.c - puts and gets in any order, against a model.
 *
 * Each operation is four octets: what, which key, how long, how much later.
 * The cache may forget (it is small), but what it returns is what was put
 * last for that very key, aged to the second; nothing is fresh after its
 * TTL nor stale after another day; and a failure replaces no answer.
 */
#include <assert.h>
#include <stdlib.h>

#include "dnsd/forward/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define KEYS  256
#define BYTES 32768

/* What was put last. */
struct put {
	bool there, failed;
	int64_t stored, ttl;
	size_t len;
	uint8_t fill;
};

struct model {
	struct put answer, failure;
};

static uint8_t room[4096], spare[DNS_TCP_MAX], ede[ANSWER_EDE_MAX];

/* Keys that differ in one thing each: name, type, DO, CD, scope. */
static struct cache_key
key_of(const struct cache *c, uint8_t n, struct dname *name)
{
	struct cache_key key = { .name = name,
		.qtype = (n & 1) != 0 ? TYPE_AAAA : TYPE_A,
		.edns_do = (n & 2) != 0,
		.cd = (n & 4) != 0,
		.scope = n >> 3 & 3 };
	uint8_t label = (uint8_t)(1 + (n >> 5) * 8);
	uint8_t wire[64] = { label };
	struct wire_in in = wire_in(wire, label + 2U);

	memset(wire + 1, 'a', label);
	if (!dname_get(name, &in))
		abort();
	cache_key_hash(&key, cache_seed(c));
	return key;
}

static struct answer
answer_of(uint8_t *body, const struct put *m)
{
	struct wire_out o = wire_out(body, 4096);
	struct answer a = { .body = body, .ttl = (uint32_t)m->ttl };

	if (m->failed) {
		a.rcode = RCODE_SERVFAIL;
		return a;
	}
	wire_put16(&o, 0xc00c);
	wire_put16(&o, TYPE_TXT);
	wire_put16(&o, CLASS_IN);
	wire_put32(&o, (uint32_t)m->ttl);
	wire_put16(&o, (uint16_t)m->len);
	memset(body + o.len, m->fill, m->len);
	a.len = o.len + m->len;
	a.count[SECTION_ANSWER] = 1;
	return a;
}

static void
check_hit(
    const struct put *m, const struct cache_hit *hit, bool fresh, int64_t now)
{
	struct wire_in in = wire_in(hit->answer.body, hit->answer.len);
	static uint8_t want[4096];
	int64_t age = (now - m->stored) / 1000;
	struct record r;

	assert(m->there);
	assert(now < m->stored + (m->ttl + ANSWER_TTL_MAX) * 1000);
	assert(fresh == (now < m->stored + m->ttl * 1000));
	if (m->failed) {
		assert(fresh && hit->answer.len == 0);
		return;
	}
	assert(hit->answer.len == 12 + m->len);
	assert(message_record(&in, &r));
	assert(r.ttl == (fresh ? m->ttl - age : CACHE_STALE_TTL));
	memset(want, m->fill, m->len);
	assert(memcmp(hit->answer.body + 12, want, m->len) == 0);
}

/* True: an answer, fresh or stale, that is no failure. */
static bool
get(struct cache *c, const struct model *m, uint8_t n, uint8_t small,
    int64_t now)
{
	const struct cache_space space = { room,
		small < 128 ? sizeof(room) : small, spare, ede };
	struct dname name;
	struct cache_key key = key_of(c, n, &name);
	struct cache_hit hit;
	enum cache_found found = cache_get(c, &key, now, &space, &hit);
	bool failed;

	if (found == CACHE_NONE)
		return false;
	failed = hit.answer.rcode == RCODE_SERVFAIL;
	check_hit(
	    failed ? &m->failure : &m->answer, &hit, found == CACHE_FRESH, now);
	return !failed;
}

static void
put(struct cache *c, struct model *m, uint8_t n, const uint8_t *op, int64_t now)
{
	struct dname name;
	uint8_t body[4096];
	struct put new = { .there = true,
		.failed = (op[0] & 2) != 0,
		.stored = now,
		.ttl = 1 + op[2] % 100,
		.len = op[2] * 13U,
		.fill = op[3] };
	struct cache_key key = key_of(c, n, &name);
	struct answer a = answer_of(body, &new);
	bool answered = get(c, m, n, 0, now);

	cache_put(c, &key, now, &a);
	if (new.failed)
		m->failure = new;
	else
		m->answer = new;
	if (new.failed && answered)
		assert(get(c, m, n, 0, now));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model model[KEYS];
	int64_t now = 1000;
	struct cache *c;

	memset(model, 0, sizeof(model));
	if (cache_open(&c, BYTES) != E_OK)
		abort();
	for (; size >= 4; data += 4, size -= 4) {
		uint8_t n = data[1];

		/* From milliseconds to half a day. */
		now += (int64_t)(data[3] & 15) << 2 * (data[3] >> 4);
		if ((data[0] & 1) == 0)
			(void)get(c, &model[n], n, data[2], now);
		else
			put(c, &model[n], n, data, now);
		assert(cache_usage(c).bytes <= BYTES);
	}
	cache_close(c);
	return 0;
}
