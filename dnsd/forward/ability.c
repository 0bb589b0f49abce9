/*
 * ability.c - see ability.h.
 */
#include "dnsd/forward/ability.h"

#include <assert.h>

#define MINUTE INT64_C(60000000)

#define DOUBT_LASTS (MINUTE / 2)

/* How long it holds, seen over UDP and over TCP; a YES is renewed. */
static const struct {
	int64_t udp, stream;
	const char *text;
} evidences[] = {
	[EVIDENCE_SHOWN] = { 60 * MINUTE, 60 * MINUTE, "a reply had it" },
	[EVIDENCE_LACKED] = { MINUTE, 5 * MINUTE, "a reply lacked it" },
	[EVIDENCE_REFUSED] = { MINUTE, 5 * MINUTE,
	    "an error with it, an answer without" },
	[EVIDENCE_SILENT] = { MINUTE, 5 * MINUTE,
	    "silence with it, an answer without" },
	[EVIDENCE_NO_STREAM] = { MINUTE, MINUTE, "no connection" },
};

enum learnt
ability_is(const struct ability *a, int64_t now_us)
{
	return now_us < a->until_us ? a->is : LEARNT_NOTHING;
}

static void
ability_set(struct ability *a, enum learnt is, enum evidence why, bool stream,
    int64_t now_us)
{
	if (ability_is(a, now_us) != is)
		a->since_us = now_us;
	a->is = is;
	a->why = why;
	a->stream = stream;
	a->until_us =
	    now_us + (stream ? evidences[why].stream : evidences[why].udp);
}

void
ability_show(struct ability *a, bool stream, int64_t now_us)
{
	ability_set(a, LEARNT_YES, EVIDENCE_SHOWN, stream, now_us);
}

void
ability_lack(struct ability *a, enum evidence why, bool stream, int64_t now_us)
{
	enum learnt is = ability_is(a, now_us);

	if (!stream && (is == LEARNT_YES || (is == LEARNT_NO && a->stream)))
		return;
	ability_set(a, LEARNT_NO, why, stream, now_us);
}

void
ability_doubt(struct ability *a, int64_t now_us)
{
	if (ability_is(a, now_us) == LEARNT_YES &&
	    a->until_us > now_us + DOUBT_LASTS)
		a->until_us = now_us + DOUBT_LASTS;
}

const char *
able_str(enum able able)
{
	static const char *const name[] = {
		[ABLE_EDNS] = "edns",
		[ABLE_DO] = "do",
		[ABLE_COOKIES] = "cookies",
		[ABLE_LETTERS] = "letters",
		[ABLE_UDP] = "udp",
		[ABLE_TCP] = "tcp",
	};

	static_assert(sizeof(name) / sizeof(name[0]) == ABLE_COUNT_,
	    "one name an ability");
	return name[able];
}

const char *
evidence_str(enum evidence why)
{
	return evidences[why].text;
}
