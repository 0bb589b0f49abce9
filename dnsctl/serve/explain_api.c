/*
 * explain_api.c - /api/v1/explain: ?name=&type=&network=|from=&region=
 */
#include "impl.h"

#include <stdlib.h>
#include <string.h>

#include "dnsctl/explain/explain.h"

/* An empty box of a form was not filled in. */
static const char *
given(const struct request *r, const char *name)
{
	const char *value = request_arg(r, name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

/* "word      what" */
static json_t *
step_json(const char *line, size_t len)
{
	size_t word = strcspn(line, " \n");
	size_t what = word + strspn(line + word, " ");

	return json_pack("[s% s%]", line, word, line + what,
	    what < len ? len - what : (size_t)0);
}

/* Lines up to an empty one are steps; the rest is the reply. */
static json_t *
steps_json(const char *text)
{
	json_t *steps = json_array();

	while (*text != '\0' && *text != '\n') {
		size_t len = strcspn(text, "\n");

		(void)json_array_append_new(steps, step_json(text, len));
		text += len + (text[len] == '\n');
	}
	return json_pack(
	    "{so ss}", "steps", steps, "reply", text + (*text == '\n'));
}

unsigned
api_explain(struct serve *s, const struct request *r, FILE *out)
{
	const struct explain_question q = { .name = given(r, "name"),
		.type = given(r, "type"),
		.network = given(r, "network"),
		.from = given(r, "from"),
		.region = given(r, "region") };
	char why[EXPLAIN_WHY] = "", *text = NULL;
	json_t *answer = NULL;
	size_t len = 0;
	FILE *told = open_memstream(&text, &len);
	enum err err;

	if (told == NULL)
		return 500;
	err =
	    state_look(s) ? explain(told, s->snapshot, &q, why) : s->store_err;
	state_rest(s);
	if (fclose(told) == 0 && err == E_OK)
		answer = steps_json(text);
	if (answer == NULL)
		answer = json_pack(
		    "{ss}", "error", why[0] != '\0' ? why : err_str(err));
	free(text);
	(void)json_dumpf(answer, out, JSON_COMPACT);
	json_decref(answer);
	return err == E_OK ? 200 : err == E_INPUT ? 400 : 503;
}
