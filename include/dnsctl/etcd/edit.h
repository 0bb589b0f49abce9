/*
 * edit.h - facts in etcd, read and then changed as one.
 *
 * A change is made only where nobody has changed any of the facts that were
 * read, as etcd's own revisions tell, so that two who choose an address at
 * one time never choose the same.
 */
#ifndef DNSCTL_ETCD_EDIT_H
#define DNSCTL_ETCD_EDIT_H

#include "base/arena.h"
#include "dnsctl/etcd/etcd.h"

struct etcd_edit;

enum etcd_edited {
	ETCD_EDITED,
	ETCD_EDIT_AGAIN,  /* somebody was faster */
	ETCD_EDIT_FAILED, /* it was said why; nothing was changed */
	ETCD_EDIT_UNKNOWN /* nobody said whether it was made */
};

/* NULL, and it was said why. */
struct etcd_edit *etcd_edit_open(const struct etcd_options *) MUST_CHECK;
void etcd_edit_close(struct etcd_edit *); /* NULL is fine */

/*
 * Every fact of KIND, of one network where it has any; the facts' memory is
 * the arena's.  Then a change fails where these are not the same.
 */
bool etcd_edit_read(struct etcd_edit *, enum fact_kind, const char *network,
    struct arena *, void (*each)(void *arg, const struct fact *),
    void *arg) MUST_CHECK;

void etcd_edit_put(struct etcd_edit *, const struct fact *);
void etcd_edit_delete(struct etcd_edit *, const struct fact *);
enum etcd_edited etcd_edit_commit(struct etcd_edit *) MUST_CHECK;

#endif
