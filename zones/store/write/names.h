/*
 * names.h - the list of a network's apps, in pages.
 *
 *	key of the first page:  KEY_NAMES
 *	key of a later page:    KEY_NAMES name that all names of this page are
 *at or behind page:                   names in order, as TXT strings
 *(txt_strings.h)
 *
 * A later page's first string begins with a separator.  The pages one behind
 * the other are thus what a TXT record holds.  There is a first page as long
 * as there is a name, and no page is empty.
 */
#ifndef ZONES_STORE_WRITE_NAMES_H
#define ZONES_STORE_WRITE_NAMES_H

#include "base/txt_strings.h"
#include "zones/store/read/env.h"

#define NAMES_SEPARATOR ','
/*
 * With its header, one page of LMDB: a value of more than half of that leaves
 * the tree for a page of its own, which is copied at once.
 */
#define NAMES_FULL 4080

/* A walk over the names of a page. */
struct names_in {
	struct wire_in page, string;
};

/* False at the end; page.bad: it is no such page. */
bool names_next(struct names_in *, struct label *name);

/* A page that is written: as txt_strings_add(). */
static inline size_t
names_start(struct wire_out *out)
{
	wire_put8(out, 0);
	return 0;
}

static inline size_t
names_add(struct wire_out *out, size_t last, bool any, struct label name)
{
	return txt_strings_add(
	    out, last, any, NAMES_SEPARATOR, name.at, name.len);
}

/* Writing them: a change rewrites one page. */
struct store_txn;

/* The first page's where NAME is empty. */
void names_key(struct store_key *, uint32_t network, struct label name);

/* What a page is to hold, in order.  All zero is empty; name is on the heap. */
struct name_list {
	struct label *name;
	size_t count, room;
	size_t octets; /* with separators */
	bool grows;    /* the last name is new */
};

void name_list_add(struct name_list *, struct label, bool is_new);
/* As the page of this key, and if it is too much more behind it. */
void name_list_put(const struct name_list *, struct store_txn *,
    struct store_key *, uint32_t network);

/* An app came or went.  Written once a flush, as it is one list. */
void names_note(struct store_txn *, uint32_t network, const char *app, bool is);
void names_write(struct store_txn *);
void names_release(struct store_txn *);

#endif
