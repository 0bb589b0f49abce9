/*
 * store.c - is there a store, may the server read it, and how old is it?
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/sandbox.h"
#include "impl.h"

#define SERVER    "dnsd"          /* the unit's user */
#define INSTALLED "/var/lib/dnsd" /* its rights are dnsctl.tmpfiles' */
#define OLD_MS    60000           /* a source is heard of each five seconds */

static void
age_say(struct doctor *d, const struct store_meta *meta)
{
	int64_t now = clock_ms(CLOCK_REALTIME);
	double committed = (double)(now - meta->committed_ms) / 1000;
	double heard = (double)(now - meta->heard_ms) / 1000;

	if (meta->source[0] == '\0')
		doctor_say(d, FINDING_GOOD, "feed", "",
		    "%s: follows nobody; its last commit is %.0f s old",
		    d->store, committed);
	else if (now - meta->heard_ms > OLD_MS)
		doctor_say(d, FINDING_BAD, "feed",
		    "systemctl restart dnsd-feed",
		    "%s: nothing was heard of %s for %.0f s", d->store,
		    meta->source, heard);
	else
		doctor_say(d, FINDING_GOOD, "feed", "",
		    "%s: follows %s, heard of %.0f s ago", d->store,
		    meta->source, heard);
}

void
check_store(struct doctor *d)
{
	enum err err =
	    d->snapshot == NULL ? E_NOMEM : snapshot_refresh(d->snapshot);
	struct store_meta meta;
	char mend[MEND];

	if (err == E_OK)
		err = snapshot_meta(d->snapshot, &meta);
	if (err == E_OK) {
		age_say(d, &meta);
		snapshot_rest(d->snapshot);
		return;
	}
	(void)snprintf(mend, sizeof(mend),
	    err == E_ABSENT ? "dnsctl -s %s apply FILE" : "dnsctl -s %s check",
	    d->store);
	doctor_say(
	    d, FINDING_BAD, "store", mend, "%s: %s", d->store, err_str(err));
}

/* --- rights, as the server's user finds them */

enum { READS_DATA = 1, WRITES_DATA = 2, WRITES_LOCK = 4, NO_SUCH_USER = 8 };

static bool
may(const char *folder, const char *file, int what)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	return access(path, what) == 0;
}

/* In a process of its own, as who becomes a user stays that. */
static int
rights_of(const char *folder, const char *user)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (!sandbox_user(user))
			_exit(NO_SUCH_USER);
		_exit((may(folder, "data.mdb", R_OK) ? READS_DATA : 0) |
		    (may(folder, "data.mdb", W_OK) ? WRITES_DATA : 0) |
		    (may(folder, "lock.mdb", R_OK | W_OK) ? WRITES_LOCK : 0));
	}
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		return NO_SUCH_USER;
	return WEXITSTATUS(status);
}

static void
right_say(struct doctor *d, const char *user, bool good, const char *file,
    const char *right, const char *is, const char *is_not)
{
	char mend[MEND];

	if (strcmp(d->store, INSTALLED) == 0)
		(void)snprintf(mend, sizeof(mend),
		    "systemd-tmpfiles --create dnsctl.conf");
	else
		(void)snprintf(mend, sizeof(mend),
		    "setfacl -m u:%s:x %s && setfacl -m u:%s:%s %s/%s", user,
		    d->store, user, right, d->store, file);
	doctor_say(d, good ? FINDING_GOOD : FINDING_BAD, "rights",
	    good ? "" : mend, "%s/%s: %s %s", d->store, file, user,
	    good ? is : is_not);
}

void
rights_check(struct doctor *d)
{
	const char *user = d->config->user != NULL ? d->config->user : SERVER;
	bool root = geteuid() == 0;
	const struct passwd *us = getpwuid(geteuid());
	int rights;

	if (d->snapshot == NULL || !may(d->store, "", F_OK))
		return;
	rights = rights_of(d->store, user);
	if (!root || (rights & NO_SUCH_USER) != 0) {
		rights = rights_of(d->store, NULL) & ~WRITES_DATA;
		user = us == NULL ? "who asks" : us->pw_name;
	}
	right_say(d, user, (rights & READS_DATA) != 0, "data.mdb", "r",
	    "may read it", "may not read it");
	if ((rights & WRITES_DATA) != 0)
		right_say(d, user, false, "data.mdb", "r", "",
		    "may write it, and should not");
	right_say(d, user, (rights & WRITES_LOCK) != 0, "lock.mdb", "rw",
	    "may write it", "may not write it");
}
