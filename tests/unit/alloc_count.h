/*
 * alloc_count.h - how often this program has asked for memory.
 *
 * Calls of malloc and its family are counted, those of libraries among
 * them.  Included once a program: it defines them.
 */
#ifndef TESTS_UNIT_ALLOC_COUNT_H
#define TESTS_UNIT_ALLOC_COUNT_H

#include <stddef.h>

/* volatile, as compilers know that malloc changes nobody else's data. */
static volatile unsigned long allocations;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

/* Of the compiler's runtime; Debian's gcc has no header for it. */
int __sanitizer_install_malloc_and_free_hooks(
    void (*)(const volatile void *, size_t), void (*)(const volatile void *));

static void
on_malloc(const volatile void *at, size_t n)
{
	(void)at;
	(void)n;
	allocations++;
}

static void
on_free(const volatile void *at)
{
	(void)at;
}

static void
counting_start(void)
{
	(void)__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

#else

/* Ours come before libc's for every library of this program. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

void *
malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *
realloc(void *old, size_t n)
{
	allocations++;
	return __libc_realloc(old, n);
}

static void
counting_start(void)
{
}

#endif

#endif
