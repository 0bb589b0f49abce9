/*
 * pages.h - the pages of LMDB's file, read without LMDB.
 *
 * LMDB trusts them, so that a damaged one leads it anywhere.  Here nothing is
 * mapped and nothing trusted.
 */
#ifndef ZONES_STORE_READ_PAGES_H
#define ZONES_STORE_READ_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The newer of the two pages at its begin: the last commit's number. */
enum err pages_commit(int fd, size_t *commit) MUST_CHECK;

/*
 * The file is as long as its pages say.  A writer that died, or is about to
 * lengthen it, may leave pages out that are free: then all are looked at.
 */
enum err pages_check(int fd) MUST_CHECK;

/*
 * Every page that the last commit has, of its tree and of what is free: each is
 * in its place and in one place, and every key is found where LMDB looks for
 * it; and all pairs together are what was written.  E_DAMAGED, and *page is one
 * that is not so, or PAGES_ALL: the pairs are not.  E_OK, and *page is
 * PAGES_MANY where commits come too fast to say, unless a reader has HELD the
 * last one.  E_FORMAT: all is good, and another program's.
 */
#define PAGES_ALL  SIZE_MAX
#define PAGES_MANY (SIZE_MAX - 1)
enum err pages_verify(int fd, bool held, size_t *page) MUST_CHECK;

/*
 * A number for each pair of a key and its value.  Their sum over a store is 0:
 * the value of KEY_HEAD ends with what the others, and itself, lack of that.
 */
uint64_t pages_pair(
    const void *key, size_t key_len, const void *value, size_t len);

/* Octets before the number of the commit, a size_t, that one of these says. */
size_t pages_commit_at(unsigned which, size_t page_size);

#endif
