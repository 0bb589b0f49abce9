/*
 * fuzz_record.c - any text as a value of a record.
 *
 * The first octet says of which type; a zero ends a value, of which there may
 * be some.  What is refused says why.  What is taken means the same octets
 * when it is written as text and read again, is stored, and is answered octet
 * for octet, in a packet that ldns reads.
 */
#include "zones/facts/record.h"

#include "query_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define VALUES 4

static struct fixture f;
static struct query_env env;

static void
stop(void)
{
	query_env_release(&env);
	fixture_close(&f);
}

static void
start(void)
{
	fixture_open(&f);
	FIXTURE_MUST(
	    fixture_apply(&f,
		"{'put':'network','id':'acme','prefixes':['fdaa:0:18::/48']}\n"
		"{'put':'zone','network':'acme','name':'a.b','fallthrough':"
		"false}\n") == E_OK);
	env = (struct query_env){ .snapshot = f.snapshot,
		.region = "",
		.max_udp_size = 8192,
		.rng = { 1 } };
	FIXTURE_MUST(query_env_init(&env) == E_OK);
	FIXTURE_MUST(atexit(stop) == 0);
}

static void
check_text(const struct fact_value *v, struct arena *arena)
{
	char *text = record_value_text(v);
	struct fact_value again = { .text = text, .type = v->type };
	struct complaint why;

	assert(text != NULL && strlen(text) < 4 * FACT_VALUE_MAX);
	assert(record_value_read(&again, arena, &why) == E_OK);
	assert(again.len == v->len);
	assert(memcmp(again.rdata, v->rdata, v->len) == 0);
	free(text);
}

static bool
is_answered(const struct asked *a, const struct fact_value *v)
{
	struct wire_in in = wire_in(a->pkt, a->q.len);

	in.pos = DNS_HEADER + a->q.question_len;
	for (unsigned i = 0; i < dns_get16(a->pkt + 6); i++) {
		uint16_t len;
		const uint8_t *rdata;

		(void)wire_take(&in, 10); /* a pointer, type, class, TTL */
		len = wire_get16(&in);
		rdata = wire_take(&in, len);
		if (rdata != NULL && len == v->len &&
		    memcmp(rdata, v->rdata, len) == 0)
			return true;
	}
	return false;
}

static void
check_answer(const struct fact *fact)
{
	struct asked a;
	uint16_t type = fact->values[0].type;
	const struct ask q = { .name = "x.a.b",
		.type = type,
		.from = "fdaa:0:18::1",
		.tcp = true };

	ask(&a, &q, &env);
	assert(a.next == QUERY_SEND && a.q.rcode == RCODE_NOERROR);
	assert(a.reply != NULL);
	assert(dns_get16(a.pkt + 6) == fact->value_count);
	for (unsigned i = 0; i < fact->value_count; i++)
		assert(is_answered(&a, &fact->values[i]));
	asked_release(&a);
}

static void
put(const struct fact *fact)
{
	struct complaint why;
	struct store_txn *t;
	enum err err;

	store_begin(f.writer, &t);
	err = store_put(t, fact, &why);
	assert(err == E_OK && store_commit(t) == E_OK);
	check_answer(fact);
	store_begin(f.writer, &t);
	err = store_delete(t, fact, &why);
	assert(err == E_OK && store_commit(t) == E_OK);
}

static bool
is_twice(const struct fact_value *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i].len == v[n].len &&
		    memcmp(v[i].rdata, v[n].rdata, v[n].len) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fact_value v[VALUES];
	struct fact fact = { .kind = FACT_RECORD,
		.network = "acme",
		.id = "x.a.b",
		.ttl = 5,
		.values = v };
	struct arena arena = { 0 };
	struct complaint why;
	unsigned most = VALUES;

	if (f.writer == NULL)
		start();
	if (size == 0)
		return 0;
	fact.to = record_type_at(data[0] % 8U);
	if (record_type(fact.to) == TYPE_CNAME)
		most = 1;
	for (size_t at = 1; at < size && fact.value_count < most;) {
		struct fact_value *one = &v[fact.value_count];
		size_t len = strnlen((const char *)data + at, size - at);

		*one = (struct fact_value){ .text = arena_copy(&arena,
						(const char *)data + at, len),
			.type = record_type(fact.to) };
		at += len + 1;
		why.rule[0] = '\0';
		if (record_value_read(one, &arena, &why) != E_OK) {
			assert(why.rule[0] != '\0');
			continue;
		}
		check_text(one, &arena);
		fact.value_count += !is_twice(v, fact.value_count);
	}
	if (fact.value_count > 0)
		put(&fact);
	arena_release(&arena);
	return 0;
}
