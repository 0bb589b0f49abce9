/*
 * http.c - HTTP, by libmicrohttpd, and what is bounded about it.
 *
 * It rather than libevent's evhttp: connections, the memory of each and its
 * silence are bounded by options of its own, its parser is strict, and
 * libevent stays what only the server includes.
 *
 *	accepted -> its request is there -> replied -> closed
 *	      REQUEST_MS            REPLY_MS
 *
 * A connection carries one request and is shut when its time is over, since
 * the library's own time-out begins anew with each octet.
 */
#include "http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "assets.h"
#include "base/clock.h"
#include "dnsctl/listen/listen.h"

#define CONNECTIONS 256
#define MEMORY      ((size_t)16 << 10) /* of a connection; its headers too */
#define REQUEST_MS  3000
#define REPLY_MS    10000
#define SWEEP_MS    200

#define HTML        "text/html; charset=utf-8"
#define JSON        "application/json"
#define TEXT        "text/plain; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct open_connection {
	int fd; /* -1: not in use */
	int64_t until_ms;
};

struct http {
	struct serve *serve;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* of what follows */
	struct open_connection open[CONNECTIONS];
};

/* --- routes: a new one is a function and a row */

static unsigned
health_answer(struct serve *s, const struct request *r, FILE *out)
{
	(void)s;
	(void)r;
	(void)fputs("ok\n", out);
	return MHD_HTTP_OK;
}

static const struct route {
	const char *path, *type;
	bool open; /* without the token */
	answer_fn *answer;
} routes[] = {
	{ "/metrics", TEXT, false, metrics_answer },
	{ "/healthz", TEXT, true, health_answer },
	{ "/readyz", TEXT, true, ready_answer },
	{ "/api/v1/node", JSON, false, api_node },
	{ "/api/v1/facts", JSON, false, api_facts },
	{ "/api/v1/map", JSON, false, api_map },
	{ "/api/v1/explain", JSON, false, api_explain },
};

static const struct route *
route_find(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* --- replies */

/* Nothing but what we serve ourselves runs, loads, or frames the page. */
static const char *const headers[][2] = {
	{ "Connection", "close" },
	{ "Cache-Control", "no-store" },
	{ "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; "
	    "img-src 'self'; connect-src 'self'; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Content-Type-Options", "nosniff" },
};

/* RESPONSE is used up. */
static enum MHD_Result
reply(struct MHD_Connection *c, unsigned status, const char *type,
    struct MHD_Response *response)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		(void)MHD_add_response_header(
		    response, headers[i][0], headers[i][1]);
	(void)MHD_add_response_header(response, "Content-Type", type);
	if (status == MHD_HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(
		    response, "WWW-Authenticate", "Bearer");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

/* TEXT lives as long as the program. */
static enum MHD_Result
reply_static(struct MHD_Connection *c, unsigned status, const char *type,
    const void *text, size_t len)
{
	void *bytes = (void *)(uintptr_t)text; /* it is only read */

	return reply(c, status, type,
	    MHD_create_response_from_buffer(
		len, bytes, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result
reply_route(struct http *h, struct MHD_Connection *c, const struct route *route,
    const char *accept)
{
	const struct request request = { .connection = c,
		.path = route->path,
		.openmetrics = accept != NULL &&
		    strstr(accept, "application/openmetrics-text") != NULL };
	bool openmetrics =
	    request.openmetrics && route->answer == metrics_answer;
	unsigned status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	char *body = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&body, &len);

	if (out == NULL)
		return MHD_NO;
	status = route->answer(h->serve, &request, out);
	if (fclose(out) != 0)
		return MHD_NO;
	return reply(c, status, openmetrics ? OPENMETRICS : route->type,
	    MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE));
}

/* --- requests */

static const char *
header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

struct asked {
	const struct serve *serve;
	struct MHD_Connection *connection;
	const struct route *route; /* NULL: a file of the page, or nothing */
	const struct asset *asset;
	const char *method;
};

static bool
reads_only(const struct asked *a)
{
	return strcmp(a->method, "GET") == 0 || strcmp(a->method, "HEAD") == 0;
}

static bool
means_this_host(const struct asked *a)
{
	return guard_host(header(a->connection, "Host"), a->serve->o->name);
}

/* A link from elsewhere may lead to the page, and to nothing that it reads. */
static bool
comes_from_here(const struct asked *a)
{
	return a->asset != NULL ||
	    guard_origin(header(a->connection, "Origin"),
		header(a->connection, "Sec-Fetch-Site"),
		header(a->connection, "Host"));
}

static bool
path_is_there(const struct asked *a)
{
	return a->route != NULL || a->asset != NULL;
}

static bool
has_token(const struct asked *a)
{
	return a->serve->token[0] == '\0' || a->asset != NULL ||
	    a->route->open ||
	    guard_token(
		header(a->connection, "Authorization"), a->serve->token);
}

/* In this order; what does not hold first is the answer. */
static const struct {
	bool (*holds)(const struct asked *);
	unsigned otherwise;
	const char *text;
} rules[] = {
	{ reads_only, MHD_HTTP_METHOD_NOT_ALLOWED,
	    "nothing is changed here\n" },
	{ means_this_host, MHD_HTTP_MISDIRECTED_REQUEST,
	    "this is not the host that you mean; --name NAME would say so\n" },
	{ comes_from_here, MHD_HTTP_FORBIDDEN,
	    "another site may not read this\n" },
	{ path_is_there, MHD_HTTP_NOT_FOUND, "there is nothing here\n" },
	{ has_token, MHD_HTTP_UNAUTHORIZED, "a token is needed\n" },
};

static enum MHD_Result
answer(struct http *h, struct MHD_Connection *c, const char *path,
    const char *method)
{
	const struct asked asked = { .serve = h->serve,
		.connection = c,
		.route = route_find(path),
		.asset = asset_find(path),
		.method = method };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].holds(&asked))
			return reply_static(c, rules[i].otherwise, TEXT,
			    rules[i].text, strlen(rules[i].text));
	if (asked.asset != NULL)
		return reply_static(c, MHD_HTTP_OK, asked.asset->type,
		    asked.asset->bytes, asked.asset->len);
	return reply_route(h, c, asked.route, header(c, "Accept"));
}

/* --- connections and their time */

static void
connection_stamp(struct http *h, struct open_connection *o, int64_t ms)
{
	(void)pthread_mutex_lock(&h->lock);
	o->until_ms = clock_ms(CLOCK_MONOTONIC) + ms;
	(void)pthread_mutex_unlock(&h->lock);
}

/* The library opens no more of them than there are places. */
static void
on_connection(void *arg, struct MHD_Connection *c, void **place,
    enum MHD_ConnectionNotificationCode what)
{
	struct http *h = arg;
	struct open_connection *o = *place;

	(void)pthread_mutex_lock(&h->lock);
	if (what == MHD_CONNECTION_NOTIFY_CLOSED && o != NULL)
		o->fd = -1;
	for (unsigned i = 0;
	     what == MHD_CONNECTION_NOTIFY_STARTED && i < CONNECTIONS; i++) {
		o = &h->open[i];
		if (o->fd >= 0)
			continue;
		o->fd = MHD_get_connection_info(
		    c, MHD_CONNECTION_INFO_CONNECTION_FD)
			    ->connect_fd;
		o->until_ms = clock_ms(CLOCK_MONOTONIC) + REQUEST_MS;
		*place = o;
		break;
	}
	(void)pthread_mutex_unlock(&h->lock);
}

static void
sweep(struct http *h)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	(void)pthread_mutex_lock(&h->lock);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (h->open[i].fd >= 0 && h->open[i].until_ms < now)
			(void)shutdown(h->open[i].fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&h->lock);
}

static enum MHD_Result
on_serve_request(void *arg, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *body, size_t *size,
    void **seen)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http *h = arg;

	(void)version;
	(void)body;
	(void)size;
	(void)seen;
	if (info->socket_context != NULL)
		connection_stamp(h, info->socket_context, REPLY_MS);
	return answer(h, c, path, method);
}

/* --- life */

enum err
http_open(struct http **out, struct serve *s)
{
	struct http *h = calloc(1, sizeof(*h));
	int fd;

	*out = NULL;
	if (h == NULL)
		return E_NOMEM;
	h->serve = s;
	(void)pthread_mutex_init(&h->lock, NULL);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		h->open[i].fd = -1;
	fd = listen_open(s->o->address, SERVE_DEFAULT, s->token[0] != '\0',
	    "--token-file FILE says who may");
	if (fd >= 0)
		h->daemon = MHD_start_daemon(
		    MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL,
		    NULL, on_serve_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
		    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
		    MHD_OPTION_STRICT_FOR_CLIENT, 1,
		    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
		    MHD_OPTION_END);
	if (h->daemon == NULL) {
		if (fd >= 0)
			(void)close(fd);
		http_close(h);
		return E_SYSTEM;
	}
	*out = h;
	return E_OK;
}

void
http_run(struct http *h, const volatile sig_atomic_t *stop)
{
	const struct timespec pause = { .tv_nsec = SWEEP_MS * 1000000L };

	while (!*stop) {
		(void)nanosleep(&pause, NULL);
		sweep(h);
	}
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	if (h->daemon != NULL)
		MHD_stop_daemon(h->daemon);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}
