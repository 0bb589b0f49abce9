/*
 * cmd_backup.c - backup and restore: a store in one file, and back.
 */
#include "dnsctl/ctl.h"
#include "zones/store/write/backup.h"

enum exit_status
cmd_backup(const struct ctl *ctl)
{
	enum err err = store_backup(ctl->store, ctl->args[0]);

	return err == E_OK ? CTL_OK : ctl_store_failed(ctl, err);
}

enum exit_status
cmd_restore(const struct ctl *ctl)
{
	enum err err = store_restore(ctl->store, ctl->args[0]);

	return err == E_OK ? CTL_OK : ctl_store_failed(ctl, err);
}
