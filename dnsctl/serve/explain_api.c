/*
 * explain_api.c - /api/v1/explain: ?name=&type=&network=|from=&region=
 */
#include "impl.h"

#include "dnsctl/explain/explain.h"

/* An empty box of a form was not filled in. */
static const char *
given(const struct request *r, const char *name)
{
	const char *value = request_arg(r, name);

	return value == NULL || value[0] == '\0' ? NULL : value;
}

unsigned
api_explain(struct serve *s, const struct request *r, FILE *out)
{
	const struct explain_question q = { .name = given(r, "name"),
		.type = given(r, "type"),
		.network = given(r, "network"),
		.from = given(r, "from"),
		.region = given(r, "region") };
	char why[EXPLAIN_WHY] = "";
	json_t *wrong;
	enum err err;

	err = state_look(s) ? explain_json(out, s->snapshot, &q, why)
			    : s->store_err;
	state_rest(s);
	if (err != E_OK) {
		wrong = json_pack(
		    "{ss}", "error", why[0] != '\0' ? why : err_str(err));
		(void)json_dumpf(wrong, out, JSON_COMPACT);
		json_decref(wrong);
	}
	return err == E_OK ? 200 : err == E_INPUT ? 400 : 503;
}
