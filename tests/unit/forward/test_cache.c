/*
 * test_cache.c - what is kept, what is found, and who has to go.
 */
#include "dnsd/forward/cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t room[DNS_TCP_MAX], spare[DNS_TCP_MAX], ede[ANSWER_EDE_MAX];

/* A name of a length that depends on N, and not only in its digits. */
static struct cache_key
key_of(const struct cache *c, unsigned n, struct dname *name)
{
	struct cache_key key = { .qtype = TYPE_A, .name = name };
	char text[80];

	(void)snprintf(text, sizeof(text), "%u%s%.*s", n, n % 50 > 0 ? "." : "",
	    (int)(n % 50),
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_true(dname_parse(name, text));
	cache_key_hash(&key, cache_seed(c));
	return key;
}

/* One TXT record of LEN octets whose owner is the question's name. */
static struct answer
answer_of(uint8_t *body, size_t len, unsigned n)
{
	struct wire_out out = wire_out(body, DNS_TCP_MAX);

	wire_put16(&out, 0xc00c);
	wire_put16(&out, TYPE_TXT);
	wire_put16(&out, CLASS_IN);
	wire_put32(&out, 100);
	wire_put16(&out, (uint16_t)len);
	memset(body + out.len, (int)(n & 0xff), len);
	return (struct answer){ .count = { 1, 0, 0 },
		.body = body,
		.len = out.len + len,
		.ttl = 100 };
}

static enum cache_found
get(struct cache *c, const struct cache_key *key, int64_t now,
    struct cache_hit *hit)
{
	const struct cache_space space = { room, sizeof(room), spare, ede };

	return cache_get(c, key, now, &space, hit);
}

/* Of which some end where the shard does. */
static void
test_all_lengths(void **state)
{
	static uint8_t body[DNS_TCP_MAX];
	struct dname name;
	struct cache_hit hit;
	struct cache *c;

	(void)state;
	assert_int_equal(cache_open(&c, 1 << 20), E_OK);
	for (unsigned len = 0; len < 700; len++) {
		struct cache_key key = key_of(c, len, &name);
		struct answer a = answer_of(body, len, len);
		uint8_t why[255];

		for (unsigned i = 0; i < sizeof(why); i++)
			why[i] = (uint8_t)(i * 7);
		a.ede = why;
		a.ede_len = (uint8_t)(len % 256);
		cache_put(c, &key, 0, &a);
		assert_int_equal(get(c, &key, 0, &hit), CACHE_FRESH);
		assert_int_equal(hit.answer.len, a.len);
		assert_memory_equal(hit.answer.body, a.body, a.len);
		assert_int_equal(hit.answer.ede_len, a.ede_len);
		assert_memory_equal(hit.answer.ede, why, a.ede_len);
	}
	cache_close(c);
}

static void
test_large_ones_go_to_spare(void **state)
{
	static uint8_t body[DNS_TCP_MAX];
	const struct cache_space small = { room, 50, spare, ede };
	struct dname name;
	struct cache_hit hit;
	struct cache_key key;
	struct answer a;
	struct cache *c;

	(void)state;
	assert_int_equal(cache_open(&c, 1 << 20), E_OK);
	key = key_of(c, 1, &name);
	a = answer_of(body, 38, 1);
	cache_put(c, &key, 0, &a);
	assert_int_equal(cache_get(c, &key, 0, &small, &hit), CACHE_FRESH);
	assert_ptr_equal(hit.answer.body, room);
	a = answer_of(body, 39, 1);
	cache_put(c, &key, 0, &a);
	assert_int_equal(cache_get(c, &key, 0, &small, &hit), CACHE_FRESH);
	assert_ptr_equal(hit.answer.body, spare);
	cache_close(c);
}

/* Far more than fits: the bound holds, and who is used stays. */
static void
test_eviction_by_use(void **state)
{
	static uint8_t body[DNS_TCP_MAX];
	unsigned favourites = 0, others = 0;
	struct dname name;
	struct cache_usage usage;
	struct cache_hit hit;
	struct cache *c;

	(void)state;
	assert_int_equal(cache_open(&c, 1 << 20), E_OK);
	for (unsigned i = 0; i < 40000; i++) {
		struct cache_key key = key_of(c, i, &name);
		struct answer a = answer_of(body, i % 400, i);

		cache_put(c, &key, 0, &a);
		key = key_of(c, i % 100, &name);
		(void)get(c, &key, 0, &hit);
	}
	usage = cache_usage(c);
	assert_true(usage.bytes_most <= 1 << 20);
	assert_true(usage.bytes <= usage.bytes_most);
	assert_true(usage.bytes > usage.bytes_most * 8 / 10);
	for (unsigned i = 0; i < 40000; i++) {
		struct cache_key key = key_of(c, i, &name);

		if (get(c, &key, 0, &hit) == CACHE_NONE)
			continue;
		assert_int_equal(hit.answer.len, 12 + i % 400);
		if (i % 400 > 0)
			assert_int_equal(
			    hit.answer.body[hit.answer.len - 1], i & 0xff);
		favourites += i < 100;
		others += i >= 100;
	}
	assert_int_equal(favourites, 100);
	assert_int_equal(favourites + others, usage.entries);
	cache_flush(c, NULL);
	usage = cache_usage(c);
	assert_int_equal(usage.entries, 0);
	assert_int_equal(usage.bytes, 0);
	cache_close(c);
}

/* What is at a name or below it goes, and not what only looks so. */
static void
test_flush_of_a_name(void **state)
{
	static const struct {
		const char *name;
		bool goes;
	} rows[] = {
		{ "a.example", true },
		{ "b.a.example", true },
		{ "example", false },
		{ "xa.example", false },
		{ "a.example.org", false },
	};
	static uint8_t body[DNS_TCP_MAX];
	struct answer a = answer_of(body, 300, 0);
	struct dname name[sizeof(rows) / sizeof(rows[0])], flushed;
	struct cache_hit hit;
	struct cache *c;

	(void)state;
	assert_int_equal(cache_open(&c, 1 << 20), E_OK);
	for (int put = 1; put >= 0; put--) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct cache_key key = { .qtype = TYPE_A };

			assert_true(dname_parse(&name[i], rows[i].name));
			key.name = &name[i];
			cache_key_hash(&key, cache_seed(c));
			if (put)
				cache_put(c, &key, 0, &a);
			else
				assert_int_equal(get(c, &key, 0, &hit),
				    rows[i].goes ? CACHE_NONE : CACHE_FRESH);
		}
		assert_true(dname_parse(&flushed, "A.example"));
		cache_flush(c, &flushed);
	}
	cache_close(c);
}

/* One network's own answers are nobody else's. */
static void
test_scopes(void **state)
{
	static uint8_t body[DNS_TCP_MAX];
	struct dname name;
	struct cache_hit hit;
	struct cache_key key;
	struct answer a;
	struct cache *c;

	(void)state;
	assert_int_equal(cache_open(&c, 1 << 20), E_OK);
	key = key_of(c, 1, &name);
	key.scope = 7;
	cache_key_hash(&key, cache_seed(c));
	a = answer_of(body, 10, 1);
	cache_put(c, &key, 0, &a);
	key.scope = 8; /* even where the hash were the same */
	assert_int_equal(get(c, &key, 0, &hit), CACHE_NONE);
	cache_key_hash(&key, cache_seed(c));
	assert_int_equal(get(c, &key, 0, &hit), CACHE_NONE);
	key.scope = 7;
	cache_key_hash(&key, cache_seed(c));
	assert_int_equal(get(c, &key, 0, &hit), CACHE_FRESH);
	cache_close(c);
}

static void
test_none_at_all(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 100, 1000 };
	static uint8_t body[DNS_TCP_MAX];
	struct dname name;
	struct cache_hit hit;
	struct cache *c;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct cache_key key;
		struct answer a = answer_of(body, 10, 1);

		assert_int_equal(cache_open(&c, sizes[i]), E_OK);
		key = key_of(c, 1, &name);
		cache_put(c, &key, 0, &a);
		assert_int_equal(get(c, &key, 0, &hit), CACHE_NONE);
		cache_flush(c, NULL);
		cache_close(c);
	}
	cache_close(NULL);
}

/* All at once; the thread sanitizer watches, and answers are whole. */
#define THREADS 4
#define TURNS   20000

static void *
worker(void *arg)
{
	const struct cache_space space = { malloc(DNS_TCP_MAX), DNS_TCP_MAX,
		malloc(DNS_TCP_MAX), malloc(ANSWER_EDE_MAX) };
	uint8_t *body = malloc(DNS_TCP_MAX);
	struct dname name;
	struct cache *c = arg;
	struct cache_hit hit;
	uintptr_t wrong = 0;

	for (unsigned i = 0; i < TURNS; i++) {
		unsigned n = i * 7919 % 3000;
		struct cache_key key = key_of(c, n, &name);
		struct answer a = answer_of(body, n % 300, n);

		if (cache_get(c, &key, i, &space, &hit) == CACHE_NONE)
			cache_put(c, &key, i, &a);
		else if (hit.answer.len != a.len ||
		    memcmp(hit.answer.body + 12, a.body + 12, n % 300) != 0)
			wrong++;
		if (i % 5000 == 4999)
			cache_flush(c, NULL);
	}
	free(space.room);
	free(space.spare);
	free(space.ede);
	free(body);
	return (void *)wrong;
}

static void
test_threads(void **state)
{
	pthread_t thread[THREADS];
	struct cache *c;
	void *wrong;

	(void)state;
	assert_int_equal(cache_open(&c, 300000), E_OK);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, worker, c), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &wrong), 0);
		assert_null(wrong);
	}
	cache_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_lengths),
		cmocka_unit_test(test_large_ones_go_to_spare),
		cmocka_unit_test(test_eviction_by_use),
		cmocka_unit_test(test_flush_of_a_name),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_none_at_all),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
