/*
 * cmd_zone.c - zone put, delete, import.
 */
#include <ldns/ldns.h>
#include <string.h>

#include "base/letters.h"
#include "base/log.h"
#include "dnsctl/made.h"
#include "zones/facts/record.h"
#include "zones/names/dname.h"
#include "zones/store/write/facts.h"

/* NULL: as the table of fields has it. */
static json_t *
zone_line(const char *network, const char *name, const char *fallthrough)
{
	json_t *line = json_pack(
	    "{ssssss}", "put", "zone", "network", network, "name", name);

	if (fallthrough != NULL)
		(void)json_object_set_new(line, "fallthrough",
		    json_boolean(strcmp(fallthrough, "yes") == 0));
	return line;
}

static bool
is_yes_or_no(const char *fallthrough)
{
	if (fallthrough == NULL || strcmp(fallthrough, "yes") == 0 ||
	    strcmp(fallthrough, "no") == 0)
		return true;
	log_error("--fallthrough %s: must be yes or no", fallthrough);
	return false;
}

static enum exit_status
zone_put(const struct ctl *ctl)
{
	struct made m;

	made_begin(&m);
	made_line(&m, zone_line(ctl->args[1], ctl->args[2], ctl->fallthrough));
	return made_end(&m, ctl, "zone put");
}

static enum exit_status
zone_delete(const struct ctl *ctl)
{
	struct made m;

	made_begin(&m);
	made_line(&m,
	    json_pack("{ssssss}", "delete", "zone", "network", ctl->args[1],
		"name", ctl->args[2]));
	return made_end(&m, ctl, "zone delete");
}

/* --- import */

struct import {
	const struct ctl *ctl;
	const char *file;
	struct arena arena;
	struct dname zone;
	const char *zone_text;
	json_t *sets;   /* "NAME TYPE": the line that puts it */
	bool is_there;  /* the zone, in the store */
	json_t *others; /* names of the network's other zones */
	json_t *gone;   /* lines that delete what the file lacks */
};

static void
skip(const struct import *im, int line, const char *owner, const char *type,
    const char *why)
{
	(void)fprintf(
	    stderr, "%s:%d: %s %s: %s\n", im->file, line, owner, type, why);
}

/* The text behind owner, TTL, class and type. */
static char *
rdata_text(const ldns_rr *rr, struct arena *arena)
{
	char *all = ldns_rr2str(rr), *at = all, *text;

	for (int tab = 0; at != NULL && tab < 4; tab++) {
		at = strchr(at, '\t');
		at += at != NULL;
	}
	text = at == NULL ? NULL : arena_copy(arena, at, strcspn(at, "\n"));
	free(all);
	return text;
}

static void
set_add(struct import *im, const char *owner, const char *type,
    const ldns_rr *rr, const char *text)
{
	char key[DNAME_TEXT + 16];
	json_t *set, *values;

	(void)snprintf(key, sizeof(key), "%s %s", owner, type);
	set = json_object_get(im->sets, key);
	if (set == NULL) {
		set = json_pack("{sssssssssIs[]}", "put", "record", "network",
		    im->ctl->args[1], "name", owner, "type", type, "ttl",
		    (json_int_t)ldns_rr_ttl(rr), "values");
		(void)json_object_set_new(im->sets, key, set);
	}
	values = json_object_get(set, "values");
	/* RFC 2181, 5.2: one TTL a set. */
	if (json_integer_value(json_object_get(set, "ttl")) > ldns_rr_ttl(rr))
		(void)json_object_set_new(
		    set, "ttl", json_integer(ldns_rr_ttl(rr)));
	(void)json_array_append_new(values, json_string(text));
}

static void
rr_take(struct import *im, const ldns_rr *rr, int line)
{
	char *owner = ldns_rdf2str(ldns_rr_owner(rr));
	char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	size_t len = strlen(owner);
	struct dname name;

	if (len > 1 && owner[len - 1] == '.')
		owner[len - 1] = '\0';
	text_lower(owner);
	if (im->zone.len == 0 && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
		im->zone_text = arena_text(&im->arena, owner);
		(void)!dname_parse(&im->zone, owner);
	}
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA ||
	    (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NS && im->zone_text != NULL &&
		strcmp(owner, im->zone_text) == 0))
		skip(im, line, owner, type, "left out: it is made up");
	else if (record_type(type) == 0 ||
	    ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		skip(im, line, owner, type, "left out: no such records here");
	else if (im->zone.len > 0 &&
	    (!dname_parse(&name, owner) || !dname_is_below(&name, &im->zone)))
		skip(im, line, owner, type, "left out: not in the zone");
	else
		set_add(im, owner, type, rr, rdata_text(rr, &im->arena));
	free(owner);
	free(type);
}

/* False, and it was said why. */
static bool
file_take(struct import *im, FILE *in)
{
	ldns_rdf *origin = im->zone_text == NULL
	    ? NULL
	    : ldns_dname_new_frm_str(im->zone_text);
	ldns_rdf *before = NULL;
	ldns_status status = LDNS_STATUS_OK;
	uint32_t ttl = 0;
	int line = 0;

	while (status == LDNS_STATUS_OK && !feof(in)) {
		ldns_rr *rr = NULL;
		int at = line + 1;

		status = ldns_rr_new_frm_fp_l(
		    &rr, in, &ttl, &origin, &before, &line);
		if (status == LDNS_STATUS_OK && ldns_rr_get_type(rr) == 0)
			status = LDNS_STATUS_SYNTAX_TYPE_ERR;
		if (status == LDNS_STATUS_OK)
			rr_take(im, rr, at);
		else if (status == LDNS_STATUS_SYNTAX_TTL ||
		    status == LDNS_STATUS_SYNTAX_ORIGIN ||
		    status == LDNS_STATUS_SYNTAX_EMPTY)
			status = LDNS_STATUS_OK;
		else
			log_error("%s:%d: %s", im->file, at,
			    status == LDNS_STATUS_SYNTAX_INCLUDE
				? "$INCLUDE is not read"
				: ldns_get_errorstr_by_id(status));
		ldns_rr_free(rr);
	}
	ldns_rdf_deep_free(origin);
	ldns_rdf_deep_free(before);
	if (status == LDNS_STATUS_OK && im->zone.len == 0)
		log_error("%s: which zone is it? it has no SOA", im->file);
	return status == LDNS_STATUS_OK && im->zone.len > 0;
}

static bool
zone_note(void *arg, const struct fact *f, bool implied)
{
	struct import *im = arg;
	struct dname name;

	(void)implied;
	if (strcmp(f->id, im->zone_text) == 0)
		im->is_there = true;
	else if (dname_parse(&name, f->id) && dname_is_below(&name, &im->zone))
		(void)json_array_append_new(im->others, json_string(f->id));
	return true;
}

static bool
is_in_another(const struct import *im, const struct dname *name)
{
	struct dname zone;

	for (size_t i = 0; i < json_array_size(im->others); i++)
		if (dname_parse(&zone,
			json_string_value(json_array_get(im->others, i))) &&
		    dname_is_below(name, &zone))
			return true;
	return false;
}

static bool
record_note(void *arg, const struct fact *f, bool implied)
{
	struct import *im = arg;
	char key[DNAME_TEXT + 16];
	struct dname name;

	(void)implied;
	(void)snprintf(key, sizeof(key), "%s %s", f->id, f->to);
	if (dname_parse(&name, f->id) && dname_is_below(&name, &im->zone) &&
	    !is_in_another(im, &name) && json_object_get(im->sets, key) == NULL)
		(void)json_array_append_new(im->gone,
		    json_pack("{ssssssss}", "delete", "record", "network",
			f->network, "name", f->id, "type", f->to));
	return true;
}

/* What the store has of the zone and the file has not. */
static enum exit_status
stored_look(struct import *im)
{
	const char *network = im->ctl->args[1];
	struct ctl_view view;
	enum err err;

	if (!ctl_view_open(&view, im->ctl))
		return CTL_FAILED;
	err = snapshot_facts(view.snapshot, FACT_ZONE, network, zone_note, im);
	if (err == E_OK)
		err = snapshot_facts(
		    view.snapshot, FACT_RECORD, network, record_note, im);
	ctl_view_close(&view);
	return err == E_OK ? CTL_OK : ctl_store_failed(im->ctl, err);
}

static enum exit_status
import_write(const struct import *im)
{
	const struct ctl *ctl = im->ctl;
	const char *key;
	json_t *line;
	struct made m;

	made_begin(&m);
	if (!im->is_there || ctl->fallthrough != NULL)
		made_line(&m,
		    zone_line(ctl->args[1], im->zone_text, ctl->fallthrough));
	for (size_t i = 0; i < json_array_size(im->gone); i++)
		made_line(&m, json_incref(json_array_get(im->gone, i)));
	json_object_foreach(im->sets, key, line)
	{
		made_line(&m, json_incref(line));
	}
	return made_end(&m, ctl, "zone import");
}

/* The zone has what its file has, and nothing else. */
static enum exit_status
zone_import(const struct ctl *ctl)
{
	struct import im = { .ctl = ctl,
		.file = ctl->args[2],
		.zone_text = ctl->arg_count > 3 ? ctl->args[3] : NULL,
		.sets = json_object(),
		.others = json_array(),
		.gone = json_array() };
	enum exit_status status = CTL_FAILED;
	FILE *in = strcmp(im.file, "-") == 0 ? stdin : fopen(im.file, "re");

	if (in == NULL)
		log_error("%s: %s", im.file, strerror(errno));
	else if (im.zone_text != NULL && !dname_parse(&im.zone, im.zone_text))
		log_error("%s: not a name of the DNS", im.zone_text);
	else if (file_take(&im, in))
		status = stored_look(&im);
	if (in != NULL && in != stdin)
		(void)fclose(in);
	if (status == CTL_OK)
		status = import_write(&im);
	json_decref(im.sets);
	json_decref(im.others);
	json_decref(im.gone);
	arena_release(&im.arena);
	return status;
}

static const struct ctl_word words[] = {
	{ "put", "NETWORK NAME", 2, 2, zone_put },
	{ "delete", "NETWORK NAME", 2, 2, zone_delete },
	{ "import", "NETWORK FILE|- [NAME]", 2, 3, zone_import },
	{ .name = NULL },
};

enum exit_status
cmd_zone(const struct ctl *ctl)
{
	if (!is_yes_or_no(ctl->fallthrough))
		return CTL_USAGE;
	return ctl_word_run(ctl, "zone", words);
}
