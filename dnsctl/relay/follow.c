/*
 * follow.c - a store that follows relays: the stream of one is a feed.
 *
 *	connected, the store's cursor is told --> lines, each commit whole
 *	   ^                                             |
 *	   +---- another relay, after a while <----------+ cut, refused, silent
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dnsctl/source/endpoints.h"
#include "impl.h"
#include "zones/facts/json.h"
#include "zones/feed/follow.h"

#define SCHEME     "relay://"
#define CONNECT_MS 3000
#define SILENT_S   20 /* a relay passes on that its source was heard of */
#define LINE_MOST  ((size_t)1 << 20)

struct following {
	const struct relay_follow_options *options;
	struct endpoints endpoints;
	struct store *store;
	struct feed_follow *feed;
	char source[CURSOR_MAX + 1];
	char *part; /* a line that was begun */
	size_t part_len;
	enum err err;
	bool heard;          /* since it was connected */
	const char *refused; /* why what came last was; or NULL */
	bool changed;        /* other networks are needed */
	char wrong[CURL_ERROR_SIZE + 32];
};

bool
relay_is_url(const char *source)
{
	return strncmp(source, SCHEME, strlen(SCHEME)) == 0;
}

/* The rest of a line that was begun. */
static enum err
part_add(struct following *f, const char *data, size_t len)
{
	char *bigger;

	if (len == 0)
		return E_OK;
	if (f->part_len + len > LINE_MOST) {
		f->refused = "it sent a line of more than 1 MiB";
		return E_INPUT;
	}
	bigger = realloc(f->part, f->part_len + len);
	if (bigger == NULL)
		return E_NOMEM;
	memcpy(bigger + f->part_len, data, len);
	f->part = bigger;
	f->part_len += len;
	return E_OK;
}

static void
relay_line_take(struct following *f, const char *data, size_t len)
{
	if (f->part_len == 0) {
		f->err = feed_follow_line(f->feed, data, len);
		return;
	}
	f->err = part_add(f, data, len);
	if (f->err == E_OK)
		f->err = feed_follow_line(f->feed, f->part, f->part_len);
	f->part_len = 0;
}

/* What is whole is stored before more is waited for. */
static size_t
on_relay_data(char *data, size_t one, size_t n, void *arg)
{
	struct following *f = arg;
	const char *at = data, *behind = data + n, *end;

	(void)one;
	f->heard = true;
	while (f->err == E_OK &&
	    (end = memchr(at, '\n', (size_t)(behind - at))) != NULL) {
		relay_line_take(f, at, (size_t)(end - at));
		at = end + 1;
	}
	if (f->err == E_OK)
		f->err = part_add(f, at, (size_t)(behind - at));
	if (f->err == E_OK)
		f->err = feed_follow_rest(f->feed);
	return f->err == E_OK ? n : 0;
}

static int
on_progress(
    void *arg, curl_off_t down, curl_off_t is, curl_off_t up, curl_off_t was)
{
	struct following *f = arg;

	(void)down;
	(void)is;
	(void)up;
	(void)was;
	f->changed = f->changed || networks_changed(f->options->networks);
	return *f->options->stop != 0 || f->changed;
}

/*
 * Where the store stands, if what it holds is what we follow: the cursor is the
 * source's own, whoever passed it on, but of other networks it says nothing.
 */
static bool
is_cursor(const struct following *f, const char *source)
{
	return (relay_is_url(source) || strncmp(source, "etcd://", 7) == 0) &&
	    networks_suffice(f->options->networks, source);
}

static enum err
cursor_read(struct following *f, char *cursor, size_t size)
{
	struct store_meta meta;
	enum err err = store_standing(f->store, &meta);

	(void)snprintf(cursor, size, "%s",
	    err == E_OK && is_cursor(f, meta.source) ? meta.cursor : "");
	return err;
}

/* Behind WHAT, where there is TEXT. */
static void
url_add(FILE *out, CURL *easy, const char *what, const char *text)
{
	char *escaped = text == NULL ? NULL : curl_easy_escape(easy, text, 0);

	if (escaped != NULL)
		(void)fprintf(out, "%s%s", what, escaped);
	curl_free(escaped);
}

/* From malloc(); NULL: no memory. */
static char *
url_make(const struct following *f, CURL *easy, const char *cursor)
{
	const struct relay_follow_options *o = f->options;
	char *url = NULL;
	size_t len;
	FILE *out = open_memstream(&url, &len);

	if (out == NULL)
		return NULL;
	(void)fprintf(out, "%s://%s/changes",
	    o->identity.cacert != NULL ? "https" : "http",
	    endpoints_now(&f->endpoints));
	url_add(out, easy, "?after=", cursor);
	if (o->networks != NULL) {
		url_add(out, easy, "&networks=", o->networks->list);
		if (cursor[0] != '\0')
			url_add(out, easy, "&new=", o->networks->added);
	}
	return fclose(out) == 0 ? url : NULL;
}

/* As the line of a commit ends: the transaction is whole. */
static enum err
commit_line(struct following *f, const char *cursor)
{
	enum err err = E_NOMEM;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return err;
	(void)fputs("{\"commit\":", out);
	fact_json_print_text(out, cursor);
	(void)putc('}', out);
	if (fclose(out) == 0)
		err = feed_follow_line(f->feed, text, len);
	free(text);
	return err == E_OK ? feed_follow_rest(f->feed) : err;
}

/* What the store has of networks that are not needed goes, at CURSOR. */
static enum err
networks_settle(struct following *f, const char *cursor)
{
	struct network_list *n = f->options->networks;
	enum err err = E_OK;
	const char *at, *id;
	char line[128];
	size_t len;

	if (n == NULL || cursor[0] == '\0' ||
	    (err = networks_compare(n, f->store)) != E_OK || n->gone == NULL)
		return err;
	for (at = n->gone;
	     err == E_OK && (len = networks_next(&at, &id)) > 0;) {
		(void)snprintf(line, sizeof(line),
		    "{\"delete\":\"network\",\"id\":\"%.*s\"}", (int)len, id);
		err = feed_follow_line(f->feed, line, strlen(line));
	}
	return err == E_OK ? commit_line(f, cursor) : err;
}

static void
curl_options_set(struct following *f, CURL *easy, const char *url)
{
	const struct relay_identity *i = &f->options->identity;

	curl_easy_reset(easy);
	(void)curl_easy_setopt(easy, CURLOPT_URL, url);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	(void)curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SILENT_S);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_relay_data);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, f);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, f);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, f->wrong);
	if (i->cacert == NULL)
		return;
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, i->cacert);
	(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, i->cert);
	(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, i->key);
}

/* Until the relay fails, or there is a reason to end. */
static void
relay_read(struct following *f, CURL *easy)
{
	char *url = NULL, cursor[CURSOR_MAX + 1];
	CURLcode code;

	f->err = cursor_read(f, cursor, sizeof(cursor));
	if (f->err == E_OK)
		f->err = networks_settle(f, cursor);
	if (f->err == E_OK && (url = url_make(f, easy, cursor)) == NULL)
		f->err = E_NOMEM;
	if (f->err != E_OK)
		return;
	f->changed = false;
	f->heard = false;
	f->refused = NULL;
	f->part_len = 0;
	f->wrong[0] = '\0';
	curl_options_set(f, easy, url);
	free(url);
	log_info("relay %s: following from %s", endpoints_now(&f->endpoints),
	    cursor[0] == '\0' ? "a snapshot" : cursor);
	code = curl_easy_perform(easy);
	if (f->err == E_INPUT) {
		if (f->refused == NULL)
			f->refused = "its snapshot is refused";
		f->err = E_OK;
		(void)snprintf(f->wrong, sizeof(f->wrong), "%s", f->refused);
		return;
	}
	if (f->heard)
		f->endpoints.failures = 0;
	if (f->wrong[0] == '\0')
		(void)snprintf(f->wrong, sizeof(f->wrong), "%s",
		    code == CURLE_OK ? "closed by the relay"
				     : curl_easy_strerror(code));
}

static enum err
relays_read(struct following *f, CURL *easy)
{
	while (!*f->options->stop) {
		f->err = feed_follow_open(&f->feed, f->store,
		    f->options->report, f->source, f->options->allow_delete);
		if (f->err == E_OK)
			relay_read(f, easy);
		if (f->err == E_OK && f->refused == NULL)
			f->err = feed_follow_end(f->feed);
		feed_follow_close(f->feed);
		if (f->err != E_OK || *f->options->stop)
			break;
		if (f->changed)
			continue;
		endpoints_next(&f->endpoints, "relay", f->wrong);
		endpoints_pause(&f->endpoints);
	}
	return f->err == E_OK && f->refused != NULL ? E_REFUSED : f->err;
}

/* What the store is told: the relays as far as there is room; and of what. */
static void
relay_name(struct following *f)
{
	(void)snprintf(f->source, sizeof(f->source), "%.*s%s",
	    (int)(sizeof(f->source) - sizeof(NETWORKS_MARK)),
	    f->options->source,
	    f->options->networks == NULL ? "" : NETWORKS_MARK);
}

enum err
relay_follow(const struct relay_follow_options *options, struct store *store)
{
	struct following f = { .options = options, .store = store };
	enum err err = E_INPUT;
	CURL *easy;

	if (!endpoints_read(
		&f.endpoints, options->source, SCHEME, ":" RELAY_PORT))
		return E_INPUT;
	relay_name(&f);
	easy = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
	    ? curl_easy_init()
	    : NULL;
	if (easy != NULL)
		err = relays_read(&f, easy);
	curl_easy_cleanup(easy);
	curl_global_cleanup();
	endpoints_release(&f.endpoints);
	free(f.part);
	return easy == NULL ? E_NOMEM : err;
}
