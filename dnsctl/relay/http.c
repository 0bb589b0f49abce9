/*
 * http.c - a relay's clients, by libmicrohttpd: a connection each, for ever.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "dnsctl/listen/listen.h"
#include "impl.h"

#define BLOCK   ((size_t)64 << 10)  /* octets that are sent at once */
#define MEMORY  ((size_t)128 << 10) /* of a connection */
#define THREADS 2
#define SILENT  30 /* seconds until who asks nothing, or reads nothing, goes */

static enum MHD_Result
request_refuse(struct MHD_Connection *c, unsigned status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(c, status, response);

	MHD_destroy_response(response);
	return result;
}

/* Somebody whom our authority knows, where there is one. */
static bool
request_is_known(const struct relay *r, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info;
	unsigned status = 1;

	if (r->cacert == NULL)
		return true;
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info != NULL &&
	    gnutls_certificate_verify_peers2(
		(gnutls_session_t)info->tls_session, &status) == 0 &&
	    status == 0;
}

/* From behind the commit where it stands, or with all facts first. */
static struct client *
client_open(struct relay *r, struct MHD_Connection *connection)
{
	const char *after = MHD_lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, "after");
	const char *networks = MHD_lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, "networks");
	const char *new = MHD_lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, "new");
	struct client *c = calloc(1, sizeof(*c));
	bool stands = after != NULL && after[0] != '\0';

	if (c == NULL)
		return NULL;
	c->relay = r;
	c->connection = connection;
	c->wants_rendering = !stands;
	c->networks = networks == NULL ? NULL : strdup(networks);
	c->ahead = stands ? strdup(after) : NULL;
	c->ahead_ms = clock_ms(CLOCK_MONOTONIC);
	c->lines.networks = c->networks;
	c->brings = stands && c->networks != NULL && new != NULL;
	if (c->brings)
		c->had = networks_without(c->networks, new);
	if ((networks == NULL || c->networks != NULL) &&
	    (!stands || c->ahead != NULL))
		return c;
	client_close(c);
	return NULL;
}

static enum MHD_Result
on_relay_request(void *arg, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *body, size_t *size,
    void **seen)
{
	struct relay *r = arg;
	struct MHD_Response *response;
	enum MHD_Result result;
	struct client *c;

	(void)version;
	(void)body;
	(void)size;
	(void)seen;
	if (!request_is_known(r, connection))
		return request_refuse(connection, MHD_HTTP_FORBIDDEN,
		    "a certificate is needed\n");
	if (strcmp(method, "GET") != 0 || strcmp(path, "/changes") != 0)
		return request_refuse(
		    connection, MHD_HTTP_NOT_FOUND, "there is /changes\n");
	c = client_open(r, connection);
	if (c == NULL)
		return MHD_NO;
	response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, BLOCK, client_read, c, client_close);
	if (response == NULL) {
		client_close(c);
		return MHD_NO;
	}
	(void)MHD_add_response_header(
	    response, "Content-Type", "application/x-ndjson");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* A file's text; NULL, and it was said why. */
static char *
pem_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;

	if (file == NULL || getdelim(&text, &cap, '\0', file) < 0) {
		log_error("%s: %s", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (file != NULL)
		(void)fclose(file);
	return text;
}

static bool
identity_read(struct relay *r, const struct relay_identity *i)
{
	bool tls = i->cacert != NULL || i->cert != NULL || i->key != NULL;

	if (!tls)
		return true;
	if (i->cacert == NULL || i->cert == NULL || i->key == NULL) {
		log_error("--relay: --cacert, --cert and --key go together");
		return false;
	}
	r->cacert = pem_read(i->cacert);
	r->cert = pem_read(i->cert);
	r->key = pem_read(i->key);
	return r->cacert != NULL && r->cert != NULL && r->key != NULL;
}

static struct MHD_Daemon *
daemon_start(struct relay *r, int fd)
{
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, r->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, r->key },
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0, r->cacert },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
		MHD_ALLOW_SUSPEND_RESUME | (r->cert == NULL ? 0 : MHD_USE_TLS),
	    0, NULL, NULL, on_relay_request, r, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT,
	    MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_ARRAY,
	    r->cert == NULL ? none : tls, MHD_OPTION_END);
}

enum err
relay_listen(
    struct relay *r, const char *address, const struct relay_identity *identity)
{
	int fd;

	if (!identity_read(r, identity))
		return E_INPUT;
	fd = listen_open(address, "127.0.0.1:" RELAY_PORT, r->cacert != NULL,
	    "--cacert, --cert and --key say who may");
	if (fd < 0)
		return E_INPUT;
	r->daemon = daemon_start(r, fd);
	if (r->daemon != NULL)
		return E_OK;
	(void)close(fd);
	log_error("%s: cannot serve there", address);
	return E_INPUT;
}
