/*
 * cmd_apply.c - apply FILE|-, all or nothing; diff FILE|-, nothing of it, and
 * what it would be; follow -, for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "dnsctl/changes.h"
#include "dnsctl/ctl.h"
#include "dnsctl/etcd/etcd.h"
#include "dnsctl/progress.h"
#include "dnsctl/relay/relay.h"
#include "dnsctl/source/endpoints.h"
#include "host/notify.h"
#include "host/sandbox.h"
#include "zones/feed/apply.h"
#include "zones/feed/follow.h"

#define SCRATCH_MAX 32

/* A mistake of the input was told where it was found. */
static enum exit_status
outcome(const struct ctl *ctl, enum err err)
{
	if (err == E_OK)
		return CTL_OK;
	return err == E_INPUT || err == E_REFUSED ? CTL_FAILED
						  : ctl_store_failed(ctl, err);
}

/* Standard input for "-"; -1, and it was said why. */
static int
facts_open(const char *path)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return fd;
	log_error("%s: %s; facts are in a file", path, strerror(EISDIR));
	(void)close(fd);
	return -1;
}

static void
applied_print(void *arg, const struct store_changes *changes)
{
	progress_end(arg);
	changes_print(changes);
}

static void
nothing_print(void *arg, const struct store_changes *changes)
{
	(void)changes;
	progress_end(arg);
}

static void
progress_change_print(void *arg, enum store_change what, const struct fact *f)
{
	progress_end(arg);
	change_print(what, f);
}

static void
lines_progress(void *arg, uint64_t lines, uint64_t octets)
{
	progress_step(arg, lines, octets);
}

/* In parts of what a file has; of a pipe nobody knows. */
static uint64_t
file_octets(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size
							  : 0;
}

/*
 * The store; for who only looks and where none is, an empty one of his own,
 * which SCRATCH names: a look leaves nothing behind.
 */
static struct store *
store_to_apply(
    const struct ctl *ctl, enum feed_apply what, char scratch[SCRATCH_MAX])
{
	struct ctl other = *ctl;
	struct stat st;
	char path[4096];

	scratch[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/data.mdb", ctl->store);
	if (what == FEED_STORE || stat(path, &st) == 0 || errno != ENOENT)
		return ctl_writer_open(ctl);
	(void)snprintf(scratch, SCRATCH_MAX, "/tmp/dnsctl-XXXXXX");
	if (mkdtemp(scratch) == NULL) {
		log_error("%s: %s", scratch, strerror(errno));
		scratch[0] = '\0';
		return NULL;
	}
	other.store = scratch;
	other.no_sync = "";
	return ctl_writer_open(&other);
}

static void
scratch_remove(const char *scratch)
{
	static const char *const files[] = { "/data.mdb", "/lock.mdb", "" };
	char path[SCRATCH_MAX + 16];

	for (size_t i = 0; i < 3 && scratch[0] != '\0'; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", scratch, files[i]);
		(void)remove(path);
	}
}

static enum exit_status
file_apply(
    const struct ctl *ctl, const struct feed_report *of, enum feed_apply what)
{
	enum exit_status status = CTL_FAILED;
	struct feed_report report = *of;
	struct progress progress;
	char scratch[SCRATCH_MAX];
	struct store *store;
	int fd = facts_open(ctl->args[0]);

	if (fd < 0)
		return CTL_FAILED;
	progress_start(&progress, "lines", file_octets(fd));
	report.arg = &progress;
	report.progress = lines_progress;
	store = store_to_apply(ctl, what, scratch);
	if (store != NULL)
		status = outcome(ctl,
		    feed_apply(store, &report, ctl->args[0], fd, what,
			ctl->allow_delete != NULL));
	progress_end(&progress);
	store_close(store);
	scratch_remove(scratch);
	if (fd != STDIN_FILENO)
		(void)close(fd);
	return status == CTL_OK ? ctl_flushed() : status;
}

enum exit_status
cmd_apply(const struct ctl *ctl)
{
	struct feed_report report = ctl_report;

	report.stored = applied_print;
	if (ctl->verbose != NULL)
		report.change = progress_change_print;
	return file_apply(
	    ctl, &report, ctl->dry_run == NULL ? FEED_STORE : FEED_TRY);
}

enum exit_status
cmd_diff(const struct ctl *ctl)
{
	struct feed_report report = ctl_report;

	report.change = progress_change_print;
	report.stored = nothing_print;
	return file_apply(ctl, &report, FEED_TRY);
}

/* "WORD":"TEXT" */
static void
member_print(const char *word, const char *text)
{
	(void)printf("\"%s\":", word);
	fact_json_print_text(stdout, text);
}

static void
left_print(const struct feed_left *l, bool first)
{
	(void)printf("%s{\"line\":%llu,", first ? "" : ",",
	    (unsigned long long)l->where.line);
	if (l->title != NULL) {
		member_print("fact", l->title);
		(void)putchar(',');
	}
	member_print("field", l->why.field);
	(void)putchar(',');
	member_print("rule", l->why.rule);
	(void)putchar(',');
	member_print("value", l->why.value);
	(void)putchar('}');
}

static void
committed_print(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	(void)arg;
	(void)putchar('{');
	member_print("committed", cursor);
	if (left != NULL) {
		(void)fputs(",\"left_out\":[", stdout);
		for (const struct feed_left *l = left; l != NULL; l = l->next)
			left_print(l, l == left);
		(void)putchar(']');
	}
	if (more > 0)
		(void)printf(
		    ",\"left_out_more\":%llu", (unsigned long long)more);
	(void)puts("}");
	(void)fflush(stdout);
}

/* Where the store stands: "" if it was never told. */
static enum err
standing_print(struct store *store)
{
	struct store_meta meta;
	enum err err = store_standing(store, &meta);

	if (err != E_OK)
		return err;
	(void)putchar('{');
	member_print("standing", meta.cursor);
	(void)puts("}");
	(void)fflush(stdout);
	return E_OK;
}

static enum exit_status
stdin_follow(const struct ctl *ctl, struct store *store,
    struct network_list *networks, struct feed_report *report)
{
	enum err err = standing_print(store);
	struct feed_follow *f = NULL;

	(void)networks;
	if (err == E_OK)
		err = feed_follow_open(
		    &f, store, report, "-", ctl->allow_delete != NULL);
	if (err == E_OK)
		err = feed_follow_read(f, STDIN_FILENO, ctl->stop);
	feed_follow_close(f);
	return outcome(ctl, err);
}

static bool
is_stdin(const char *source)
{
	return strcmp(source, "-") == 0;
}

static void
committed_notify(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	(void)arg;
	(void)left;
	(void)more;
	notify("STATUS=the store stands at %s", cursor);
}

static struct relay_identity
identity_of(const struct ctl *ctl)
{
	return (struct relay_identity){
		.cacert = ctl->cacert, .cert = ctl->cert, .key = ctl->key
	};
}

static enum exit_status
relay_source_follow(const struct ctl *ctl, struct store *store,
    struct network_list *networks, struct feed_report *report)
{
	const struct relay_follow_options options = { .source = ctl->args[0],
		.networks = networks->list == NULL ? NULL : networks,
		.allow_delete = ctl->allow_delete != NULL,
		.identity = identity_of(ctl),
		.report = report,
		.stop = ctl->stop };
	enum err err = relay_follow(&options, store);

	return err == E_INPUT ? CTL_USAGE : outcome(ctl, err);
}

static enum exit_status
etcd_source_follow(const struct ctl *ctl, struct store *store,
    struct network_list *networks, struct feed_report *report)
{
	struct etcd_options options = ctl_etcd(ctl, ctl->args[0]);
	enum err err;

	options.networks = networks->list == NULL ? NULL : networks;
	options.allow_delete = ctl->allow_delete != NULL;
	options.report = report;
	options.stop = ctl->stop;
	err = etcd_follow(&options, store);
	return err == E_INPUT ? CTL_USAGE : outcome(ctl, err);
}

#define PORTS_MAX 16

/* TCP is for etcd or a relay, and for the names of their hosts. */
static unsigned
source_ports(uint16_t ports[PORTS_MAX], const char *source)
{
	static const uint16_t presets[] = { 53, 2379, 9154 };
	unsigned count = sizeof(presets) / sizeof(presets[0]);
	char *end;

	memcpy(ports, presets, sizeof(presets));
	for (const char *at = source; (at = strchr(at, ':')) != NULL; at++) {
		unsigned long port = strtoul(at + 1, &end, 10);

		if ((*end == ',' || *end == '\0') && port <= UINT16_MAX &&
		    count < PORTS_MAX)
			ports[count++] = (uint16_t)port;
	}
	return count;
}

/* Before a source is read: it comes from a network, too. */
static void
apply_rights_give_away(const struct ctl *ctl)
{
	/*
	 * A store that gives space back makes a file; a relay keeps snapshots
	 * in files that have no name.
	 */
	const struct sandbox_place writes[] = { { ctl->store, true },
		{ ctl->relay == NULL ? NULL : P_tmpdir, true } };
	uint16_t ports[PORTS_MAX];
	const struct sandbox s = { .writes = writes,
		.write_count = 2,
		.ports = ports,
		.port_count = source_ports(ports, ctl->args[0]),
		.writes_store = true };
	const char *lacks = NULL;

	if (ctl->no_sandbox == NULL && sandbox_user(NULL))
		lacks = sandbox_enter(&s);
	if (lacks != NULL)
		log_warn("the kernel lets no %s restrict us; this goes on "
			 "without",
		    lacks);
}

/* Where lines may come from: how it is written, and who reads it. */
static const struct {
	bool (*is)(const char *source);
	enum exit_status (*follow)(const struct ctl *, struct store *,
	    struct network_list *, struct feed_report *);
	void (*committed)(void *arg, const char *cursor,
	    const struct feed_left *, uint64_t more);
} sources[] = {
	{ is_stdin, stdin_follow, committed_print },
	{ etcd_is_url, etcd_source_follow, committed_notify },
	{ relay_is_url, relay_source_follow, committed_notify },
};

static enum exit_status
source_follow(const struct ctl *ctl, struct store *store, size_t source)
{
	const struct relay_identity identity = identity_of(ctl);
	struct feed_report report = ctl_report;
	struct network_list networks = { .list = NULL };
	struct relay *relay = NULL;
	enum exit_status status;
	enum err err = E_OK;

	if ((ctl->network != NULL || ctl->network_file != NULL) &&
	    !networks_open(&networks, ctl->network, ctl->network_file))
		return CTL_USAGE;
	report.committed = sources[source].committed;
	if (ctl->relay != NULL)
		err = relay_open(&relay, store, ctl->relay, &identity);
	if (err != E_OK) {
		networks_release(&networks);
		return outcome(ctl, err);
	}
	if (relay != NULL)
		relay_hear(relay, &report);
	/* A source that is away is waited for, and keeps nobody waiting. */
	notify("READY=1\nSTATUS=follows %s", ctl->args[0]);
	status = sources[source].follow(ctl, store, &networks, &report);
	relay_close(relay);
	networks_release(&networks);
	return status;
}

enum exit_status
cmd_follow(const struct ctl *ctl)
{
	const size_t count = sizeof(sources) / sizeof(sources[0]);
	enum exit_status status;
	struct store *store;
	size_t i = 0;

	while (i < count && !sources[i].is(ctl->args[0]))
		i++;
	if (!endpoints_are_bare(ctl->args[0]))
		return CTL_USAGE;
	if (i == count) {
		log_error("%s: a source is -, etcd://HOST:PORT,... or "
			  "relay://HOST:PORT,...",
		    ctl->args[0]);
		return CTL_USAGE;
	}
	if (ctl->run_as != NULL && !sandbox_user(ctl->run_as)) {
		log_error("cannot become the user %s: %s", ctl->run_as,
		    strerror(errno));
		return CTL_FAILED;
	}
	store = ctl_writer_open(ctl);
	if (store == NULL)
		return CTL_FAILED;
	apply_rights_give_away(ctl);
	status = source_follow(ctl, store, i);
	store_close(store);
	return status;
}
