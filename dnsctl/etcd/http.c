/*
 * http.c - requests to the gateway of the endpoint we are at.
 *
 * All run in one multi handle, so that the watch is read while something
 * else is waited for.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "impl.h"

/* No reply that we ask for is as large; a watch is read as it comes. */
#define REPLY_MAX ((size_t)256 * 1024 * 1024)

enum etcd_outcome
etcd_fail(struct etcd *e, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(e->wrong, sizeof(e->wrong), format, ap);
	va_end(ap);
	return ETCD_FAILED;
}

bool
etcd_said(const struct etcd *e, const char *part)
{
	return strstr(e->wrong, part) != NULL;
}

static size_t
on_data(char *data, size_t one, size_t n, void *arg)
{
	struct etcd_call *c = arg;
	char *bigger;

	(void)one;
	c->heard_ms = clock_ms(CLOCK_MONOTONIC);
	if (n > REPLY_MAX - c->len)
		return 0;
	if (c->len + n >= c->cap) {
		bigger = realloc(c->in, (c->len + n) * 2);
		if (bigger == NULL)
			return 0;
		c->in = bigger;
		c->cap = (c->len + n) * 2;
	}
	memcpy(c->in + c->len, data, n);
	c->len += n;
	return n;
}

bool
etcd_http_open(struct etcd *e)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	e->multi = curl_multi_init();
	e->call.easy = curl_easy_init();
	e->ping.easy = curl_easy_init();
	e->watch.easy = curl_easy_init();
	return e->multi != NULL && e->call.easy != NULL &&
	    e->ping.easy != NULL && e->watch.easy != NULL;
}

static void
call_release(struct etcd *e, struct etcd_call *c)
{
	etcd_call_end(e, c);
	curl_easy_cleanup(c->easy);
	free(c->in);
}

void
etcd_http_close(struct etcd *e)
{
	call_release(e, &e->call);
	call_release(e, &e->ping);
	call_release(e, &e->watch);
	(void)curl_multi_cleanup(e->multi);
	curl_slist_free_all(e->headers);
	curl_global_cleanup();
}

void
etcd_call_end(struct etcd *e, struct etcd_call *c)
{
	if (c->running)
		(void)curl_multi_remove_handle(e->multi, c->easy);
	c->running = false;
	c->done = false;
	c->len = c->scanned = 0;
	free(c->body);
	c->body = NULL;
}

static void
secure(const struct etcd_options *o, CURL *easy)
{
	if (o->cacert != NULL && strcmp(o->cacert, "system") != 0)
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO, o->cacert);
	(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, o->cert);
	(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, o->key);
}

bool
etcd_is_secure(const struct etcd_options *o)
{
	return o->cacert != NULL || o->cert != NULL || o->key != NULL;
}

/* A connection that died without a word is seen by the kernel's probes. */
static void
connection_set(CURL *easy)
{
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 5L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
}

void
etcd_call_start(struct etcd *e, struct etcd_call *c, const char *path,
    json_t *body, long ms)
{
	char url[512];

	etcd_call_end(e, c);
	c->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	(void)snprintf(url, sizeof(url), "%s://%s%s",
	    etcd_is_secure(e->options) ? "https" : "http",
	    endpoints_now(&e->endpoints), path);
	curl_easy_reset(c->easy);
	connection_set(c->easy);
	if (etcd_is_secure(e->options))
		secure(e->options, c->easy);
	(void)curl_easy_setopt(c->easy, CURLOPT_URL, url);
	(void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, e->headers);
	(void)curl_easy_setopt(
	    c->easy, CURLOPT_POSTFIELDS, c->body == NULL ? "" : c->body);
	(void)curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	(void)curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	c->error[0] = '\0';
	(void)curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	(void)curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, ms);
	c->heard_ms = clock_ms(CLOCK_MONOTONIC);
	c->running = curl_multi_add_handle(e->multi, c->easy) == CURLM_OK;
	c->done = !c->running;
	c->result = CURLE_FAILED_INIT;
}

void
etcd_run(struct etcd *e, int ms)
{
	struct etcd_call *c;
	CURLMsg *message;
	int running, left;

	(void)curl_multi_poll(e->multi, NULL, 0, ms, NULL);
	(void)curl_multi_perform(e->multi, &running);
	while ((message = curl_multi_info_read(e->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &c);
		c->done = true;
		c->result = message->data.result;
	}
}

const char *
etcd_call_error(const struct etcd_call *c)
{
	return c->error[0] != '\0' ? c->error : curl_easy_strerror(c->result);
}

/* gRPC's code for OutOfRange: the revision was compacted, or is to come. */
#define GRPC_OUT_OF_RANGE 11

static enum etcd_outcome
refused(struct etcd *e, const json_t *reply, long status)
{
	const char *text = json_string_value(json_object_get(reply, "error"));

	if (text != NULL && etcd_number(reply, "code") == GRPC_OUT_OF_RANGE)
		return etcd_lost(e);
	return etcd_fail(
	    e, "HTTP %ld: %s", status, text == NULL ? "no reason" : text);
}

/* Octets of the first line, as far as a log line has room. */
static int
first_line(const char *text, size_t len)
{
	int n = 0;

	while ((size_t)n < len && n < 120 && (uint8_t)text[n] >= ' ')
		n++;
	return n;
}

enum etcd_outcome
etcd_call_reply(struct etcd *e, const struct etcd_call *c, json_t **reply)
{
	enum etcd_outcome outcome = ETCD_OK;
	long status = 0;

	*reply = NULL;
	if (c->result != CURLE_OK)
		return etcd_fail(e, "%s", etcd_call_error(c));
	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	*reply = json_loadb(c->in, c->len, 0, NULL);
	if (*reply == NULL)
		return etcd_fail(e, "HTTP %ld, not in JSON: %.*s", status,
		    first_line(c->in, c->len), c->in);
	if (status != 200)
		outcome = refused(e, *reply, status);
	if (outcome != ETCD_OK) {
		json_decref(*reply);
		*reply = NULL;
	}
	return outcome;
}

enum etcd_outcome
etcd_ask(struct etcd *e, const char *path, json_t *body, json_t **reply)
{
	enum etcd_outcome outcome;

	*reply = NULL;
	etcd_call_start(e, &e->call, path, body, REPLY_MS);
	while (!e->call.done && !*e->options->stop)
		etcd_run(e, 1000);
	outcome =
	    e->call.done ? etcd_call_reply(e, &e->call, reply) : ETCD_STOP;
	etcd_call_end(e, &e->call);
	return outcome;
}
