/*
 * ctl.h - dnsctl: what its command line said, and its commands.
 */
#ifndef DNSCTL_CTL_H
#define DNSCTL_CTL_H

#include <signal.h>

#include "dnsctl/etcd/etcd.h"
#include "zones/feed/feed.h"
#include "zones/store/read/store.h"

#define STORE_DEFAULT "/var/lib/dnsd"

enum exit_status {
	CTL_OK = 0,
	CTL_FAILED = 1, /* it was said why */
	CTL_USAGE = 2   /* the command line is wrong */
};

/* All text is the command line's; an option not given is NULL. */
struct ctl {
	const struct cli *cli; /* what the command line may say: cli.h */
	const char *store;
	const char *network, *network_file;
	const char *config;            /* explain, doctor */
	const char *to;                /* explain, wireguard, flycast */
	const char *from, *region;     /* explain */
	const char *ttl, *fallthrough; /* record, zone */
	const char *timeout;           /* wait */
	const char *prefix, *user, *password_file; /* etcd */
	const char *cacert, *cert, *key;
	const char *relay;                              /* follow */
	const char *control;                            /* server, serve */
	const char *token_file, *name, *max_age;        /* serve */
	const char *no_sync, *json, *dry_run, *verbose; /* not NULL: given */
	const char *insecure;                           /* etcd */
	const char *allow_delete;                       /* so */
	const char *gateway, *lease, *role, *apps, *public_key; /* wireguard */
	const char *png, *mtu, *device;
	const char *qr, *search, *split_dns, *mesh; /* not NULL: given */
	const char *print, *once, *keep_others;
	const char *run_as, *no_sandbox;   /* follow */
	const char *const *args;           /* what stands behind the command */
	unsigned arg_count;                /* as many as the command takes */
	const volatile sig_atomic_t *stop; /* set by SIGINT and SIGTERM */
};

enum exit_status cmd_apply(const struct ctl *);
enum exit_status cmd_backup(const struct ctl *);
enum exit_status cmd_restore(const struct ctl *);
enum exit_status cmd_diff(const struct ctl *);
enum exit_status cmd_doctor(const struct ctl *);
enum exit_status cmd_history(const struct ctl *);
enum exit_status cmd_follow(const struct ctl *);
enum exit_status cmd_export(const struct ctl *);
enum exit_status cmd_list(const struct ctl *);
enum exit_status cmd_check(const struct ctl *);
enum exit_status cmd_compact(const struct ctl *);
enum exit_status cmd_explain(const struct ctl *);
enum exit_status cmd_server(const struct ctl *);
enum exit_status cmd_serve(const struct ctl *);
enum exit_status cmd_top(const struct ctl *);
enum exit_status cmd_help(const struct ctl *);
enum exit_status cmd_complete(const struct ctl *);
enum exit_status cmd_status(const struct ctl *);
enum exit_status cmd_wireguard(const struct ctl *);
enum exit_status cmd_flycast(const struct ctl *);
enum exit_status cmd_record(const struct ctl *);
enum exit_status cmd_zone(const struct ctl *);
enum exit_status cmd_wait(const struct ctl *);

/* A store to be read, at its last commit; false, and it was said why. */
struct ctl_view {
	struct store *store;
	struct snapshot *snapshot;
};

bool ctl_view_open(struct ctl_view *, const struct ctl *) MUST_CHECK;
void ctl_view_close(struct ctl_view *);

/* Of each kind, those that were put by themselves. */
enum err ctl_count_facts(
    struct snapshot *, uint64_t facts[FACT_KINDS]) MUST_CHECK;

/* A store to be written; NULL, and it was said why. */
struct store *ctl_writer_open(const struct ctl *) MUST_CHECK;

/* Who we are to etcd at SOURCE, as the command line says. */
struct etcd_options ctl_etcd(const struct ctl *, const char *source);

/* Says that the store failed so. */
enum exit_status ctl_store_failed(const struct ctl *, enum err);

/* A command of a command: its arguments are those behind it. */
struct ctl_word {
	const char *name; /* NULL ends */
	const char *args;
	unsigned least, most;
	enum exit_status (*run)(const struct ctl *);
};

/* The one that the first argument says; else it was said what there is. */
enum exit_status ctl_word_run(
    const struct ctl *, const char *command, const struct ctl_word *);

/* All that was written has arrived at standard output. */
enum exit_status ctl_flushed(void);

/* Tells mistakes and conflicts on standard error, commits to nobody. */
extern const struct feed_report ctl_report;

#endif
