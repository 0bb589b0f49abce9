/*
 * pages.h - the pages of LMDB's file, read without LMDB.
 *
 * LMDB trusts them, so that a damaged one leads it anywhere.  Here nothing is
 * mapped and nothing trusted.
 */
#ifndef ZONES_STORE_READ_PAGES_H
#define ZONES_STORE_READ_PAGES_H

#include <stddef.h>

#include "base/err.h"

/* The two pages at its begin, and that it is as long as they say. */
enum err pages_check(int fd) MUST_CHECK;

/* Octets before the number of the commit, a size_t, that one of these says. */
size_t pages_commit_at(unsigned which, size_t page_size);

#endif
