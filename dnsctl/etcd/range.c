/*
 * range.c - a snapshot: all keys, in pages, as of one revision.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnsctl/etcd/key.h"
#include "impl.h"
#include "zones/facts/field.h"

/* Networks come before what is in them: etcd's own order is another. */
static json_t *
page_request(const char *below, json_t *after, int64_t revision)
{
	json_t *request = json_object();

	etcd_range_set(request, below);
	if (after != NULL)
		(void)json_object_set(request, "key", after);
	(void)json_object_set_new(request, "limit", json_integer(PAGE_KEYS));
	if (revision != 0)
		(void)json_object_set_new(
		    request, "revision", json_integer(revision));
	return request;
}

/* The key behind the page's last: that key and a zero octet. */
static json_t *
key_after(struct etcd *e, const json_t *kvs)
{
	const json_t *last = json_array_get(kvs, json_array_size(kvs) - 1);
	size_t len;
	const char *key;

	arena_reset(&e->memory);
	key = etcd_octets(&e->memory, last, "key", &len);
	return key == NULL ? NULL : etcd_base64(key, len + 1);
}

static enum etcd_outcome
page_take(struct etcd *e, const json_t *kvs)
{
	enum etcd_outcome outcome = ETCD_OK;

	for (size_t i = 0; i < json_array_size(kvs) && outcome == ETCD_OK; i++)
		outcome = etcd_take(e, json_array_get(kvs, i), false);
	return outcome;
}

/* *REVISION is that of the first page where it is zero. */
static enum etcd_outcome
range_take(struct etcd *e, const char *below, int64_t *revision)
{
	enum etcd_outcome outcome;
	json_t *after = NULL, *reply, *kvs;
	bool more = true;

	do {
		outcome = etcd_ask(e, "/v3/kv/range",
		    page_request(below, after, *revision), &reply);
		json_decref(after);
		after = NULL;
		if (outcome != ETCD_OK)
			return outcome;
		if (*revision == 0)
			*revision = etcd_number(
			    json_object_get(reply, "header"), "revision");
		kvs = json_object_get(reply, "kvs");
		outcome = page_take(e, kvs);
		more = json_is_true(json_object_get(reply, "more"));
		if (more)
			after = key_after(e, kvs);
		json_decref(reply);
	} while (outcome == ETCD_OK && more && after != NULL);
	json_decref(after);
	return outcome;
}

/* Of PART of a kind's keys: a network's, or all at "". */
static enum etcd_outcome
part_take(struct etcd *e, enum fact_kind kind, const char *part, int len,
    int64_t *revision)
{
	char below[512];

	(void)snprintf(below, sizeof(below), "%s/%s/%.*s%s", e->options->prefix,
	    fact_kind_plural(kind), len, part,
	    len == 0 || kind == FACT_NETWORK ? "" : "/");
	return range_take(e, below, revision);
}

/* What is NULL's are all; what one network lets another use may be new too. */
static enum etcd_outcome
folder_take(
    struct etcd *e, enum fact_kind kind, const char *list, int64_t *revision)
{
	const char *at = kind == FACT_EXPORT && list != NULL
	    ? e->options->networks->list
	    : list,
		   *id;
	enum etcd_outcome outcome = ETCD_OK;
	size_t len;

	if (list == NULL || !fact_kind_has_network(kind))
		return part_take(e, kind, "", 0, revision);
	while (outcome == ETCD_OK && (len = networks_next(&at, &id)) > 0)
		outcome = part_take(e, kind, id, (int)len, revision);
	return outcome;
}

/* One transaction: if it fails, the store stays as it is. */
enum etcd_outcome
etcd_snapshot(struct etcd *e)
{
	enum etcd_outcome outcome = etcd_take_verb(e, FEED_SNAPSHOT_BEGIN);
	const char *list =
	    e->options->networks == NULL ? NULL : e->options->networks->list;
	int64_t revision = 0;

	for (int kind = 0; kind < FACT_KINDS && outcome == ETCD_OK; kind++)
		outcome = folder_take(e, (enum fact_kind)kind, list, &revision);
	if (outcome == ETCD_OK)
		outcome = etcd_take_verb(e, FEED_SNAPSHOT_END);
	if (outcome == ETCD_OK)
		outcome = etcd_mark(e, revision);
	return outcome == ETCD_OK ? etcd_store(e) : outcome;
}

enum etcd_outcome
etcd_networks(struct etcd *e)
{
	struct network_list *n = e->options->networks;
	enum etcd_outcome outcome = ETCD_OK;
	int64_t revision = e->revision;
	const char *at, *id;
	size_t len;

	if (n == NULL)
		return ETCD_OK;
	e->err = networks_compare(n, e->feed.store);
	if (e->err != E_OK)
		return ETCD_STORE;
	if (n->added == NULL && n->gone == NULL)
		return ETCD_OK;
	for (at = n->gone; at != NULL && outcome == ETCD_OK &&
	     (len = networks_next(&at, &id)) > 0;)
		outcome = etcd_take_gone(e, id, len);
	for (int kind = 0;
	     n->added != NULL && kind < FACT_KINDS && outcome == ETCD_OK;
	     kind++)
		if (fact_kind_has_network((enum fact_kind)kind))
			outcome = folder_take(
			    e, (enum fact_kind)kind, n->added, &revision);
	if (outcome == ETCD_OK)
		outcome = etcd_mark(e, revision);
	return outcome == ETCD_OK ? etcd_store(e) : outcome;
}
