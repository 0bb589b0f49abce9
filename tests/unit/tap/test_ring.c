/*
 * test_ring.c - what goes in comes out, in order and whole, or is counted.
 */
#include "dnsd/tap/impl.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MANY 200000

static uint8_t octets[DNS_TCP_MAX];

/* Lengths that go round many times, and end everywhere. */
static size_t
length_of(unsigned i)
{
	return (i * 7919U) % (i % 97 == 0 ? 60000 : 700) + 4;
}

static struct tap_message
message_of(unsigned i)
{
	struct tap_message m = { .network = i, .len = length_of(i) };

	m.pkt = octets + i % 1000;
	return m;
}

static void
check_message(const struct tap_message *m)
{
	struct tap_message want = message_of(m->network);

	assert_int_equal(m->len, want.len);
	assert_memory_equal(m->pkt, want.pkt, m->len);
}

static void
what_is_full_loses_and_counts(void **state)
{
	struct ring *r = calloc(1, sizeof(*r));
	struct tap_message m;
	unsigned put = 0, got = 0;

	(void)state;
	while (atomic_load(&r->lost) == 0) {
		m = message_of(put++);
		ring_put(r, &m);
	}
	for (; ring_first(r, &m); ring_next(r)) {
		assert_int_equal(m.network, got++);
		check_message(&m);
	}
	assert_int_equal(got, put - 1);
	assert_false(ring_first(r, &m));
	/* And there is room again. */
	m = message_of(5);
	ring_put(r, &m);
	assert_true(ring_first(r, &m));
	check_message(&m);
	free(r);
}

static void *
put_many(void *arg)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct tap_message m = message_of(i);

		ring_put(arg, &m);
	}
	return NULL;
}

static void
two_threads_lose_nothing_uncounted(void **state)
{
	struct ring *r = calloc(1, sizeof(*r));
	struct tap_message m;
	unsigned got = 0, next = 0;
	bool ended = false;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, put_many, r), 0);
	while (!ended) {
		ended = pthread_tryjoin_np(writer, NULL) == 0;
		for (; ring_first(r, &m); ring_next(r), got++) {
			assert_true(m.network >= next);
			next = m.network + 1;
			check_message(&m);
		}
	}
	assert_int_equal(got + atomic_load(&r->lost), MANY);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_full_loses_and_counts),
		cmocka_unit_test(two_threads_lose_nothing_uncounted),
	};

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 31 + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
