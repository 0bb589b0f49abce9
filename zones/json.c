/*
 * json.c - see json.h.  A cursor that stops for ever at the first mistake.
 */
#include "zones/json.h"

#include <string.h>

#include "json_impl.h"

static struct json *value_read(struct json_reader *);

static void
space_skip(struct json_reader *r)
{
	while (r->at < r->end &&
	    (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' ||
		*r->at == '\r'))
		r->at++;
}

/* The next octet that is no space, not taken; '\0' at the end. */
static char
peek(struct json_reader *r)
{
	space_skip(r);
	return r->at < r->end ? *r->at : '\0';
}

static bool
took(struct json_reader *r, char c)
{
	if (peek(r) != c || r->at == r->end)
		return false;
	r->at++;
	return true;
}

static void
digits_skip(struct json_reader *r)
{
	if (r->at == r->end || *r->at < '0' || *r->at > '9')
		json_fail(r, "must have a digit there in a number");
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
}

/* RFC 8259, 6: -, an integer without leading zeros, a fraction, an
 * exponent. */
static void
number_read(struct json_reader *r, struct json *j)
{
	const char *start = r->at;

	if (*r->at == '-')
		r->at++;
	if (r->at < r->end && *r->at == '0')
		r->at++;
	else
		digits_skip(r);
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		digits_skip(r);
	}
	if (r->at < r->end && (*r->at | 0x20) == 'e') {
		r->at++;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		digits_skip(r);
	}
	if (r->wrong != NULL)
		return;
	j->is = JSON_IS_NUMBER;
	j->len = (size_t)(r->at - start);
	j->text = arena_copy(r->arena, start, j->len);
}

static void
word_read(struct json_reader *r, struct json *j)
{
	static const struct {
		const char *word;
		size_t len;
		enum json_is is;
	} words[] = {
		{ "null", 4, JSON_IS_NULL },
		{ "false", 5, JSON_IS_FALSE },
		{ "true", 4, JSON_IS_TRUE },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((size_t)(r->end - r->at) < words[i].len ||
		    memcmp(r->at, words[i].word, words[i].len) != 0)
			continue;
		r->at += words[i].len;
		j->is = words[i].is;
		return;
	}
	json_fail(r, r->at == r->end ? "must not end there" : "must be JSON");
}

static char *
key_read(struct json_reader *r)
{
	size_t len = 0;
	char *key;

	if (!took(r, '"')) {
		json_fail(r, "must have a string as key");
		return NULL;
	}
	key = json_string_read(r, &len);
	if (!took(r, ':'))
		json_fail(r, "must have a colon behind a key");
	return key;
}

/* Members of an array (CLOSE is ']') or of an object ('}'). */
static void
members_read(struct json_reader *r, struct json *j, char close)
{
	struct json **link = &j->first;
	char *key = NULL;

	if (++r->depth > JSON_DEPTH)
		json_fail(r, "must not be nested so deep");
	if (took(r, close))
		goto out;
	do {
		if (close == '}')
			key = key_read(r);
		*link = value_read(r);
		(*link)->key = key;
		link = &(*link)->next;
		j->count++;
	} while (took(r, ','));
	if (!took(r, close))
		json_fail(r, "must have a comma or an end after a value");
out:
	r->depth--;
}

static struct json *
value_read(struct json_reader *r)
{
	struct json *j = arena_take(r->arena, sizeof(*j));
	char c = peek(r);

	if (c == '{' || c == '[') {
		r->at++;
		j->is = c == '{' ? JSON_IS_OBJECT : JSON_IS_ARRAY;
		members_read(r, j, c == '{' ? '}' : ']');
	} else if (c == '"') {
		r->at++;
		j->is = JSON_IS_STRING;
		j->text = json_string_read(r, &j->len);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		number_read(r, j);
	} else {
		word_read(r, j);
	}
	return j;
}

enum err
json_read(struct json **out, struct arena *arena, const char *text, size_t len,
    const char **wrong)
{
	struct json_reader r = {
		.at = text, .end = text + len, .arena = arena
	};
	struct json *j = value_read(&r);

	space_skip(&r);
	if (r.at != r.end)
		json_fail(&r, "must end after its one value");
	*wrong = r.wrong;
	*out = r.wrong == NULL ? j : NULL;
	return r.wrong == NULL ? E_OK : E_INPUT;
}

struct json *
json_member(const struct json *j, const char *key)
{
	struct json *m = j->is == JSON_IS_OBJECT ? j->first : NULL;

	/* Most keys differ in their first letter. */
	while (m != NULL && (m->key[0] != key[0] || strcmp(m->key, key) != 0))
		m = m->next;
	return m;
}

const char *
json_member_text(const struct json *j, const char *key)
{
	const struct json *m = json_member(j, key);

	return m != NULL && m->is == JSON_IS_STRING ? m->text : NULL;
}

const char *
json_is_str(enum json_is is)
{
	static const char *const phrase[] = {
		[JSON_IS_NULL] = "null",
		[JSON_IS_FALSE] = "false",
		[JSON_IS_TRUE] = "true",
		[JSON_IS_NUMBER] = "a number",
		[JSON_IS_STRING] = "a string",
		[JSON_IS_ARRAY] = "an array",
		[JSON_IS_OBJECT] = "an object",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == JSON_IS_COUNT_,
	    "one phrase a kind");
	return phrase[is];
}
