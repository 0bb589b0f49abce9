/*
 * cmd_record.c - record put, delete, list.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dnsctl/made.h"
#include "zones/facts/json.h"
#include "zones/facts/record.h"
#include "zones/names/dname.h"
#include "zones/store/write/facts.h"

static enum exit_status
record_put(const struct ctl *ctl)
{
	json_t *values = json_array();
	json_t *line = json_pack("{ssssssss}", "put", "record", "network",
	    ctl->args[1], "name", ctl->args[2], "type", ctl->args[3]);
	char *end = NULL;
	struct made m;

	if (ctl->ttl != NULL) {
		(void)json_object_set_new(
		    line, "ttl", json_integer(strtoll(ctl->ttl, &end, 10)));
		if (end == ctl->ttl || *end != '\0') {
			log_error("--ttl %s: must be seconds", ctl->ttl);
			json_decref(line);
			json_decref(values);
			return CTL_USAGE;
		}
	}
	for (unsigned i = 4; i < ctl->arg_count; i++)
		(void)json_array_append_new(values, json_string(ctl->args[i]));
	(void)json_object_set_new(line, "values", values);
	made_begin(&m);
	made_line(&m, line);
	return made_end(&m, ctl, "record put");
}

/* Of one type, or of all. */
static enum exit_status
record_delete(const struct ctl *ctl)
{
	const char *type = ctl->arg_count > 3 ? ctl->args[3] : NULL, *each;
	struct made m;

	made_begin(&m);
	for (unsigned i = 0; (each = record_type_at(i)) != NULL; i++)
		if (type == NULL || record_type(type) == record_type(each))
			made_line(&m,
			    json_pack("{ssssssss}", "delete", "record",
				"network", ctl->args[1], "name", ctl->args[2],
				"type", each));
	if (type == NULL || record_type(type) != 0)
		return made_end(&m, ctl, "record delete");
	made_abort(&m);
	log_error("record delete: type: must be %s: \"%s\"",
	    record_types_text(), type);
	return CTL_FAILED;
}

struct listing {
	const struct ctl *ctl;
	struct dname below; /* a root: all */
};

/* As zone files have it. */
static bool
record_show(void *arg, const struct fact *f, bool implied)
{
	const struct listing *l = arg;
	struct dname name;

	(void)implied;
	if (!dname_parse(&name, f->id) || !dname_is_below(&name, &l->below))
		return true;
	if (l->ctl->json != NULL) {
		fact_json_print(stdout, f);
		return putchar('\n') != EOF;
	}
	for (unsigned i = 0; i < f->value_count; i++) {
		char *text = record_value_text(&f->values[i]);

		(void)printf("%s.\t%u\tIN\t%s\t%s\n", f->id, f->ttl, f->to,
		    text == NULL ? "" : text);
		free(text);
	}
	return !ferror(stdout);
}

static enum exit_status
record_list(const struct ctl *ctl)
{
	struct listing l = { .ctl = ctl };
	const char *below = ctl->arg_count > 2 ? ctl->args[2] : ".";
	struct ctl_view view;
	enum err err;

	if (!dname_parse(&l.below, below)) {
		log_error("%s: not a name of the DNS", below);
		return CTL_USAGE;
	}
	if (!ctl_view_open(&view, ctl))
		return CTL_FAILED;
	err = snapshot_facts(view.snapshot, FACT_RECORD,
	    ctl->arg_count > 1 ? ctl->args[1] : NULL, record_show, &l);
	ctl_view_close(&view);
	return err == E_OK ? ctl_flushed() : ctl_store_failed(ctl, err);
}

static const struct ctl_word words[] = {
	{ "put", "NETWORK NAME TYPE VALUE...", 4, 64 + 4, record_put },
	{ "delete", "NETWORK NAME [TYPE]", 2, 3, record_delete },
	{ "list", "[NETWORK [NAME]]", 0, 2, record_list },
	{ .name = NULL },
};

enum exit_status
cmd_record(const struct ctl *ctl)
{
	return ctl_word_run(ctl, "record", words);
}
