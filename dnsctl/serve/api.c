/*
 * api.c - /api/v1: what servers and store tell, as JSON.
 */
#include "impl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "zones/facts/json.h"
#include "zones/store/read/lookup.h"
#include "zones/store/write/facts.h"

#define LIMIT_DEFAULT 200
#define LIMIT_MAX     2000

/* OBJECT is used up. */
static unsigned
collection_print(FILE *out, json_t *object, unsigned status)
{
	(void)json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(10));
	(void)putc('\n', out);
	json_decref(object);
	return status;
}

static unsigned
api_fail(FILE *out, unsigned status, const char *why)
{
	return collection_print(out, json_pack("{ss}", "error", why), status);
}

static unsigned
fail_store(struct serve *s, FILE *out)
{
	return api_fail(out, 503, err_str(s->store_err));
}

/* --- node: all that is told of servers and store at once */

static json_t *
servers_json(struct serve *s)
{
	json_t *list = json_array();

	state_ask_servers(s);
	for (unsigned i = 0; i < s->server_count; i++) {
		struct seen *seen = &s->servers[i];

		(void)json_array_append_new(list,
		    seen->report != NULL
			? json_pack("{sssO}", "control", seen->path, "report",
			      seen->report)
			: json_pack("{ssss}", "control", seen->path, "error",
			      seen->why));
	}
	return list;
}

static json_t *
store_json(struct serve *s)
{
	const struct census *c;
	json_t *facts, *store;

	if (!state_look(s))
		return json_pack("{ss}", "error", err_str(s->store_err));
	c = state_census(s);
	facts = json_object();
	for (int kind = 0; kind < FACT_KINDS; kind++)
		(void)json_object_set_new(facts,
		    fact_kind_str((enum fact_kind)kind),
		    json_integer((json_int_t)c->facts[kind]));
	store = json_pack("{ss ss sI sI sf sI sI so sI sI}", "cursor",
	    s->meta.cursor, "source", s->meta.source, "commits",
	    (json_int_t)s->meta.commits, "committed_ms",
	    (json_int_t)s->meta.committed_ms, "age", state_age(s), "bytes",
	    (json_int_t)s->usage.bytes_used, "bytes_most",
	    (json_int_t)s->usage.bytes_map, "facts", facts, "leases_hour",
	    (json_int_t)c->leases_hour, "leases_day",
	    (json_int_t)c->leases_day);
	state_rest(s);
	return store;
}

unsigned
api_node(struct serve *s, const struct request *r, FILE *out)
{
	(void)r;
	return collection_print(out,
	    json_pack("{sI so so}", "now_ms",
		(json_int_t)clock_ms(CLOCK_REALTIME), "servers",
		servers_json(s), "store", store_json(s)),
	    200);
}

/* --- facts: ?kind=&network=&app=&q=&skip=&limit= */

struct listing {
	FILE *out;
	const char *app, *part; /* NULL: any */
	unsigned long skip, limit, printed;
	bool more;
};

static bool
fact_is_wanted(const struct listing *l, const struct fact *f)
{
	char title[FACT_TITLE];

	if (l->app != NULL && (f->app == NULL || strcmp(f->app, l->app) != 0))
		return false;
	return l->part == NULL || strstr(fact_title(f, title), l->part) != NULL;
}

static bool
listing_print(void *arg, const struct fact *f, bool implied)
{
	struct listing *l = arg;

	(void)implied;
	if (!fact_is_wanted(l, f))
		return true;
	if (l->skip > 0) {
		l->skip--;
		return true;
	}
	if (l->printed == l->limit) {
		l->more = true;
		return false;
	}
	if (l->printed++ > 0)
		(void)putc(',', l->out);
	fact_json_print(l->out, f);
	return true;
}

static unsigned long
number_arg(const struct request *r, const char *name, unsigned long otherwise,
    unsigned long most)
{
	const char *text = request_arg(r, name);
	unsigned long n;

	if (text == NULL)
		return otherwise;
	n = strtoul(text, NULL, 10);
	return n < most ? n : most;
}

static int
kind_arg(const struct request *r)
{
	const char *text = request_arg(r, "kind");

	for (int kind = 0; text != NULL && kind < FACT_KINDS; kind++)
		if (strcmp(fact_kind_str((enum fact_kind)kind), text) == 0)
			return kind;
	return -1;
}

static bool
argument_is_known(struct serve *s, const char *network)
{
	struct network n;

	return network == NULL ||
	    lookup_network_named(s->snapshot, network, false, &n);
}

unsigned
api_facts(struct serve *s, const struct request *r, FILE *out)
{
	const char *network = request_arg(r, "network");
	int kind = kind_arg(r);
	struct listing l = { .out = out,
		.app = request_arg(r, "app"),
		.part = request_arg(r, "q"),
		.skip = number_arg(r, "skip", 0, ULONG_MAX),
		.limit = number_arg(r, "limit", LIMIT_DEFAULT, LIMIT_MAX) };
	enum err err;

	if (kind < 0)
		return api_fail(out, 400, "kind must be one of a fact");
	if (!state_look(s))
		return fail_store(s, out);
	if (!argument_is_known(s, network)) {
		state_rest(s);
		return api_fail(out, 404, "no such network");
	}
	(void)fputs("{\"facts\":[", out);
	err = snapshot_facts(
	    s->snapshot, (enum fact_kind)kind, network, listing_print, &l);
	state_rest(s);
	(void)fprintf(out, "],\"more\":%s", l.more ? "true" : "false");
	if (err != E_OK)
		(void)fprintf(out, ",\"error\":\"%s\"", err_str(err));
	(void)fputs("}\n", out);
	return err == E_OK ? 200 : 503;
}

/* --- map: ?from=REGION */

struct mapping {
	struct serve *serve;
	json_t *regions; /* by id */
};

static bool
region_add(void *arg, const struct fact *f, bool implied)
{
	struct mapping *m = arg;
	json_t *n = json_object_get(m->serve->census.instances, f->id);

	(void)implied;
	(void)json_object_set_new(m->regions, f->id,
	    json_pack("{sf sf sI}", "latitude", f->latitude, "longitude",
		f->longitude, "instances", json_integer_value(n)));
	return true;
}

static void
distances_add(struct mapping *m, const char *from)
{
	const struct label label = { (const uint8_t *)from,
		(uint8_t)strnlen(from, DNS_LABEL_MAX) };
	struct label region;
	struct wire_in row;
	uint32_t us;

	if (!lookup_distances(m->serve->snapshot, label, &row))
		return;
	while (distance_next(&row, &region, &us)) {
		char id[DNS_LABEL_MAX + 1];
		json_t *entry;

		(void)snprintf(id, sizeof(id), "%.*s", (int)region.len,
		    (const char *)region.at);
		entry = json_object_get(m->regions, id);
		if (entry != NULL)
			(void)json_object_set_new(
			    entry, "ms", json_real(us / 1e3));
	}
}

unsigned
api_map(struct serve *s, const struct request *r, FILE *out)
{
	struct mapping m = { s, json_object() };
	const char *from = request_arg(r, "from");
	enum err err;

	if (!state_look(s)) {
		json_decref(m.regions);
		return fail_store(s, out);
	}
	(void)state_census(s);
	err = snapshot_facts(s->snapshot, FACT_REGION, NULL, region_add, &m);
	if (err == E_OK && from != NULL)
		distances_add(&m, from);
	state_rest(s);
	return collection_print(out, json_pack("{so}", "regions", m.regions),
	    err == E_OK ? 200 : 503);
}
