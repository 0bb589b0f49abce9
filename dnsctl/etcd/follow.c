/*
 * follow.c - the spine: an endpoint after the other, for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "impl.h"

#define SCHEME       "etcd://"
#define PORT_DEFAULT ":2379"

bool
etcd_is_url(const char *source)
{
	return strncmp(source, SCHEME, strlen(SCHEME)) == 0;
}

static bool
prefix_check(const char *prefix)
{
	size_t len = strlen(prefix);

	if (len >= 2 && len <= 128 && prefix[0] == '/' &&
	    prefix[len - 1] != '/')
		return true;
	log_error("--prefix %s: must begin with a slash, not end with one,"
		  " and have at most 128 octets",
	    prefix);
	return false;
}

/* What the store is told: the endpoints, as far as there is room. */
static void
etcd_name(struct etcd *e)
{
	const struct etcd_options *o = e->options;
	size_t room =
	    sizeof(e->source) - strlen(o->prefix) - sizeof(NETWORKS_MARK);

	(void)snprintf(e->source, sizeof(e->source), "%.*s%s%s", (int)room,
	    o->source, o->prefix, o->networks == NULL ? "" : NETWORKS_MARK);
}

/* The store holds what is below our prefix in some etcd. */
static bool
is_our_source(const struct etcd *e, const char *source)
{
	const char *prefix = e->options->prefix;
	const char *path =
	    etcd_is_url(source) ? strchr(source + strlen(SCHEME), '/') : NULL;

	return path != NULL && strcspn(path, "#") == strlen(prefix) &&
	    strncmp(path, prefix, strlen(prefix)) == 0 &&
	    networks_suffice(e->options->networks, source);
}

/* "CLUSTER/REVISION" of the same keys; anything else is nowhere. */
static void
standing_note(struct etcd *e, const struct store_meta *meta)
{
	const char *slash = strchr(meta->cursor, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - meta->cursor);

	if (len == 0 || len >= sizeof(e->cluster) ||
	    !is_our_source(e, meta->source))
		return;
	memcpy(e->cluster, meta->cursor, len);
	e->cluster[len] = '\0';
	e->revision = e->stored = (int64_t)strtoll(slash + 1, NULL, 10);
}

/* Until the endpoint fails, or there is a reason to end. */
static enum etcd_outcome
endpoint_follow(struct etcd *e)
{
	enum etcd_outcome outcome = etcd_connect(e);

	for (;;) {
		if (outcome == ETCD_LOST) {
			log_info("etcd %s: reading a snapshot",
			    endpoints_now(&e->endpoints));
			outcome = etcd_snapshot(e);
		} else if (outcome == ETCD_OK) {
			outcome = etcd_networks(e);
		}
		if (outcome == ETCD_LOST)
			continue;
		if (outcome != ETCD_OK)
			return outcome;
		log_info("etcd %s: following from revision %lld",
		    endpoints_now(&e->endpoints), (long long)e->revision);
		outcome = etcd_watch(e);
	}
}

static enum err
endpoints_follow(struct etcd *e)
{
	for (;;) {
		enum etcd_outcome outcome = endpoint_follow(e);

		etcd_abort(e);
		switch (outcome) {
		case ETCD_STOP:
			return e->refused ? E_REFUSED : E_OK;
		case ETCD_STORE:
			return e->err;
		case ETCD_OK:
		case ETCD_LOST:
		case ETCD_FAILED:
			break;
		}
		endpoints_next(&e->endpoints, "etcd", e->wrong);
		endpoints_pause(&e->endpoints);
		if (*e->options->stop)
			return e->refused ? E_REFUSED : E_OK;
	}
}

void
etcd_release(struct etcd *e)
{
	etcd_http_close(e);
	feed_release(&e->feed);
	arena_release(&e->memory);
	endpoints_release(&e->endpoints);
}

/* From where the store stands. */
static enum err
store_follow(struct etcd *e, struct store *store)
{
	struct store_meta meta;
	enum err err = store_standing(store, &meta);

	if (err != E_OK)
		return err;
	standing_note(e, &meta);
	return endpoints_follow(e);
}

/* Who can read on the way would have the password. */
static bool
password_check(const struct etcd_options *o)
{
	if (o->user == NULL || o->insecure || etcd_is_secure(o))
		return true;
	log_error("--user %s: the password would go in clear: use TLS"
		  " (--cacert FILE, --cacert system), or say --insecure",
	    o->user);
	return false;
}

bool
etcd_open(struct etcd *e)
{
	if (!prefix_check(e->options->prefix) || !password_check(e->options) ||
	    !endpoints_read(
		&e->endpoints, e->options->source, SCHEME, PORT_DEFAULT))
		return false;
	if (etcd_http_open(e))
		return true;
	log_error("libcurl cannot be started");
	return false;
}

enum err
etcd_follow(const struct etcd_options *options, struct store *store)
{
	struct etcd e = { .options = options };
	enum err err = E_INPUT;

	if (etcd_open(&e)) {
		etcd_name(&e);
		feed_init(&e.feed, store, options->report, e.source, false);
		e.feed.allow_delete = options->allow_delete;
		err = store_follow(&e, store);
	}
	etcd_release(&e);
	return err;
}
