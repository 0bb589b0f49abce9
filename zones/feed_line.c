/*
 * feed_line.c - see feed_line.h.
 */
#include "zones/feed_line.h"

#include <string.h>

#include "zones/fact_check.h"

struct line_reading {
	struct feed_line *line;
	struct arena *arena;
	const struct json *object;
	struct complaint *why;
};

static bool
kind_find(enum fact_kind *out, const char *word)
{
	for (enum fact_kind k = 0; k < FACT_KINDS; k++)
		if (strcmp(fact_kind_str(k), word) == 0) {
			*out = k;
			return true;
		}
	return false;
}

static enum err
fact_read(struct line_reading *r, const struct json *verb)
{
	struct feed_line *line = r->line;

	if (!kind_find(&line->fact.kind, verb->text))
		return complain(r->why, verb->key,
		    "must be network, region, distance, app, instance or peer",
		    verb->text);
	line->named = true;
	return line->verb == FEED_DELETE
	    ? fact_json_read_key(&line->fact, r->arena, r->object, verb, r->why)
	    : fact_json_read(&line->fact, r->arena, r->object, verb, r->why);
}

static enum err
put_read(struct line_reading *r, const struct json *verb)
{
	r->line->verb = FEED_PUT;
	return fact_read(r, verb);
}

static enum err
delete_read(struct line_reading *r, const struct json *verb)
{
	r->line->verb = FEED_DELETE;
	return fact_read(r, verb);
}

/* The one member beside the verb that the line may have. */
static enum err
other_read(struct line_reading *r, const struct json *verb, const char *key,
    char **text)
{
	for (const struct json *m = r->object->first; m != NULL; m = m->next) {
		if (m == verb)
			continue;
		if (key == NULL || strcmp(m->key, key) != 0)
			return complain(
			    r->why, m->key, "is not known here", "");
		if (*text != NULL)
			return complain(
			    r->why, m->key, "must be given once", "");
		if (m->is != JSON_IS_STRING)
			return complain(r->why, m->key, "must be a string",
			    json_is_str(m->is));
		*text = m->text;
	}
	return E_OK;
}

static enum err
cursor_check(const char *cursor, struct complaint *why)
{
	if (cursor == NULL || strlen(cursor) <= CURSOR_MAX)
		return E_OK;
	return complain(why, "commit", "must have at most 256 octets", cursor);
}

/* A snapshot of one network: its name is held to the rule of its key. */
static enum err
network_check(char *network, struct complaint *why)
{
	struct fact key = { .kind = FACT_NETWORK, .network = network };
	enum err err;

	if (network == NULL)
		return E_OK;
	label_lower(network);
	err = fact_check_key(&key, why);
	if (err != E_OK)
		(void)snprintf(why->field, sizeof(why->field), "%s", "network");
	return err;
}

static enum err
begin_read(struct line_reading *r, const struct json *verb)
{
	char *network = NULL;
	enum err err = other_read(r, verb, "network", &network);

	r->line->verb = FEED_SNAPSHOT_BEGIN;
	r->line->network = network;
	return err == E_OK ? network_check(network, r->why) : err;
}

static enum err
end_read(struct line_reading *r, const struct json *verb)
{
	char *cursor = NULL;
	enum err err = other_read(r, verb, "commit", &cursor);

	r->line->verb = FEED_SNAPSHOT_END;
	r->line->cursor = cursor;
	return err == E_OK ? cursor_check(cursor, r->why) : err;
}

static enum err
snapshot_read(struct line_reading *r, const struct json *verb)
{
	if (strcmp(verb->text, "begin") == 0)
		return begin_read(r, verb);
	if (strcmp(verb->text, "end") == 0)
		return end_read(r, verb);
	return complain(
	    r->why, verb->key, "must be \"begin\" or \"end\"", verb->text);
}

static enum err
commit_read(struct line_reading *r, const struct json *verb)
{
	r->line->verb = FEED_COMMIT;
	r->line->cursor = verb->text;
	if (r->object->count != 1)
		return other_read(r, verb, NULL, NULL);
	return cursor_check(verb->text, r->why);
}

/* In this order: the end of a snapshot has a commit too. */
static const struct {
	const char *key;
	enum err (*read)(struct line_reading *, const struct json *verb);
} verbs[] = {
	{ "put", put_read },
	{ "delete", delete_read },
	{ "snapshot", snapshot_read },
	{ "commit", commit_read },
};

static enum err
verb_read(struct line_reading *r)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct json *verb = json_member(r->object, verbs[i].key);

		if (verb == NULL)
			continue;
		if (verb->is != JSON_IS_STRING)
			return complain(r->why, verb->key, "must be a string",
			    json_is_str(verb->is));
		return verbs[i].read(r, verb);
	}
	return complain(r->why, "",
	    "must have put, delete, commit or snapshot as a key",
	    r->object->first == NULL ? "{}" : r->object->first->key);
}

static bool
is_blank(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL &&
	    text[len - 1] != '\0')
		len--;
	return len == 0;
}

enum err
feed_line_read(struct feed_line *line, struct arena *arena, const char *text,
    size_t len, struct complaint *why)
{
	struct line_reading r = { .line = line, .arena = arena, .why = why };
	struct json *object;
	const char *wrong;
	enum err err;

	memset(line, 0, sizeof(*line));
	line->verb = FEED_NOTHING;
	if (is_blank(text, len))
		return E_OK;
	if (json_read(&object, arena, text, len, &wrong) != E_OK)
		return complain(why, "", wrong, arena_copy(arena, text, len));
	if (object->is != JSON_IS_OBJECT)
		return complain(
		    why, "", "must be an object", json_is_str(object->is));
	r.object = object;
	err = verb_read(&r);
	if (err != E_OK)
		line->verb = FEED_NOTHING;
	return err;
}
