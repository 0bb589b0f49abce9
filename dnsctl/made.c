/*
 * made.c - see made.h.
 */
#include "dnsctl/made.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "dnsctl/changes.h"
#include "zones/feed/apply.h"
#include "zones/store/write/txn.h"

void
made_begin(struct made *m)
{
	*m = (struct made){ .text = NULL };
	m->out = open_memstream(&m->text, &m->len);
	if (m->out == NULL)
		no_memory();
}

void
made_line(struct made *m, json_t *object)
{
	if (object == NULL ||
	    json_dumpf(object, m->out, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0)
		no_memory();
	json_decref(object);
	(void)putc('\n', m->out);
}

void
made_abort(struct made *m)
{
	(void)fclose(m->out);
	free(m->text);
}

static void
changes_show(void *arg, const struct store_changes *changes)
{
	(void)arg;
	changes_print(changes);
}

static void
change_show(void *arg, enum store_change what, const struct fact *f)
{
	(void)arg;
	change_print(what, f);
}

/* The store is nobody else's to write; false, and it was said whose. */
static bool
has_no_source(struct store *store, const struct ctl *ctl, const char *command)
{
	struct store_meta meta;
	enum err err = store_standing(store, &meta);

	if (err != E_OK) {
		(void)ctl_store_failed(ctl, err);
		return false;
	}
	if (meta.source[0] == '\0')
		return true;
	log_error("%s: store %s follows %s, where it has to be put; --print "
		  "shows the lines",
	    command, ctl->store, meta.source);
	return false;
}

static enum exit_status
lines_apply(const struct made *m, const struct ctl *ctl, const char *command)
{
	struct feed_report report = ctl_report;
	struct store *store = ctl_writer_open(ctl);
	enum err err = E_INPUT;
	int fd = memfd_create(command, MFD_CLOEXEC);

	report.stored = changes_show;
	if (ctl->dry_run != NULL || ctl->verbose != NULL)
		report.change = change_show;
	if (fd < 0 || write(fd, m->text, m->len) != (ssize_t)m->len ||
	    lseek(fd, 0, SEEK_SET) != 0)
		log_error("%s: %s", command, strerror(errno));
	else if (store != NULL && has_no_source(store, ctl, command))
		err = feed_apply(store, &report, command, fd,
		    ctl->dry_run == NULL ? FEED_STORE : FEED_TRY, true);
	if (fd >= 0)
		(void)close(fd);
	store_close(store);
	if (err != E_OK && err != E_INPUT)
		return ctl_store_failed(ctl, err);
	return err == E_OK ? ctl_flushed() : CTL_FAILED;
}

enum exit_status
made_end(struct made *m, const struct ctl *ctl, const char *command)
{
	enum exit_status status;

	if (fflush(m->out) != 0)
		no_memory();
	if (ctl->print != NULL) {
		(void)fwrite(m->text, 1, m->len, stdout);
		status = ctl_flushed();
	} else {
		status = lines_apply(m, ctl, command);
	}
	made_abort(m);
	return status;
}
