/*
 * ready.c - /readyz: would questions that come here now be answered well?
 */
#include "impl.h"

/* A line for each thing that is not as it should be; how many there are. */
static unsigned
store_doubt(struct serve *s, FILE *out)
{
	double age;

	if (!state_look(s)) {
		(void)fprintf(out, "store: %s\n", err_str(s->store_err));
		return 1;
	}
	age = state_age(s);
	state_rest(s);
	if (s->o->max_age == 0 || age <= s->o->max_age)
		return 0;
	(void)fprintf(out, "store: nothing was heard for %.0f s\n", age);
	return 1;
}

static unsigned
upstreams_doubt(json_t *report, FILE *out)
{
	json_t *list = json_object_get(report, "upstreams"), *up;
	size_t i;

	json_array_foreach(list, i, up)
	{
		if (json_integer_value(json_object_get(up, "up")) == 1)
			return 0;
	}
	if (json_array_size(list) == 0)
		return 0;
	(void)fputs("upstreams: none answers\n", out);
	return 1;
}

unsigned
ready_answer(struct serve *s, const struct request *r, FILE *out)
{
	unsigned doubts = store_doubt(s, out);

	(void)r;
	state_ask_servers(s);
	for (unsigned i = 0; i < s->server_count; i++) {
		const struct seen *seen = &s->servers[i];

		if (seen->report == NULL)
			doubts += fprintf(out, "server: %s\n", seen->why) > 0;
		else
			doubts += upstreams_doubt(seen->report, out);
	}
	if (doubts == 0)
		(void)fputs("ready\n", out);
	return doubts == 0 ? 200 : 503;
}
