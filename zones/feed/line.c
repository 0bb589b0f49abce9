/*
 * line.c - see line.h.
 */
#include "zones/feed/line.h"

#include <string.h>

#include "base/letters.h"
#include "zones/facts/check.h"
#include "zones/facts/plain.h"

struct line_reading {
	struct feed_line *line;
	struct arena *arena;
	json_t *object;
	struct complaint *why;
};

static bool
kind_find(enum fact_kind *out, struct span word)
{
	for (enum fact_kind k = 0; k < FACT_KINDS; k++)
		if (span_is(word, fact_kind_str(k))) {
			*out = k;
			return true;
		}
	return false;
}

static enum err
kind_read(struct line_reading *r, const char *verb, const char *word)
{
	char rule[sizeof("must be ") + FACT_KINDS_TEXT], kinds[FACT_KINDS_TEXT];

	if (!kind_find(&r->line->fact.kind, span_of(word))) {
		(void)snprintf(rule, sizeof(rule), "must be %s",
		    fact_kinds_text(false, kinds));
		return complain(r->why, verb, rule, word);
	}
	r->line->named = true;
	return E_OK;
}

/* Of two facts with one address, how old each is. */
static enum err
age_read(struct line_reading *r)
{
	const json_t *age = json_object_get(r->object, "age");
	char value[32];

	if (age == NULL)
		return E_OK;
	if (!json_is_integer(age) || json_integer_value(age) < 1) {
		(void)snprintf(
		    value, sizeof(value), "%g", json_number_value(age));
		return complain(
		    r->why, "age", "must be a whole number above 0", value);
	}
	r->line->fact.age = (uint64_t)json_integer_value(age);
	(void)json_object_del(r->object, "age");
	return E_OK;
}

static enum err
put_line_read(struct line_reading *r, const char *verb, const char *word)
{
	struct fact key = { 0 };
	enum err err = kind_read(r, verb, word);

	r->line->verb = FEED_PUT;
	if (err != E_OK)
		return err;
	err = age_read(r);
	if (err == E_OK)
		err = fact_json_read(
		    &r->line->fact, r->arena, r->object, verb, r->why);
	if (err == E_OK)
		return E_OK;
	key.kind = r->line->fact.kind;
	fact_json_find_key(&key, r->arena, r->object);
	r->line->fact = key;
	return err;
}

static enum err
delete_read(struct line_reading *r, const char *verb, const char *word)
{
	enum err err = kind_read(r, verb, word);

	r->line->verb = FEED_DELETE;
	return err == E_OK ? fact_json_read_key(&r->line->fact, r->arena,
				 r->object, verb, r->why)
			   : err;
}

/* Of an app its own fact alone: see FEED_WITHDRAW. */
static enum err
withdraw_read(struct line_reading *r, const char *verb, const char *word)
{
	enum err err = delete_read(r, verb, word);

	r->line->verb = FEED_WITHDRAW;
	return err;
}

/* The members that may stand beside the verb; NULL or false without them. */
struct others {
	const char *name, *text; /* a string */
	const char *word;        /* true or false; NULL: none may be */
	bool is;
};

static enum err
other_take(struct line_reading *r, struct others *o, const char *key,
    const json_t *value)
{
	if (o->word != NULL && strcmp(key, o->word) == 0) {
		o->is = json_is_true(value);
		return json_is_boolean(value)
		    ? E_OK
		    : complain(r->why, key, "must be true or false", "");
	}
	if (o->name == NULL || strcmp(key, o->name) != 0)
		return complain(r->why, key, "is not known here", "");
	if (!json_is_string(value))
		return complain(r->why, key, "must be a string", "");
	o->text = arena_copy(
	    r->arena, json_string_value(value), json_string_length(value));
	return E_OK;
}

static enum err
others_read(struct line_reading *r, const char *verb, struct others *o)
{
	enum err err = E_OK;
	const char *key;
	json_t *value;

	json_object_foreach(r->object, key, value)
	{
		if (err == E_OK && strcmp(key, verb) != 0)
			err = other_take(r, o, key, value);
	}
	return err;
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
followed_check(struct line_reading *r, const char *name)
{
	struct complaint *why = r->why;
	struct fact key = { .kind = FACT_NETWORK };
	char *network;
	enum err err;

	if (name == NULL)
		return E_OK;
	network = arena_text(r->arena, name);
	text_lower(network);
	r->line->network = key.network = network;
	err = fact_check_key(&key, why);
	if (err != E_OK)
		(void)snprintf(why->field, sizeof(why->field), "%s", "network");
	return err;
}

static enum err
begin_read(struct line_reading *r, const char *verb)
{
	struct others o = { .name = "network", .word = "allow_delete" };
	enum err err = others_read(r, verb, &o);

	r->line->verb = FEED_SNAPSHOT_BEGIN;
	r->line->allow_delete = o.is;
	return err == E_OK ? followed_check(r, o.text) : err;
}

static enum err
end_read(struct line_reading *r, const char *verb)
{
	struct others o = { .name = "commit" };
	enum err err = others_read(r, verb, &o);

	r->line->verb = FEED_SNAPSHOT_END;
	r->line->cursor = o.text;
	return err == E_OK ? cursor_check(o.text, r->why) : err;
}

static enum err
snapshot_read(struct line_reading *r, const char *verb, const char *word)
{
	if (strcmp(word, "begin") == 0)
		return begin_read(r, verb);
	if (strcmp(word, "end") == 0)
		return end_read(r, verb);
	return complain(r->why, verb, "must be \"begin\" or \"end\"", word);
}

static enum err
commit_read(struct line_reading *r, const char *verb, const char *word)
{
	struct others none = { .name = NULL };
	enum err err = others_read(r, verb, &none);

	r->line->verb = FEED_COMMIT;
	r->line->cursor = arena_text(r->arena, word);
	return err == E_OK ? cursor_check(word, r->why) : err;
}

/* In this order: the end of a snapshot has a commit too. */
static const struct {
	const char *key;
	enum err (*read)(
	    struct line_reading *, const char *verb, const char *word);
} verbs[] = {
	{ "put", put_line_read },
	{ "delete", delete_read },
	{ "withdraw", withdraw_read },
	{ "snapshot", snapshot_read },
	{ "commit", commit_read },
};

static enum err
verb_read(struct line_reading *r)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		json_t *word = json_object_get(r->object, verbs[i].key);

		if (word == NULL)
			continue;
		if (!json_is_string(word))
			return complain(
			    r->why, verbs[i].key, "must be a string", "");
		return verbs[i].read(r, verbs[i].key, json_string_value(word));
	}
	return complain(r->why, "",
	    "must have put, delete, commit or snapshot as a key", "");
}

static bool
is_blank(const char *text, size_t len)
{
	static const char blank[] = { ' ', '\t', '\r', '\n' };

	while (len > 0 && memchr(blank, text[len - 1], sizeof(blank)) != NULL)
		len--;
	return len == 0;
}

/* The rule is in jansson's words; it may name an octet or a place. */
static enum err
complain_json(
    struct line_reading *r, const char *wrong, const char *text, size_t len)
{
	char rule[sizeof(r->why->rule)];

	(void)snprintf(
	    rule, sizeof(rule), "must be a JSON object: %.120s", wrong);
	return complain(r->why, "", rule, arena_copy(r->arena, text, len));
}

/* A put or delete; false also where it is one that is not plain. */
static bool
plain_read(
    struct feed_line *line, struct arena *arena, const char *text, size_t len)
{
	struct wire_in in = wire_in(text, len);
	struct span verb, word;
	double age = 0;
	bool is_put;

	(void)plain_take(&in, '{');
	verb = plain_string(&in);
	if (span_is(verb, "age") && plain_take(&in, ':')) {
		age = plain_number(&in);
		(void)plain_take(&in, ',');
		verb = plain_string(&in);
		in.bad = in.bad || !(age > 0);
	}
	(void)plain_take(&in, ':');
	word = plain_string(&in);
	is_put = span_is(verb, "put");
	if (in.bad || (!is_put && (age > 0 || !span_is(verb, "delete"))))
		return false;
	line->fact.age = (uint64_t)age;
	line->verb = is_put ? FEED_PUT : FEED_DELETE;
	line->named = kind_find(&line->fact.kind, word);
	return line->named && fact_plain_read(&line->fact, arena, &in, !is_put);
}

static enum err
object_read(struct line_reading *r, const char *text, size_t len)
{
	json_error_t wrong;
	enum err err;

	r->object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &wrong);
	if (r->object == NULL)
		return complain_json(r, wrong.text, text, len);
	err = json_is_object(r->object)
	    ? verb_read(r)
	    : complain_json(r, "it is an array", text, len);
	json_decref(r->object);
	return err;
}

void
feed_line_read(
    struct feed_line *line, struct arena *arena, const char *text, size_t len)
{
	struct complaint why, *kept;
	struct line_reading r = { .line = line, .arena = arena, .why = &why };
	enum err err;

	*line = (struct feed_line){ .verb = FEED_NOTHING };
	if (len <= FEED_LINE_MAX && plain_read(line, arena, text, len))
		return;
	*line = (struct feed_line){ .verb = FEED_NOTHING };
	if (len <= FEED_LINE_MAX && is_blank(text, len))
		return;
	err = len > FEED_LINE_MAX
	    ? complain(&why, "", "must have at most 1048576 octets", "")
	    : object_read(&r, text, len);
	if (err == E_OK)
		return;
	kept = arena_take(arena, sizeof(*kept));
	*kept = why;
	line->verb = FEED_KEEP;
	line->why = kept;
}
