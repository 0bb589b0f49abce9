/*
 * cmd_compact.c - compact: the store without the space that it does not need.
 */
#include <inttypes.h>
#include <stdio.h>

#include "dnsctl/ctl.h"
#include "zones/store/write/compact.h"

enum exit_status
cmd_compact(const struct ctl *ctl)
{
	struct store *store = ctl_writer_open(ctl);
	uint64_t before = 0, after = 0;
	enum err err;

	if (store == NULL)
		return CTL_FAILED;
	err = store_compact(store, &before, &after);
	store_close(store);
	if (err != E_OK)
		return ctl_store_failed(ctl, err);
	(void)printf("%" PRIu64 " octets, were %" PRIu64 "\n", after, before);
	return ctl_flushed();
}
