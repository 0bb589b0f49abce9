/*
 * main.c - the command line: options and commands, each a row of a table.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "dnsctl/cli.h"
#include "dnsctl/control/control.h"
#include "dnsctl/etcd/etcd.h"
#include "dnsctl/serve/serve.h"

/* The commands that an option is for. */
enum {
	FOR_LIST = 2,
	FOR_EXPLAIN = 4,
	FOR_WAIT = 8,
	FOR_FOLLOW = 16,
	FOR_WRITERS = 32,
	FOR_SERVE = 64,
	FOR_SERVERS = 128, /* those that ask a server */
	FOR_FACTS = 256,
	FOR_APPLY = 512,
	FOR_LOG = 1024,
	FOR_PEERS = 2048,
	FOR_FLYCAST = 4096,
	FOR_DOCTOR = 8192,
	FOR_DELETE = 16384,
	FOR_RECORD = 32768,
	FOR_ZONE = 65536,
	FOR_ETCD = 131072
};

/*
 * To add a command: its function in ctl.h and its row here.
 */
static const struct command commands[] = {
	{ "apply", "FILE|-", "put a file's facts, all or none", 1, 1,
	    FOR_WRITERS | FOR_APPLY | FOR_DELETE, cmd_apply },
	{ "diff", "FILE|-", "show what apply would change", 1, 1, FOR_DELETE,
	    cmd_diff },
	{ "follow", "-|etcd://HOST:PORT,...|relay://HOST:PORT,...",
	    "take changes from a source as they come", 1, 1,
	    FOR_FOLLOW | FOR_ETCD | FOR_WRITERS | FOR_DELETE, cmd_follow },
	{ "export", "", "write all facts as apply takes them", 0, 0, 0,
	    cmd_export },
	{ "backup", "FILE", "copy the store, as it is now, to a file", 1, 1, 0,
	    cmd_backup },
	{ "restore", "FILE", "put what backup made in the store's place", 1, 1,
	    0, cmd_restore },
	{ "list",
	    "[networks|regions|distances|apps|instances|peers|gateways|"
	    "aliases|zones|records|exports|conflicts]",
	    "show facts", 0, 1, FOR_LIST | FOR_FACTS, cmd_list },
	{ "check", "", "read every key and verify every summary", 0, 0,
	    FOR_FACTS, cmd_check },
	{ "compact", "", "give back the space that a store does not need", 0, 0,
	    0, cmd_compact },
	{ "explain", "NAME [TYPE]", "tell how a question is answered, and why",
	    1, 2, FOR_LIST | FOR_EXPLAIN | FOR_FACTS, cmd_explain },
	{ "status", "", "tell where the store stands, and since when", 0, 0,
	    FOR_FACTS, cmd_status },
	{ "doctor", "", "look for what keeps this host from answering", 0, 0,
	    FOR_FACTS | FOR_DOCTOR, cmd_doctor },
	{ "history", "", "show what the last 1000 commits changed", 0, 0,
	    FOR_FACTS, cmd_history },
	{ "server", "stats|top|trace|log|workers|flush|reload [NAME]",
	    "ask a running server; trace: who asks most, counted for a while;"
	    " flush forgets what upstreams said, of NAME or all",
	    1, 2, FOR_SERVERS | FOR_FACTS | FOR_LOG, cmd_server },
	{ "serve", "[ADDRESS:PORT]",
	    "metrics, an API and a page over HTTP; default " SERVE_DEFAULT, 0,
	    1, FOR_SERVE | FOR_SERVERS, cmd_serve },
	{ "top", "", "show what a server does now, until q", 0, 0, FOR_SERVERS,
	    cmd_top },
	{ "wireguard",
	    "create|show|list|remove|renew|rekey|follow NETWORK|DEVICE [NAME]"
	    " [FILE]",
	    "peers, what configures them, and a gateway's device", 1, 4,
	    FOR_PEERS | FOR_ETCD | FOR_WRITERS | FOR_FACTS, cmd_wireguard },
	{ "flycast", "allocate NETWORK APP",
	    "give an app an address that its network has free", 3, 3,
	    FOR_FLYCAST | FOR_ETCD | FOR_WRITERS, cmd_flycast },
	{ "record", "put|delete|list [NETWORK] [NAME] [TYPE] [VALUE...]",
	    "records in a network's own zones", 1, 64 + 4,
	    FOR_RECORD | FOR_FACTS | FOR_WRITERS | FOR_APPLY, cmd_record },
	{ "zone", "put|delete|import NETWORK NAME|FILE|- [NAME]",
	    "a network's own zones; import: what a zone file has", 3, 4,
	    FOR_ZONE | FOR_WRITERS | FOR_APPLY, cmd_zone },
	{ "help", "[COMMAND]", "show this, or what a command takes", 0, 1, 0,
	    cmd_help },
	{ "complete", "WORD...",
	    "show what may stand at the end of a command line, for shells", 1,
	    UINT_MAX, 0, cmd_complete },
	{ "wait", "CURSOR", "return when the store stands there, or beyond", 1,
	    1, FOR_WAIT, cmd_wait },
};

/*
 * To add an option: its member in struct ctl and its row here.
 */
static const struct option_row options[] = {
#define AT(member) offsetof(struct ctl, member)
	{ 's', "store", "DIR", "the store; default " STORE_DEFAULT, AT(store),
	    FOR_ALL },
	{ 'n', "network", "NETWORK",
	    "only this network; follow takes more, with commas between",
	    AT(network), FOR_LIST | FOR_LOG | FOR_FOLLOW },
	{ 0, "network-file", "FILE",
	    "the same, a name a line; read again when it changes",
	    AT(network_file), FOR_FOLLOW },
	{ 0, "from", "ADDRESS", "who asks", AT(from), FOR_EXPLAIN | FOR_LOG },
	{ 0, "to", "ADDRESS|etcd://HOST:PORT,...",
	    "which address of the host is asked; wireguard, flycast: write "
	    "there",
	    AT(to), FOR_EXPLAIN | FOR_PEERS | FOR_FLYCAST },
	{ 'c', "config", "FILE", "the dnsd.conf of the server that is meant",
	    AT(config), FOR_EXPLAIN | FOR_DOCTOR },
	{ 0, "region", "REGION",
	    "where the node stands that is asked; wireguard: its gateway",
	    AT(region), FOR_EXPLAIN | FOR_PEERS },
	{ 0, "json", NULL, "for programs: an object a line", AT(json),
	    FOR_FACTS },
	{ 0, "ttl", "SECONDS", "of the records that are put", AT(ttl),
	    FOR_RECORD },
	{ 0, "fallthrough", "yes|no",
	    "what the zone lacks is forwarded, else it does not exist",
	    AT(fallthrough), FOR_ZONE },
	{ 0, "timeout", "SECONDS", "give up after so long", AT(timeout),
	    FOR_WAIT },
	{ 0, "dry-run", NULL, "change nothing, say what would be", AT(dry_run),
	    FOR_APPLY },
	{ 0, "allow-delete", NULL,
	    "a snapshot may delete more than half of a network, or of all",
	    AT(allow_delete), FOR_DELETE },
	{ 'v', "verbose", NULL, "show each fact that changes", AT(verbose),
	    FOR_APPLY },
	{ 0, "no-sync", NULL,
	    "do not wait for the disk; a crash of the machine may lose"
	    " commits",
	    AT(no_sync), FOR_WRITERS },
	{ 0, "run-as", "USER", "who it is then, where root starts it",
	    AT(run_as), FOR_FOLLOW },
	{ 0, "no-sandbox", NULL, "may do what its user may: for debuggers",
	    AT(no_sandbox), FOR_FOLLOW },
	{ 0, "prefix", "PREFIX",
	    "of the keys in etcd; default " ETCD_PREFIX_DEFAULT, AT(prefix),
	    FOR_ETCD },
	{ 0, "user", "NAME", "who we are to etcd", AT(user), FOR_ETCD },
	{ 0, "password-file", "FILE", "its first line is the password",
	    AT(password_file), FOR_ETCD },
	{ 0, "cacert", "FILE",
	    "use TLS; who vouches for etcd; \"system\": whom the host trusts",
	    AT(cacert), FOR_ETCD },
	{ 0, "insecure", NULL, "let a password go without TLS", AT(insecure),
	    FOR_ETCD },
	{ 0, "cert", "FILE", "use TLS; our certificate", AT(cert), FOR_ETCD },
	{ 0, "key", "FILE", "the key of our certificate", AT(key), FOR_ETCD },
	{ 0, "relay", "ADDRESS:PORT", "let others follow what we follow",
	    AT(relay), FOR_FOLLOW },
	{ 0, "control", "PATH",
	    "a server's control socket; default " CONTROL_DEFAULT, AT(control),
	    FOR_SERVERS },
	{ 0, "token-file", "FILE", "who asks must know its first line",
	    AT(token_file), FOR_SERVE },
	{ 0, "name", "NAME", "this host's own, for who asks by it", AT(name),
	    FOR_SERVE },
	{ 0, "max-age", "SECONDS", "an older store is not ready", AT(max_age),
	    FOR_SERVE },
	{ 0, "gateway", "GATEWAY", "whose peer, or whose device", AT(gateway),
	    FOR_PEERS },
	{ 0, "for", "TIME|NETWORK",
	    "how long it lasts: 30m, 24h, 7d; trace: 10s; flycast: for another"
	    " network",
	    AT(lease), FOR_PEERS | FOR_FLYCAST | FOR_LOG },
	{ 0, "role", "ROLE", "observer, developer, admin or owner", AT(role),
	    FOR_PEERS },
	{ 0, "apps", "APP,...", "it sees these alone", AT(apps), FOR_PEERS },
	{ 0, "public-key", "KEY", "of a private one that stays where it is",
	    AT(public_key), FOR_PEERS },
	{ 0, "qr", NULL, "show the configuration as a QR code", AT(qr),
	    FOR_PEERS },
	{ 0, "device", "DEVICE", "show when it last saw each peer", AT(device),
	    FOR_PEERS },
	{ 0, "once", NULL, "make the device so and end", AT(once), FOR_PEERS },
	{ 0, "keep-others", NULL, "leave peers that nobody in the store is",
	    AT(keep_others), FOR_PEERS },
	{ 0, "png", "FILE", "write the QR code as a picture", AT(png),
	    FOR_PEERS },
	{ 0, "mtu", "OCTETS", "of the peer's interface", AT(mtu), FOR_PEERS },
	{ 0, "search", NULL, "let internal and apn be left out of names",
	    AT(search), FOR_PEERS },
	{ 0, "split-dns", NULL, "for systemd-resolved: only private names",
	    AT(split_dns), FOR_PEERS },
	{ 0, "mesh", NULL, "a [Peer] for each server, without a gateway",
	    AT(mesh), FOR_PEERS },
	{ 0, "print", NULL, "write a line of the feed, change nothing",
	    AT(print), FOR_PEERS | FOR_FLYCAST | FOR_RECORD | FOR_ZONE },
#undef AT
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define OPTIONS  (sizeof(options) / sizeof(options[0]))

static const struct cli cli = { commands, COMMANDS, options, OPTIONS };

/* What getopt_long() returns: a letter, a row's index, or one of these. */
enum { OPTION_FIRST = 256, OPTION_HELP = 1024, OPTION_VERSION };

static volatile sig_atomic_t stop;

static void
on_stop_signal(int number)
{
	(void)number;
	stop = 1;
}

/* getopt's own form of the table, with an empty row at its end. */
static void
options_for_getopt(struct option *out, char *letters)
{
	*letters++ = ':'; /* its words are ours */
	for (size_t i = 0; i < OPTIONS; i++) {
		out[i] = (struct option){ options[i].name,
			options[i].arg != NULL, NULL, OPTION_FIRST + (int)i };
		if (options[i].letter == 0)
			continue;
		*letters++ = options[i].letter;
		if (options[i].arg != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	out[OPTIONS] = (struct option){ "help", 0, NULL, OPTION_HELP };
	out[OPTIONS + 1] =
	    (struct option){ "version", 0, NULL, OPTION_VERSION };
	memset(&out[OPTIONS + 2], 0, sizeof(*out));
}

static size_t
command_index(int got)
{
	size_t i = 0;

	if (got >= OPTION_FIRST)
		return (size_t)(got - OPTION_FIRST);
	while (i < OPTIONS && options[i].letter != got)
		i++;
	return i;
}

static enum exit_status
bad_option(int got, const char *word)
{
	if (got != ':')
		return cli_no_option(&cli, word);
	(void)fprintf(stderr, "dnsctl: %s needs %s\n", word,
	    options[command_index(optopt)].arg);
	return CTL_USAGE;
}

static enum exit_status
help_or_version(int what)
{
	if (what == OPTION_HELP)
		cli_help(&cli, stdout);
	else
		(void)puts("dnsctl " VERSION);
	return ctl_flushed();
}

/* Bit I of *GIVEN is option I.  *ENDS: --help and such were all. */
static enum exit_status
options_read(
    struct ctl *ctl, int argc, char **argv, unsigned long *given, bool *ends)
{
	struct option rows[OPTIONS + 3];
	char letters[2 * OPTIONS + 2];
	size_t i;
	int got;

	options_for_getopt(rows, letters);
	*ends = true;
	while ((got = getopt_long(argc, argv, letters, rows, NULL)) != -1) {
		if (got == OPTION_HELP || got == OPTION_VERSION)
			return help_or_version(got);
		if (got == ':' || got == '?')
			return bad_option(got, argv[optind - 1]);
		i = command_index(got);
		*(const char **)(void *)((char *)ctl + options[i].at) =
		    optarg == NULL ? "" : optarg;
		*given |= 1ul << i;
	}
	*ends = false;
	return CTL_OK;
}

static enum exit_status
command_check(const struct command *c, unsigned args, unsigned long given)
{
	if (args < c->least || args > c->most) {
		(void)fprintf(stderr, "usage: dnsctl [OPTIONS] %s %s\n",
		    c->name, c->args);
		return CTL_USAGE;
	}
	for (size_t i = 0; i < OPTIONS; i++)
		if ((given >> i & 1) != 0 && !cli_is_for(&options[i], c)) {
			(void)fprintf(stderr, "dnsctl: %s has no option --%s\n",
			    c->name, options[i].name);
			return CTL_USAGE;
		}
	return CTL_OK;
}

/* Anything else may be killed at any moment: a store is never half. */
static bool
ends_by_itself(const struct command *c, const struct ctl *ctl)
{
	return c->run == cmd_follow || c->run == cmd_wait ||
	    c->run == cmd_serve || c->run == cmd_top || c->run == cmd_server ||
	    (c->run == cmd_wireguard && strcmp(ctl->args[0], "follow") == 0);
}

static void
signals_catch(void)
{
	const struct sigaction act = { .sa_handler = on_stop_signal };

	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGINT, &act, NULL);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .cli = &cli,
		.store = STORE_DEFAULT,
		.control = CONTROL_DEFAULT,
		.prefix = ETCD_PREFIX_DEFAULT,
		.stop = &stop };
	const struct command *command;
	unsigned long given = 0;
	enum exit_status status;
	bool ends;

	status = options_read(&ctl, argc, argv, &given, &ends);
	if (status != CTL_OK || ends)
		return (int)status;
	if (optind == argc)
		return (int)cli_no_command(&cli, "");
	command = cli_command(&cli, argv[optind]);
	if (command == NULL)
		return (int)cli_no_command(&cli, argv[optind]);
	ctl.args = (const char *const *)argv + optind + 1;
	ctl.arg_count = (unsigned)(argc - optind - 1);
	status = command_check(command, ctl.arg_count, given);
	if (status != CTL_OK)
		return (int)status;
	if (ends_by_itself(command, &ctl))
		signals_catch();
	return (int)command->run(&ctl);
}
