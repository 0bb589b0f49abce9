/*
 * backup.h - a store in one file, and back from it, while others use it.
 */
#ifndef ZONES_STORE_WRITE_BACKUP_H
#define ZONES_STORE_WRITE_BACKUP_H

#include "zones/store/read/store.h"

/* The store at PATH, as of its last commit, to FILE: whole and synced, or not.
 */
enum err store_backup(const char *path, const char *file) MUST_CHECK;

/*
 * FILE, as store_backup() or cp made it, takes the place of the store at PATH,
 * between two transactions.  A writer that goes on is told E_MOVED.
 */
enum err store_restore(const char *path, const char *file) MUST_CHECK;

#endif
