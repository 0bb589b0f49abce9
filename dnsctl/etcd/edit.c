/*
 * edit.c - see edit.h: ranges that are read, all as of one revision, then one
 * transaction that asks that nothing in them is younger (etcd's API, Txn).
 *
 * A transaction whose reply was lost is sent again: where it was made the
 * first time, etcd refuses it and shows the value, which is ours.
 */
#include "dnsctl/etcd/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dnsctl/etcd/key.h"
#include "impl.h"
#include "zones/facts/field.h"
#include "zones/facts/json.h"

#define KEY_TEXT 512

struct etcd_edit {
	struct etcd_options options;
	struct etcd etcd;
	bool connected, unsure;
	int64_t revision; /* of what was read; 0: nothing yet */
	json_t *known;    /* keys that were there */
	json_t *ranges;   /* what was read: must not have changed */
	json_t *changes, *reads;
	json_t *value; /* base64 of the last that is put */
};

static const volatile sig_atomic_t never;

/* Nobody did what was asked last; else it is not known. */
static bool
was_refused(const struct etcd *e)
{
	long status = 0;

	(void)curl_easy_getinfo(e->call.easy, CURLINFO_RESPONSE_CODE, &status);
	return e->call.result == CURLE_COULDNT_CONNECT ||
	    (e->call.result == CURLE_OK && status >= 400 && status < 500);
}

static enum etcd_outcome
ask_one(
    struct etcd_edit *edit, const char *path, json_t *request, json_t **reply)
{
	struct etcd *e = &edit->etcd;
	enum etcd_outcome outcome = ETCD_OK;

	if (!edit->connected)
		outcome = etcd_connect(e);
	if (outcome != ETCD_OK && outcome != ETCD_LOST)
		return outcome;
	outcome = etcd_ask(e, path, json_incref(request), reply);
	edit->connected = outcome == ETCD_OK;
	if (outcome != ETCD_OK && !was_refused(e))
		edit->unsure = true;
	return outcome;
}

/* REQUEST is used up; each endpoint is tried once. */
static bool
edit_ask(
    struct etcd_edit *edit, const char *path, json_t *request, json_t **reply)
{
	struct etcd *e = &edit->etcd;
	enum etcd_outcome outcome = ETCD_FAILED;

	edit->unsure = false;
	for (unsigned i = 0; i < e->endpoints.count; i++) {
		outcome = ask_one(edit, path, request, reply);
		if (outcome == ETCD_OK)
			break;
		log_warn("etcd %s: %s", endpoints_now(&e->endpoints), e->wrong);
		e->endpoints.at = (e->endpoints.at + 1) % e->endpoints.count;
	}
	json_decref(request);
	if (outcome != ETCD_OK)
		log_error("%s: no endpoint answered", edit->options.source);
	return outcome == ETCD_OK;
}

struct etcd_edit *
etcd_edit_open(const struct etcd_options *options)
{
	struct etcd_edit *edit = calloc(1, sizeof(*edit));

	if (edit == NULL)
		abort(); /* as arena.h: a tool without memory is no tool */
	edit->options = *options;
	edit->options.stop = &never; /* a change is made or it is not */
	edit->etcd.options = &edit->options;
	edit->known = json_object();
	edit->ranges = json_array();
	edit->changes = json_array();
	edit->reads = json_array();
	if (etcd_is_url(options->source) && etcd_open(&edit->etcd))
		return edit;
	if (!etcd_is_url(options->source))
		log_error(
		    "--to %s: must be etcd://HOST:PORT,...", options->source);
	etcd_edit_close(edit);
	return NULL;
}

void
etcd_edit_close(struct etcd_edit *edit)
{
	if (edit == NULL)
		return;
	etcd_release(&edit->etcd);
	json_decref(edit->known);
	json_decref(edit->ranges);
	json_decref(edit->changes);
	json_decref(edit->reads);
	json_decref(edit->value);
	free(edit);
}

/* Key, and range_end where KEY is a folder. */
static void
place_set(json_t *request, const char *key)
{
	size_t len = strlen(key);

	if (key[len - 1] == '/')
		etcd_range_set(request, key);
	else
		(void)json_object_set_new(
		    request, "key", etcd_base64(key, len));
}

static bool
edited_read(struct etcd_edit *edit, const json_t *kv, struct arena *arena,
    struct fact *f)
{
	size_t key_len, len;
	const char *key = etcd_octets(arena, kv, "key", &key_len);
	const char *value = etcd_octets(arena, kv, "value", &len);
	struct complaint why;
	json_t *object;
	bool good;

	if (key == NULL || value == NULL || strlen(key) != key_len)
		return false;
	(void)json_object_set_new(edit->known, key, json_true());
	object = json_loadb(value, len, JSON_REJECT_DUPLICATES, NULL);
	good = json_is_object(object) &&
	    etcd_key_read(f, arena, edit->options.prefix, key) &&
	    fact_json_read(f, arena, object, NULL, &why) == E_OK;
	json_decref(object);
	return good;
}

/* PREFIX/peers/acme/, PREFIX/networks/acme, PREFIX/gateways/ */
static void
place_name(const struct etcd_edit *edit, enum fact_kind kind,
    const char *network, char out[KEY_TEXT])
{
	(void)snprintf(out, KEY_TEXT, "%s/%s/%s%s", edit->options.prefix,
	    fact_kind_plural(kind), network == NULL ? "" : network,
	    network == NULL || kind == FACT_NETWORK ? "" : "/");
}

/* The page behind AFTER; a key, base64, or NULL. */
static json_t *
edited_page_read(struct etcd_edit *edit, const char *place, json_t *after)
{
	json_t *request = json_object(), *reply;

	place_set(request, place);
	if (after != NULL)
		(void)json_object_set_new(request, "key", after);
	(void)json_object_set_new(request, "limit", json_integer(PAGE_KEYS));
	if (edit->revision != 0)
		(void)json_object_set_new(
		    request, "revision", json_integer(edit->revision));
	if (!edit_ask(edit, "/v3/kv/range", request, &reply))
		return NULL;
	if (edit->revision == 0)
		edit->revision =
		    etcd_number(json_object_get(reply, "header"), "revision");
	return reply;
}

/* A change asks that no key here is younger than what was read. */
static void
range_note(struct etcd_edit *edit, const char *place)
{
	json_t *range = json_pack("{s:s,s:s,s:I}", "target", "MOD", "result",
	    "LESS", "mod_revision", (json_int_t)(edit->revision + 1));

	place_set(range, place);
	(void)json_array_append_new(edit->ranges, range);
}

bool
etcd_edit_read(struct etcd_edit *edit, enum fact_kind kind, const char *network,
    struct arena *arena, void (*each)(void *arg, const struct fact *),
    void *arg)
{
	char place[KEY_TEXT];
	json_t *reply, *after = NULL, *kvs, *kv;
	bool more = true;
	size_t i, len;

	place_name(edit, kind, network, place);
	while (more) {
		const char *last = NULL;

		reply = edited_page_read(edit, place, after);
		if (reply == NULL)
			return false;
		kvs = json_object_get(reply, "kvs");
		json_array_foreach(kvs, i, kv)
		{
			struct fact f;

			last = etcd_octets(arena, kv, "key", &len);
			if (edited_read(edit, kv, arena, &f))
				each(arg, &f);
		}
		more = json_is_true(json_object_get(reply, "more")) &&
		    last != NULL;
		after = more ? etcd_base64(last, len + 1) : NULL;
		json_decref(reply);
	}
	range_note(edit, place);
	return true;
}

static void
fact_place(
    const struct etcd_edit *edit, const struct fact *f, char out[KEY_TEXT])
{
	int len = snprintf(out, KEY_TEXT, "%s/%s", edit->options.prefix,
	    fact_kind_plural(f->kind));

	for (const struct field *part = fact_fields(f->kind);
	     part->need == FIELD_KEY; part++) {
		const char *text;

		memcpy(&text, (const char *)f + part->at, sizeof(text));
		len += snprintf(out + len, KEY_TEXT - (size_t)len, "/%s", text);
	}
}

/* The fact's JSON without its key. */
static json_t *
fact_value(const struct fact *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *object, *value;

	if (out == NULL)
		abort();
	fact_json_print(out, f);
	(void)fclose(out);
	object = json_loadb(text, len, 0, NULL);
	free(text);
	(void)json_object_del(object, "put");
	for (const struct field *part = fact_fields(f->kind);
	     part->need == FIELD_KEY; part++)
		(void)json_object_del(object, part->key);
	text = json_dumps(object, JSON_COMPACT);
	value = etcd_base64(text, strlen(text));
	free(text);
	json_decref(object);
	return value;
}

/* What was there must be there still; a range says nothing of that. */
static void
place_expect(struct etcd_edit *edit, const char *place)
{
	json_t *there;

	if (json_object_get(edit->known, place) == NULL)
		return;
	there = json_pack("{s:s,s:s,s:i}", "target", "CREATE", "result",
	    "GREATER", "create_revision", 0);
	place_set(there, place);
	(void)json_array_append_new(edit->ranges, there);
}

static void
edit_change(struct etcd_edit *edit, const struct fact *f, bool is)
{
	json_t *what = json_object(), *read = json_object();
	char place[KEY_TEXT], network[KEY_TEXT];

	fact_place(edit, f, place);
	place_name(edit, FACT_NETWORK, f->network, network);
	place_set(what, place);
	place_set(read, place);
	place_expect(edit, place);
	place_expect(edit, network);
	json_decref(edit->value);
	edit->value = is ? fact_value(f) : NULL;
	if (is)
		(void)json_object_set(what, "value", edit->value);
	(void)json_array_append_new(edit->changes,
	    json_pack("{s:o}", is ? "requestPut" : "requestDeleteRange", what));
	(void)json_array_append_new(
	    edit->reads, json_pack("{s:o}", "requestRange", read));
}

void
etcd_edit_put(struct etcd_edit *edit, const struct fact *f)
{
	edit_change(edit, f, true);
}

void
etcd_edit_delete(struct etcd_edit *edit, const struct fact *f)
{
	edit_change(edit, f, false);
}

/* The first of the keys that were to be changed holds what we put, or went. */
static bool
is_our_edit(const struct etcd_edit *edit, const json_t *reply)
{
	const json_t *first =
	    json_array_get(json_object_get(reply, "responses"), 0);
	const json_t *range = json_object_get(first, "response_range");
	const json_t *kv = json_array_get(json_object_get(range, "kvs"), 0);

	return edit->value == NULL
	    ? range != NULL && kv == NULL
	    : json_equal(json_object_get(kv, "value"), edit->value);
}

enum etcd_edited
etcd_edit_commit(struct etcd_edit *edit)
{
	json_t *reply,
	    *request = json_pack("{s:O,s:O,s:O}", "compare", edit->ranges,
		"success", edit->changes, "failure", edit->reads);
	enum etcd_edited edited;

	if (json_array_size(edit->changes) == 0) {
		json_decref(request);
		return ETCD_EDITED;
	}
	if (!edit_ask(edit, "/v3/kv/txn", request, &reply))
		return edit->unsure ? ETCD_EDIT_UNKNOWN : ETCD_EDIT_FAILED;
	edited = json_is_true(json_object_get(reply, "succeeded")) ||
		is_our_edit(edit, reply)
	    ? ETCD_EDITED
	    : ETCD_EDIT_AGAIN;
	json_decref(reply);
	return edited;
}
