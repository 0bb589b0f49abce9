/*
 * test_arena.c - memory that is given back all at once, and arrays that grow.
 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

/* Zeroed and aligned, also where it was used before, and large. */
static void
test_arena(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 16384, 100000 };
	struct arena a = { NULL };

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint8_t *p = arena_take(&a, sizes[i]);

			assert_int_equal(
			    (uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(p[j], 0);
			memset(p, 0xff, sizes[i]);
		}
		arena_reset(&a);
	}
	assert_string_equal(arena_copy(&a, "text and more", 4), "text");
	arena_release(&a);
	arena_release(&a);
}

/* What was there stays there. */
static void
test_array(void **state)
{
	size_t room = 0;
	unsigned *list = NULL;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		list = array_grow(list, i, &room, sizeof(*list));
		assert_true(room > i);
		list[i] = i;
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
