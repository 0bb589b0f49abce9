/*
 * source_fixture.h - a store that follows a source whose replies are an
 * input, and what it holds then.
 */
#ifndef FUZZ_SOURCE_FIXTURE_H
#define FUZZ_SOURCE_FIXTURE_H

#include "curl_script.h"

#include "base/log.h"
#include "store_alone.h"
#include "zones/feed/feed.h"

typedef void source_follow(struct store *, const struct feed_report *);

/* The cursors of its commits, a zero octet behind each; what it holds. */
struct source_heard {
	char told[SCRIPT_MAX * 16];
	size_t len;
	char *facts;
};

static inline void
source_bad(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	(void)arg;
	(void)where;
	(void)title;
	assert(why->rule[0] != '\0');
}

static inline void
source_warning(void *arg, const struct feed_where *where, const char *title,
    const char *text)
{
	(void)arg;
	(void)where;
	assert(title != NULL && text[0] != '\0');
}

static inline void
source_committed(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	struct source_heard *h = arg;
	size_t len = strlen(cursor) + 1;

	(void)left;
	(void)more;
	FIXTURE_MUST(len <= sizeof(h->told) - h->len);
	memcpy(h->told + h->len, cursor, len);
	h->len += len;
}

/* It is where it was last acknowledged to be. */
static inline void
source_stands(const struct source_heard *h)
{
	size_t at = h->len == 0 ? 0 : h->len - 1;
	struct store_meta meta;

	while (at > 0 && h->told[at - 1] != '\0')
		at--;
	FIXTURE_MUST(store_standing(alone.writer, &meta) == E_OK);
	FIXTURE_MUST(strcmp(meta.cursor, h->len == 0 ? "" : h->told + at) == 0);
}

/* The whole input once, into an empty store. */
static inline void
source_run(struct source_heard *h, source_follow *follow)
{
	const struct feed_report report = { .arg = h,
		.bad = source_bad,
		.warning = source_warning,
		.committed = source_committed };

	h->len = 0;
	alone_begin("");
	follow(alone.writer, &report);
	alone.loud = true;
	FIXTURE_MUST(fixture_check(&alone) == E_OK);
	source_stands(h);
	h->facts = fixture_dump(&alone, false);
}

static inline int
source_compare(const uint8_t *data, size_t size, source_follow *follow)
{
	static struct source_heard cut, whole;

	if (size > SCRIPT_MAX)
		return -1;
	log_set(LOG_FORM_TEXT, LOG_LEVEL_ERROR);
	script_begin(data, size, false);
	source_run(&cut, follow);
	if (script.cut) {
		script_begin(data, size, true);
		source_run(&whole, follow);
		FIXTURE_MUST(cut.len == whole.len &&
		    memcmp(cut.told, whole.told, cut.len) == 0);
		FIXTURE_MUST(strcmp(cut.facts, whole.facts) == 0);
		free(whole.facts);
	}
	free(cut.facts);
	return 0;
}

#endif
