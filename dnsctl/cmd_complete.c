/*
 * cmd_complete.c - complete: what may stand where a command line ends.
 *
 * The shells' scripts hand over the words, the last as far as it is written,
 * and take each line for a way to go on.  Nothing is a mistake here: of what is
 * not known nothing is said.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "dnsctl/cli.h"
#include "zones/store/write/facts.h"

struct completion {
	struct ctl ctl;                /* as its words say: where to look */
	const struct command *command; /* NULL: not yet, or there is none */
	unsigned plain;                /* words that are not of options */
	const char *arg;  /* what may stand there, as the tables have it */
	const char *word; /* what stands there now */
};

static void
offer(const struct completion *c, const char *text)
{
	if (strncmp(text, c->word, strlen(c->word)) == 0)
		(void)puts(text);
}

/* What a fact is called inside its network. */
static const char *
id_of(const struct fact *f)
{
	return f->kind == FACT_NETWORK ? f->network
	    : f->kind == FACT_APP      ? f->app
				       : f->id;
}

static bool
id_offer(void *arg, const struct fact *f, bool implied)
{
	(void)implied;
	offer(arg, id_of(f));
	return true;
}

/*
 * APP.internal, and behind what stands before a dot: iad.APP.internal.
 */
static bool
name_offer(void *arg, const struct fact *f, bool implied)
{
	const struct completion *c = arg;
	const char *dot = strrchr(c->word, '.');
	const char *in = f->kind == FACT_PEER ? "_peer.internal" : "internal";
	char text[1024];

	(void)implied;
	(void)snprintf(text, sizeof(text), "%s.%s", id_of(f), in);
	offer(c, text);
	if (dot == NULL)
		return true;
	(void)snprintf(text, sizeof(text), "%.*s%s.%s",
	    (int)(dot + 1 - c->word), c->word, id_of(f), in);
	offer(c, text);
	return true;
}

static void
facts_offer(const struct completion *c, enum fact_kind kind,
    bool (*each)(void *, const struct fact *, bool))
{
	struct ctl_view view;

	if (!ctl_view_open(&view, &c->ctl))
		return;
	(void)!snapshot_facts(view.snapshot, kind,
	    kind == FACT_NETWORK || kind == FACT_REGION ? NULL : c->ctl.network,
	    each, (void *)(uintptr_t)c);
	ctl_view_close(&view);
}

static void
networks_offer(const struct completion *c)
{
	facts_offer(c, FACT_NETWORK, id_offer);
}

static void
regions_offer(const struct completion *c)
{
	facts_offer(c, FACT_REGION, id_offer);
}

static void
apps_offer(const struct completion *c)
{
	facts_offer(c, FACT_APP, id_offer);
}

static void
names_offer(const struct completion *c)
{
	offer(c, "_apps.internal");
	offer(c, "_instances.internal");
	offer(c, "_peer.internal");
	facts_offer(c, FACT_APP, name_offer);
	facts_offer(c, FACT_PEER, name_offer);
}

static void
commands_offer(const struct completion *c)
{
	for (size_t i = 0; i < c->ctl.cli->command_count; i++)
		offer(c, c->ctl.cli->commands[i].name);
}

static void
types_offer(const struct completion *c)
{
	static const char *const types[] = { "A", "AAAA", "ANY", "NS", "PTR",
		"SOA", "SRV", "TXT" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		offer(c, types[i]);
}

/* To add a word of the tables: what it stands for, and its row. */
static const struct {
	const char *word;
	void (*offer)(const struct completion *);
} words[] = {
	{ "NETWORK", networks_offer },
	{ "REGION", regions_offer },
	{ "APP", apps_offer },
	{ "NAME", names_offer },
	{ "TYPE", types_offer },
	{ "COMMAND", commands_offer },
};

/* One of "networks|apps|FILE": itself as far as it is no word, or a row's. */
static void
alternative_offer(const struct completion *c, const char *from, size_t len)
{
	char text[64];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len &&
		    strncmp(words[i].word, from, len) == 0)
			words[i].offer(c);
	if (len >= sizeof(text))
		return;
	memcpy(text, from, len);
	text[len] = '\0';
	text[strcspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = '\0';
	if (text[0] != '\0')
		offer(c, text);
}

static void
arg_offer(const struct completion *c)
{
	const char *at = c->arg;

	for (; *at != '\0' && *at != ' '; at += strspn(at, "[]|")) {
		size_t len = strcspn(at, "[]| ");

		if (len > 0)
			alternative_offer(c, at, len);
		at += len;
	}
}

static void
options_offer(const struct completion *c)
{
	const struct cli *cli = c->ctl.cli;
	char text[64];

	for (size_t i = 0; i < cli->option_count; i++) {
		if (c->command != NULL &&
		    !cli_is_for(&cli->options[i], c->command))
			continue;
		(void)snprintf(
		    text, sizeof(text), "--%s", cli->options[i].name);
		offer(c, text);
	}
}

static const struct option_row *
option_of(const struct cli *cli, const char *word)
{
	if (word[0] != '-')
		return NULL;
	if (word[1] == '-')
		return cli_option(cli, word + 2);
	for (size_t i = 0; i < cli->option_count; i++)
		if (word[1] != '\0' && word[2] == '\0' &&
		    word[1] == cli->options[i].letter)
			return &cli->options[i];
	return NULL;
}

/* The words before the last; true: that one is the argument of an option. */
static bool
words_read(struct completion *c, const char *const *all, unsigned last)
{
	for (unsigned i = 0; i < last; i++) {
		const struct option_row *o = option_of(c->ctl.cli, all[i]);

		if (o != NULL && o->arg != NULL && ++i == last) {
			c->arg = o->arg;
			return true;
		}
		if (o != NULL)
			*(const char **)(void *)((char *)&c->ctl + o->at) =
			    all[i];
		else if (all[i][0] != '-' && c->plain++ == 0)
			c->command = cli_command(c->ctl.cli, all[i]);
	}
	return false;
}

/* The argument that stands at the position, of "NETWORK [NAME] FILE". */
static const char *
arg_at(const struct completion *c)
{
	const char *at = c->command->args;

	for (unsigned i = 1; i < c->plain && *at != '\0'; i++) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return at;
}

enum exit_status
cmd_complete(const struct ctl *ctl)
{
	unsigned last = ctl->arg_count - 1;
	struct completion c = { .ctl = *ctl, .word = ctl->args[last] };

	if (words_read(&c, ctl->args, last)) {
		arg_offer(&c);
	} else if (c.word[0] == '-') {
		options_offer(&c);
	} else if (c.plain == 0) {
		commands_offer(&c);
	} else if (c.command != NULL) {
		c.arg = arg_at(&c);
		arg_offer(&c);
	}
	return ctl_flushed();
}
