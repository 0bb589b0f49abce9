/*
 * lines.c - see lines.h.
 */
#include "dnsctl/relay/lines.h"

#include <string.h>

#include "dnsctl/source/networks.h"

/* A text of LEN octets without its quotes. */
struct word {
	const char *at;
	size_t len;
};

/* From *AT, behind PREFIX, to the next quote; false where it begins otherwise.
 */
static bool
word_read(const char **at, const char *end, const char *prefix, struct word *w)
{
	size_t len = strlen(prefix);
	const char *quote;

	if ((size_t)(end - *at) < len || memcmp(*at, prefix, len) != 0)
		return false;
	quote = memchr(*at + len, '"', (size_t)(end - *at) - len);
	if (quote == NULL)
		return false;
	*w = (struct word){ *at + len, (size_t)(quote - *at) - len };
	*at = quote + 1;
	return true;
}

static bool
word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

/* What one network lets another use is of both. */
static bool
is_for_other(const char *networks, const char *at, const char *end)
{
	static const char to[] = ",\"to\":\"";
	const char *found = memmem(at, (size_t)(end - at), to, sizeof(to) - 1);
	struct word other;

	return found != NULL && word_read(&found, end, to, &other) &&
	    !networks_hold(networks, other.at, other.len);
}

/* Behind {"age":N, where the line begins so, as if that were not there. */
static const char *
age_skip(const char *line, const char *end)
{
	static const char age[] = "{\"age\":";
	const char *comma = NULL;

	if ((size_t)(end - line) > sizeof(age) &&
	    memcmp(line, age, sizeof(age) - 1) == 0)
		comma = memchr(line, ',', (size_t)(end - line));
	return comma != NULL ? comma + 1 : line == end ? end : line + 1;
}

/* {"VERB":"KIND","KEY":"VALUE",...: the network comes first, as in the table.
 */
bool
lines_want(const char *networks, const char *line, size_t len)
{
	const char *end = line + len, *at = age_skip(line, end);
	struct word verb, kind, key, value;

	if (networks == NULL || !word_read(&at, end, "\"", &verb) ||
	    !word_read(&at, end, ":\"", &kind) ||
	    !word_read(&at, end, ",\"", &key) ||
	    !word_read(&at, end, ":\"", &value))
		return true;
	if (!word_is(key, "network") &&
	    !(word_is(key, "id") && word_is(kind, "network")))
		return true;
	return networks_hold(networks, value.at, value.len) &&
	    !(word_is(kind, "export") && is_for_other(networks, at, end));
}

/* Of what is new all that is of it, and where it ends. */
static bool
is_wanted(const struct lines *l, const char *line, size_t len)
{
	static const char commit[] = "{\"commit\":";

	if (!lines_want(l->networks, line, len))
		return false;
	return l->had == NULL || !lines_want(l->had, line, len) ||
	    (len > sizeof(commit) &&
		memcmp(line, commit, sizeof(commit) - 1) == 0);
}

size_t
lines_copy(struct lines *l, const char *text, size_t len, char *to, size_t room)
{
	size_t n = 0;

	while (l->at < len && n < room) {
		const char *from = text + l->at;
		const char *end = memchr(from, '\n', len - l->at);
		size_t left =
		    end == NULL ? len - l->at : (size_t)(end - from) + 1;
		size_t take = left;

		if (!l->inside)
			l->wanted = is_wanted(l, from, left);
		if (l->wanted && take > room - n)
			take = room - n;
		if (l->wanted) {
			memcpy(to + n, from, take);
			n += take;
		}
		l->at += take;
		l->inside = take < left;
	}
	return n;
}
