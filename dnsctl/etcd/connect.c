/*
 * connect.c - who we are to an endpoint, and whether it still has the
 * history that the store stands in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "impl.h"

/* The first line of a file, in TEXT; false, and it was said why. */
static bool
password_read(const char *path, char *text, int size)
{
	FILE *file = fopen(path, "re");
	bool good = file != NULL && fgets(text, size, file) != NULL;

	if (good)
		text[strcspn(text, "\r\n")] = '\0';
	else
		log_error("--password-file %s: %s", path,
		    file == NULL ? strerror(errno) : "must hold a line");
	if (file != NULL)
		(void)fclose(file);
	return good;
}

static json_t *
who_we_are(const struct etcd *e)
{
	char password[256] = "";
	json_t *who = json_object();

	if (e->options->password_file != NULL)
		(void)password_read(
		    e->options->password_file, password, sizeof(password));
	(void)json_object_set_new(who, "name", json_string(e->options->user));
	(void)json_object_set_new(who, "password", json_string(password));
	return who;
}

/* A token is the endpoint's and may run out: each connection has its own. */
static enum etcd_outcome
authenticate(struct etcd *e)
{
	enum etcd_outcome outcome;
	char header[1024];
	json_t *reply;

	curl_slist_free_all(e->headers);
	e->headers = NULL;
	if (e->options->user == NULL)
		return ETCD_OK;
	outcome = etcd_ask(e, "/v3/auth/authenticate", who_we_are(e), &reply);
	/* Who is to be known one day may be told before that day. */
	if (outcome == ETCD_FAILED && etcd_said(e, "is not enabled"))
		return ETCD_OK;
	if (outcome != ETCD_OK)
		return outcome;
	(void)snprintf(header, sizeof(header), "Authorization: %s",
	    json_string_value(json_object_get(reply, "token")) == NULL
		? ""
		: json_string_value(json_object_get(reply, "token")));
	json_decref(reply);
	e->headers = curl_slist_append(NULL, header);
	return e->headers == NULL ? etcd_fail(e, "no memory") : ETCD_OK;
}

/*
 * Not serializable: the endpoint has to reach a majority for it, so that
 * one that was cut off from its cluster does not look alive.
 */
json_t *
etcd_header_request(const struct etcd *e)
{
	json_t *request = json_object();
	char below[512];

	(void)snprintf(
	    below, sizeof(below), "%s/networks/", e->options->prefix);
	etcd_range_set(request, below);
	(void)json_object_set_new(request, "limit", json_integer(1));
	(void)json_object_set_new(request, "keys_only", json_true());
	return request;
}

/* A cluster that is behind us was restored from before: another history. */
enum etcd_outcome
etcd_header_check(struct etcd *e, const json_t *reply)
{
	const json_t *header = json_object_get(reply, "header");
	const char *cluster =
	    json_string_value(json_object_get(header, "cluster_id"));

	if (cluster == NULL)
		return etcd_fail(e, "a reply without a cluster_id");
	if (strcmp(e->cluster, cluster) == 0 && e->revision != 0 &&
	    etcd_number(header, "revision") >= e->revision)
		return ETCD_OK;
	(void)snprintf(e->cluster, sizeof(e->cluster), "%s", cluster);
	return etcd_lost(e);
}

enum etcd_outcome
etcd_connect(struct etcd *e)
{
	enum etcd_outcome outcome = authenticate(e);
	json_t *reply;

	if (outcome != ETCD_OK)
		return outcome;
	outcome = etcd_ask(e, "/v3/kv/range", etcd_header_request(e), &reply);
	if (outcome != ETCD_OK)
		return outcome;
	outcome = etcd_header_check(e, reply);
	json_decref(reply);
	return outcome;
}
