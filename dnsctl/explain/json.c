/*
 * json.c - what explain tells, for programs.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dnsctl/explain/explain.h"

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

enum err
explain_json(FILE *out, struct snapshot *snapshot,
    const struct explain_question *q, char why[EXPLAIN_WHY])
{
	char *text = NULL;
	size_t len = 0;
	FILE *told = open_memstream(&text, &len);
	json_t *answer = NULL;
	enum err err = E_NOMEM;

	if (told == NULL)
		return E_NOMEM;
	err = explain(told, snapshot, q, why);
	if (fclose(told) != 0 && err == E_OK)
		err = E_NOMEM;
	if (err == E_OK)
		answer = steps_json(text);
	free(text);
	if (err == E_OK &&
	    (answer == NULL || json_dumpf(answer, out, JSON_COMPACT) != 0))
		err = E_NOMEM;
	json_decref(answer);
	return err;
}
