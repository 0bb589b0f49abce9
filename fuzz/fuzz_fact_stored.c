/*
 * fuzz_fact_stored.c - any octets as a fact that was stored.
 *
 * The first says of which kind.  What is taken keeps to the bounds that its
 * users rely on, and is written again octet by octet.
 */
#include "zones/facts/stored.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_bounds(const struct fact *f)
{
	assert(f->prefix_count <= FACT_LIST_MAX);
	assert(f->address_count <= FACT_LIST_MAX);
	assert(f->metadata_count <= FACT_LIST_MAX);
	assert(f->pool_count <= FACT_LIST_MAX && f->app_count <= FACT_LIST_MAX);
	assert(f->value_count <= FACT_LIST_MAX);
	for (unsigned i = 0; f->blocks != NULL && i < f->address_count; i++)
		assert(f->blocks[i] <= 128);
	for (unsigned i = 0; i < f->prefix_count; i++)
		assert(f->prefixes[i].len <= 128);
	for (unsigned i = 0; i < f->metadata_count; i++) {
		assert(f->metadata[i].key[0] != '\0');
		assert(strlen(f->metadata[i].value) <= 1024);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[FACT_STORED_MAX];
	static struct arena arena;
	struct wire_out again = wire_out(buf, sizeof(buf));
	struct fact f = { .network = "n", .app = "a", .id = "i", .to = "A" };

	if (size == 0)
		return 0;
	f.kind = (enum fact_kind)(data[0] % FACT_KINDS);
	if (fact_decode(&f, wire_in(data + 1, size - 1), &arena)) {
		check_bounds(&f);
		fact_encode(&f, f.age, &again);
		assert(!again.bad && again.len == size - 1);
		assert(memcmp(buf, data + 1, again.len) == 0);
	}
	arena_reset(&arena);
	return 0;
}
