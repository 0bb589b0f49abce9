/*
 * pages.c - see pages.h.  As LMDB 0.9 has them on this machine.
 */
#include "zones/store/read/pages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC   0xBEEFC0DE
#define VERSION 1
#define P_META  0x08

struct page {
	size_t number;
	uint16_t pad, flags, lower, upper;
};

struct tree {
	uint32_t pad;
	uint16_t flags, depth;
	size_t branches, leaves, overflows, entries, root;
};

enum { TREE_FREE, TREE_MAIN, TREES };

struct meta {
	struct page page;
	uint32_t magic, version;
	size_t address, map_size;
	struct tree tree[TREES]; /* the first one's pad: octets of a page */
	size_t last, txnid;
};

static enum err
meta_read(int fd, off_t at, struct meta *m)
{
	if (pread(fd, m, sizeof(*m), at) != (ssize_t)sizeof(*m) ||
	    m->page.flags != P_META || m->magic != MAGIC)
		return E_DAMAGED;
	return m->version == VERSION ? E_OK : E_FORMAT;
}

static bool
is_page_size(uint32_t size)
{
	return size >= 256 && size <= 65536 && (size & (size - 1)) == 0;
}

/* The newer one; both are to be whole. */
static enum err
metas_read(int fd, struct meta *out)
{
	struct meta other;
	enum err err = meta_read(fd, 0, out);

	if (err == E_OK && !is_page_size(out->tree[TREE_FREE].pad))
		err = E_DAMAGED;
	if (err == E_OK)
		err = meta_read(fd, out->tree[TREE_FREE].pad, &other);
	if (err == E_OK && other.txnid > out->txnid)
		*out = other;
	return err;
}

static enum err
length_check(int fd)
{
	struct meta m;
	struct stat st;
	enum err err = metas_read(fd, &m);

	/* The pages first: the file only grows. */
	if (err != E_OK || fstat(fd, &st) != 0)
		return err != E_OK ? err : E_SYSTEM;
	return (size_t)st.st_size / m.tree[TREE_FREE].pad > m.last ? E_OK
								   : E_DAMAGED;
}

/* A writer may be about to lengthen it: see store_lengthen(). */
enum err
pages_check(int fd)
{
	const struct timespec wait = { .tv_nsec = 2000000 };
	enum err err = length_check(fd);

	for (int i = 0; i < 4 && err == E_DAMAGED; i++) {
		(void)nanosleep(&wait, NULL);
		err = length_check(fd);
	}
	return err;
}

size_t
pages_commit_at(unsigned which, size_t page_size)
{
	return which * page_size + offsetof(struct meta, txnid);
}
