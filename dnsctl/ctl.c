/*
 * ctl.c - what the commands share: the store and what is said about it.
 */
#include "dnsctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "zones/store/write/facts.h"
#include "zones/store/write/readers.h"

/* "812 dnsd (128), 913 dnsctl (1)" */
static void
holder_print(void *arg, const struct reader *r)
{
	char text[READER_TEXT];
	FILE *out = arg;

	(void)fprintf(out, "%s%s (%u)", ftell(out) > 0 ? ", " : "",
	    reader_text(r, text), r->slots);
}

/* What there is to say besides; "" for nothing.  To be freed. */
static char *
detail(const struct ctl *ctl, enum err err)
{
	const char *why = err == E_SYSTEM ? strerror(errno) : "";
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	(void)fputs(why, out);
	if (err == E_READERS &&
	    store_readers(ctl->store, holder_print, out) != E_OK)
		(void)fputs("nobody can tell which", out);
	(void)fclose(out);
	return text;
}

struct etcd_options
ctl_etcd(const struct ctl *ctl, const char *source)
{
	return (struct etcd_options){ .source = source,
		.prefix = ctl->prefix,
		.user = ctl->user,
		.password_file = ctl->password_file,
		.cacert = ctl->cacert,
		.cert = ctl->cert,
		.key = ctl->key,
		.insecure = ctl->insecure != NULL };
}

enum exit_status
ctl_store_failed(const struct ctl *ctl, enum err err)
{
	char *more = detail(ctl, err);
	bool is_said = more != NULL && more[0] != '\0';

	log_error("store %s: %s%s%s", ctl->store, err_str(err),
	    is_said ? ": " : "", is_said ? more : "");
	free(more);
	return CTL_FAILED;
}

enum exit_status
ctl_word_run(
    const struct ctl *ctl, const char *command, const struct ctl_word *words)
{
	unsigned count = ctl->arg_count - 1;

	for (const struct ctl_word *w = words; w->name != NULL; w++) {
		if (strcmp(w->name, ctl->args[0]) != 0)
			continue;
		if (count >= w->least && count <= w->most)
			return w->run(ctl);
		log_error("%s %s takes %s", command, w->name, w->args);
		return CTL_USAGE;
	}
	log_error("%s %s: there is no such command; see dnsctl help %s",
	    command, ctl->args[0], command);
	return CTL_USAGE;
}

enum exit_status
ctl_flushed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CTL_OK;
	log_error("standard output: %s", strerror(errno));
	return CTL_FAILED;
}

bool
ctl_view_open(struct ctl_view *v, const struct ctl *ctl)
{
	enum err err;

	memset(v, 0, sizeof(*v));
	err = store_open_reader(&v->store, ctl->store);
	if (err == E_OK)
		err = snapshot_open(v->store, &v->snapshot);
	if (err == E_OK)
		err = snapshot_refresh(v->snapshot);
	if (err == E_OK)
		return true;
	(void)ctl_store_failed(ctl, err);
	ctl_view_close(v);
	return false;
}

void
ctl_view_close(struct ctl_view *v)
{
	snapshot_close(v->snapshot);
	store_close(v->store);
	memset(v, 0, sizeof(*v));
}

static bool
fact_count(void *arg, const struct fact *f, bool implied)
{
	uint64_t *n = arg;

	(void)f;
	*n += !implied;
	return true;
}

enum err
ctl_count_facts(struct snapshot *snapshot, uint64_t facts[FACT_KINDS])
{
	enum err err = E_OK;

	memset(facts, 0, FACT_KINDS * sizeof(facts[0]));
	for (enum fact_kind kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		err = snapshot_facts(
		    snapshot, kind, NULL, fact_count, &facts[kind]);
	return err;
}

struct store *
ctl_writer_open(const struct ctl *ctl)
{
	const struct store_options options = { .path = ctl->store,
		.no_sync = ctl->no_sync != NULL };
	struct store *store;
	enum err err = store_open_writer(&store, &options);

	if (err == E_OK)
		return store;
	(void)ctl_store_failed(ctl, err);
	return NULL;
}

/* FILE:LINE: instance acme/web/x */
static void
where_print(const struct feed_where *where, const char *title)
{
	(void)fputs(where->name, stderr);
	if (where->line != 0)
		(void)fprintf(stderr, ":%llu", (unsigned long long)where->line);
	if (title != NULL)
		(void)fprintf(stderr, ": %s", title);
}

/* ...: addresses: must lie inside the network's prefixes: "fd00::1" */
static void
bad_print(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	(void)arg;
	where_print(where, title);
	if (why->field[0] != '\0')
		(void)fprintf(stderr, ": %s", why->field);
	(void)fprintf(stderr, ": %s", why->rule);
	if (why->value[0] != '\0')
		(void)fprintf(stderr, ": \"%s\"", why->value);
	(void)fputc('\n', stderr);
}

static void
warning_print(void *arg, const struct feed_where *where, const char *title,
    const char *text)
{
	(void)arg;
	where_print(where, title);
	(void)fprintf(stderr, ": warning: %s\n", text);
}

static void
committed_ignore(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	(void)arg;
	(void)cursor;
	(void)left;
	(void)more;
}

const struct feed_report ctl_report = {
	.bad = bad_print,
	.warning = warning_print,
	.committed = committed_ignore,
};
