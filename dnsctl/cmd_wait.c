/*
 * cmd_wait.c - wait: return when the store stands at a cursor.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "dnsctl/ctl.h"
#include "dnsctl/source/cursor.h"

#define LOOK_MS 10 /* between two looks at the cursor */

/* False where TEXT is no number of seconds; without one, for ever. */
static bool
timeout_parse(const char *text, int64_t *ms)
{
	double seconds;
	char *end;

	*ms = INT64_MAX;
	if (text == NULL)
		return true;
	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= 1e9))
		return false;
	*ms = (int64_t)(seconds * 1000);
	return true;
}

/* A store that is not there may come yet. */
static enum err
stands_there(struct snapshot *snapshot, const char *cursor, bool *yes)
{
	struct store_meta meta;
	enum err err = snapshot_refresh(snapshot);

	*yes = false;
	if (err == E_OK)
		err = snapshot_meta(snapshot, &meta);
	if (err == E_OK)
		*yes = cursor_reaches(meta.cursor, cursor);
	snapshot_rest(snapshot);
	return err == E_ABSENT ? E_OK : err;
}

static enum err
wait_for(const struct ctl *ctl, struct snapshot *snapshot, int64_t timeout_ms,
    bool *yes)
{
	const struct timespec pause = { 0, LOOK_MS * 1000000L };
	int64_t start = clock_ms(CLOCK_MONOTONIC);

	for (;;) {
		enum err err = stands_there(snapshot, ctl->args[0], yes);

		if (err != E_OK || *yes || *ctl->stop ||
		    clock_ms(CLOCK_MONOTONIC) - start >= timeout_ms)
			return err;
		(void)nanosleep(&pause, NULL);
	}
}

enum exit_status
cmd_wait(const struct ctl *ctl)
{
	struct snapshot *snapshot = NULL;
	struct store *store;
	int64_t timeout_ms;
	bool yes = false;
	enum err err;

	if (!timeout_parse(ctl->timeout, &timeout_ms)) {
		log_error(
		    "--timeout %s: must be a number of seconds", ctl->timeout);
		return CTL_USAGE;
	}
	err = store_open_reader(&store, ctl->store);
	if (err == E_OK)
		err = snapshot_open(store, &snapshot);
	if (err == E_OK)
		err = wait_for(ctl, snapshot, timeout_ms, &yes);
	snapshot_close(snapshot);
	store_close(store);
	if (err != E_OK)
		return ctl_store_failed(ctl, err);
	if (!yes)
		log_error("store %s: does not stand at %s yet", ctl->store,
		    ctl->args[0]);
	return yes ? CTL_OK : CTL_FAILED;
}
