/*
 * names.h - the lists of a network's apps and of its peers, in pages.
 *
 *	key of the first page:  KEY_NAMES
 *	key of a later page:    KEY_NAMES name that all names of this page are
 *	                        at or behind
 *	page:                   names in order, as TXT strings (txt_strings.h)
 *
 * A later page's first string begins with a separator.  The pages one behind
 * the other are thus what a TXT record holds.  There is a first page as long
 * as there is a name, and no page is empty.
 *
 * Peers stand in the same way below KEY_PEERS, those apart whom no list tells.
 * Their pages begin with the moment at which the last of them has ended, so
 * that a question passes over all of a page that is over: u64; then label and
 * u64 when it ends, for each.
 *
 * Apps with instances stand so below KEY_FILLED, with 2 for the moment, or 1
 * where all of them are stopped.
 *
 * Of the last two KEY_ENDS has a list of the same kind: in the place of names
 * what is behind the list's kind in the key of each later page, and the number
 * that this page begins with.  So a question passes over pages by the hundred.
 *
 * Below KEY_COUNTS and an app stand the keys of the app's pages, where it has
 * several: u32 how many instances all of the list's page count; then label,
 * what behind the app is the key, and u16 how many are there, for each.
 */
#ifndef ZONES_STORE_WRITE_NAMES_H
#define ZONES_STORE_WRITE_NAMES_H

#include "paged.h"

/*
 * With its header, one page of LMDB: a value of more than half of that leaves
 * the tree for a page of its own, which is copied at once.
 */
#define NAMES_PAGE 4080

/* A list's page of KEY_COUNTS that counts a page of this key. */
#define NAMES_COUNT 2
void names_page(struct store_key *, const uint8_t *page, size_t len);
/* That of KEY_ENDS for a page of this key; false: it has none. */
bool names_end(struct store_key *, const uint8_t *page, size_t len);
/* How long the prefix of the list is that the key is of. */
size_t names_prefix(const uint8_t *key, size_t len);

/* Of KEY_NAMES, whose entries have no payload, and the others. */
const struct paged_codec *names_codec(enum key_kind);

/* An app came or went.  Written at the end, as it is one list. */
void names_note(struct store_txn *, uint32_t network, const char *app, bool is);
struct fact;
void names_note_peer(
    struct store_txn *, uint32_t network, const struct fact *, bool is);
/* A peer's entry; false: it is in no list. */
bool names_peer(struct store_key *, uint32_t network, const struct fact *,
    uint8_t expires[8]);
void names_write(struct store_txn *);

#endif
