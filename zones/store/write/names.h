/*
 * names.h - the list of a network's apps, in pages.
 *
 *	key of the first page:  KEY_NAMES
 *	key of a later page:    KEY_NAMES name that all names of this page are
 *	                        at or behind
 *	page:                   names in order, as TXT strings (txt_strings.h)
 *
 * A later page's first string begins with a separator.  The pages one behind
 * the other are thus what a TXT record holds.  There is a first page as long
 * as there is a name, and no page is empty.
 */
#ifndef ZONES_STORE_WRITE_NAMES_H
#define ZONES_STORE_WRITE_NAMES_H

#include "paged.h"

/*
 * With its header, one page of LMDB: a value of more than half of that leaves
 * the tree for a page of its own, which is copied at once.
 */
#define NAMES_PAGE 4080

/* The entries of a page are names, without a payload. */
bool names_get(struct page_in *, struct pack_entry *);
void names_put(struct page_out *, const struct pack_entry *);

/* An app came or went.  Written at the end, as it is one list. */
void names_note(struct store_txn *, uint32_t network, const char *app, bool is);
void names_write(struct store_txn *);

#endif
