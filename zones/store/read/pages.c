/*
 * pages.c - see pages.h.  As LMDB 0.9 has them on this machine.
 */
#include "zones/store/read/pages.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/siphash.h"
#include "base/wire.h"
#include "zones/store/read/store.h"

#define MAGIC   0xBEEFC0DE
#define VERSION 1
#define P_META  0x08

enum { P_BRANCH = 0x01, P_LEAF = 0x02, P_OVERFLOW = 0x04, F_BIGDATA = 0x01 };

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
	struct meta other = { 0 };
	enum err err = meta_read(fd, 0, out);

	if (err == E_OK && !is_page_size(out->tree[TREE_FREE].pad))
		err = E_DAMAGED;
	if (err == E_OK)
		err = meta_read(fd, out->tree[TREE_FREE].pad, &other);
	if (err == E_OK && other.txnid > out->txnid)
		*out = other;
	return err;
}

/* --- the walk */

#define DEPTH_MAX 32 /* LMDB's own bound */
#define KEY_MOST  511

struct node {
	uint16_t low, high, flags, key_len;
	uint8_t key[];
};

#define NODE sizeof(struct node)

struct walk {
	int fd;
	size_t size, last;
	bool numbers;  /* keys are numbers of commits, values lists of pages */
	uint8_t *seen; /* a bit a page */
	size_t bad;    /* the first that is damaged */
	uint64_t sum;  /* of all pairs */
	bool other;    /* they are of another format, and not summed up */
	uint8_t key[KEY_MOST]; /* the last that was met */
	uint16_t key_len;      /* 0: none */
	bool key_of_leaf;
};

static bool
page_complain(struct walk *w, size_t page)
{
	if (w->bad == 0)
		w->bad = page;
	return false;
}

/* Each page has one place. */
static bool
pages_take(struct walk *w, size_t page, size_t count)
{
	for (; count > 0; count--, page++) {
		if (page < 2 || page > w->last ||
		    (w->seen[page / 8] & 1 << page % 8) != 0)
			return page_complain(w, page);
		w->seen[page / 8] |= (uint8_t)(1 << page % 8);
	}
	return true;
}

static bool
file_page_read(struct walk *w, size_t page, void *out, size_t len)
{
	return pread(w->fd, out, len, (off_t)(page * w->size)) == (ssize_t)len;
}

/* Of the node's key to the one before. */
static int
key_compare(const struct walk *w, const struct node *n)
{
	size_t both = n->key_len < w->key_len ? n->key_len : w->key_len, x, y;
	int order;

	if (w->numbers) {
		memcpy(&x, n->key, sizeof(x));
		memcpy(&y, w->key, sizeof(y));
		return (x > y) - (x < y);
	}
	order = memcmp(n->key, w->key, both);
	return order != 0 ? order : n->key_len - w->key_len;
}

/*
 * Each key that a walk meets is behind the one before it, or, of a leaf, what
 * the branch above it has said: so LMDB finds it.
 */
static bool
key_take(struct walk *w, const struct node *n, bool leaf)
{
	int order = w->key_len == 0 || n->key_len == 0 ? 1 : key_compare(w, n);
	bool good = n->key_len > 0 &&
	    (order > 0 || (order == 0 && leaf && !w->key_of_leaf));

	memcpy(w->key, n->key, n->key_len);
	w->key_len = n->key_len;
	w->key_of_leaf = leaf;
	return good;
}

static const struct node *
node_of(const struct walk *w, const struct page *p, unsigned i)
{
	const uint8_t *octets = (const uint8_t *)p;
	uint16_t at;

	memcpy(&at, octets + sizeof(*p) + i * sizeof(at), sizeof(at));
	if (at < p->upper || at % 2 != 0 || at + NODE > w->size)
		return NULL;
	return (const struct node *)(const void *)(octets + at);
}

static size_t
node_size(const struct node *n)
{
	return n->low | (size_t)n->high << 16;
}

/* A list of free pages: how many, and they. */
static bool
page_list_take(struct walk *w, const uint8_t *at, size_t len)
{
	size_t count, page;

	if (len < sizeof(count))
		return false;
	memcpy(&count, at, sizeof(count));
	if (count > len / sizeof(page) - 1)
		return false;
	for (size_t i = 1; i <= count; i++) {
		memcpy(&page, at + i * sizeof(page), sizeof(page));
		if (!pages_take(w, page, 1))
			return false;
	}
	return true;
}

/* KEY_HEAD, and the format that its value begins with. */
static const uint8_t head_key[] = { 0, 0, 0, 0, 'm' };

static bool
is_head(const void *key, size_t len)
{
	return len == sizeof(head_key) && memcmp(key, head_key, len) == 0;
}

uint64_t
pages_pair(const void *key, size_t key_len, const void *value, size_t len)
{
	static const struct siphash_key open; /* no secret */
	uint64_t more = hash_bytes(key, key_len), said = 0;
	struct wire_in in = wire_in(value, len);

	if (is_head(key, key_len) && len >= sizeof(said)) {
		len -= sizeof(said);
		in.pos = len;
		said = wire_get64(&in);
	}
	return siphash(&open, more, value, len) - said;
}

static bool
pair_take(struct walk *w, const struct node *n, const uint8_t *at, size_t len)
{
	struct wire_in in = wire_in(at, len);

	if (w->numbers)
		return page_list_take(w, at, len);
	w->sum += pages_pair(n->key, n->key_len, at, len);
	if (is_head(n->key, n->key_len))
		w->other = wire_get16(&in) != STORE_FORMAT;
	return true;
}

/* A value in pages of its own; shorter than it was, it may have more. */
static bool
large_take(struct walk *w, const struct node *n, size_t page, size_t size)
{
	size_t len = sizeof(struct page) + size,
	       count = (len - 1) / w->size + 1;
	struct page *head = pages_take(w, page, count) ? malloc(len) : NULL;
	uint32_t says = 0;
	bool good = head != NULL && file_page_read(w, page, head, len);

	if (good)
		memcpy(&says, &head->lower, sizeof(says));
	good = good && head->number == page && head->flags == P_OVERFLOW &&
	    says >= count && pages_take(w, page + count, says - count) &&
	    pair_take(w, n, (uint8_t *)(head + 1), size);
	free(head);
	return good || page_complain(w, page);
}

static bool
value_take(struct walk *w, const struct page *p, const struct node *n)
{
	const uint8_t *at = n->key + n->key_len;
	size_t left = w->size - (size_t)(at - (const uint8_t *)p);
	size_t size = node_size(n), page;

	if (n->flags == F_BIGDATA) {
		memcpy(&page, at, sizeof(page));
		return left >= sizeof(page) && large_take(w, n, page, size);
	}
	return n->flags == 0 && size <= left && pair_take(w, n, at, size);
}

static bool
head_is_good(const struct walk *w, const struct page *p, size_t page)
{
	return p->number == page &&
	    (p->flags == P_BRANCH || p->flags == P_LEAF) &&
	    p->lower >= sizeof(*p) && p->lower % 2 == 0 &&
	    p->lower <= p->upper && p->upper <= w->size;
}

static bool
node_is_good(const struct walk *w, const struct page *p, const struct node *n)
{
	return n != NULL && n->key_len <= KEY_MOST &&
	    (size_t)(n->key - (const uint8_t *)p) + n->key_len <= w->size &&
	    (!w->numbers || n->key_len == sizeof(size_t) || n->key_len == 0);
}

static bool tree_walk(struct walk *, size_t page, unsigned depth);

static size_t
child_of(const struct node *n)
{
	return node_size(n) | (size_t)n->flags << 32;
}

/* The first key of a branch is not looked at. */
static bool
nodes_walk(struct walk *w, const struct page *p, unsigned depth)
{
	unsigned count = (unsigned)(p->lower - sizeof(*p)) / 2;
	bool leaf = p->flags == P_LEAF;

	for (unsigned i = 0; i < count; i++) {
		const struct node *n = node_of(w, p, i);

		if (!node_is_good(w, p, n) ||
		    ((leaf || i > 0) && !key_take(w, n, leaf)) ||
		    !(leaf ? value_take(w, p, n)
			   : tree_walk(w, child_of(n), depth + 1)))
			return false;
	}
	return count >= (leaf ? 1 : 2);
}

static bool
tree_walk(struct walk *w, size_t page, unsigned depth)
{
	struct page *p = malloc(w->size);
	bool good = p != NULL && depth < DEPTH_MAX && pages_take(w, page, 1) &&
	    file_page_read(w, page, p, w->size) && head_is_good(w, p, page) &&
	    nodes_walk(w, p, depth);

	free(p);
	return good || page_complain(w, page);
}

static bool
trees_walk(struct walk *w, const struct meta *m)
{
	/* Of flags, LMDB keeps others beside the first tree's. */
	bool good = m->tree[TREE_MAIN].flags == 0;

	for (int i = TREE_MAIN; i >= TREE_FREE && good; i--) {
		w->numbers = i == TREE_FREE;
		w->key_len = 0;
		if (m->tree[i].root != SIZE_MAX)
			good = tree_walk(w, m->tree[i].root, 0);
	}
	return good;
}

/*
 * A commit's pages are written over by the third after it at the earliest:
 * what is found until the next but one was made is so.
 */
#define TRIES 5

enum err
pages_verify(int fd, bool held, size_t *page)
{
	enum err err = E_OK;

	*page = 0;
	for (int i = 0; i < TRIES; i++) {
		struct walk w = { .fd = fd };
		struct meta m;
		size_t now;
		bool good;

		if ((err = metas_read(fd, &m)) != E_OK)
			return err;
		w.size = m.tree[TREE_FREE].pad;
		w.last = m.last;
		w.seen = m.last > SIZE_MAX / w.size ? NULL
						    : calloc(1, m.last / 8 + 1);
		if (w.seen == NULL)
			return E_DAMAGED;
		good = trees_walk(&w, &m);
		free(w.seen);
		*page = good ? PAGES_ALL : w.bad;
		if (good && (w.other || w.sum == 0)) {
			*page = 0;
			return w.other ? E_FORMAT : E_OK;
		}
		if (held || pages_commit(fd, &now) != E_OK ||
		    now <= m.txnid + 1)
			return E_DAMAGED;
	}
	*page = PAGES_MANY;
	return E_OK;
}

enum err
pages_commit(int fd, size_t *commit)
{
	struct meta m;
	enum err err = metas_read(fd, &m);

	*commit = err == E_OK ? m.txnid : 0;
	return err;
}

enum err
pages_check(int fd)
{
	struct meta m;
	struct stat st;
	size_t page;
	enum err err = metas_read(fd, &m);

	if (err != E_OK)
		return err;
	if (fstat(fd, &st) != 0)
		return E_SYSTEM;
	if ((size_t)st.st_size / m.tree[TREE_FREE].pad > m.last)
		return E_OK;
	return pages_verify(fd, false, &page);
}

size_t
pages_commit_at(unsigned which, size_t page_size)
{
	return which * page_size + offsetof(struct meta, txnid);
}
